/* room: render
 * Rendering: results (JSON values) as text for people, or as JSON. The only room that writes to
 * standard output. Pure up to that: takes a value and `now`, builds text, writes it at the end.
 *
 * Text is aligned, coloured on a terminal, and free of control characters in a pipe: text that came
 * from outside is stripped of them in either case.
 */
#ifndef BELAY_RENDER_H
#define BELAY_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "belay/err.h"
#include "belay/progress.h"
#include "belay/str.h"

enum render_style { STYLE_PLAIN, STYLE_COLOUR };

struct render {
	enum render_style style;
	size_t columns; /* width to fit; 0 = unlimited (a pipe) */
	int64_t now_ms; /* for "3 minutes ago" */
	bool quiet, verbose;
};

/* Colours by meaning, so that one table decides. */
enum ink { INK_PLAIN, INK_DIM, INK_BOLD, INK_GOOD, INK_WARN, INK_BAD, INK_NAME };
ATTR_PRINTF(4, 5)
void render_inkf(struct str *out, const struct render *render, enum ink ink,
		 const char *format, ...);
/* Outside text: control characters and escape sequences become visible ("\x1b" → "␛"). */
void render_add_safe(struct str *out, const char *text);

/* A table: columns as wide as their widest cell, the last one cut to the terminal. table_fold(): what of the last
 * column does not fit goes on lines of its own below the row, broken between words; nothing is lost. */
struct table;
struct table *table_new(const char *const *headers, size_t count);
ATTR_PRINTF(4, 5)
void table_cell(struct table *table, size_t column, enum ink ink, const char *format,
		...);
void table_end_row(struct table *table);
void table_fold(struct table *table);
/* What its widest row takes; columns without cells take nothing. */
size_t table_width(const struct table *table);
void table_add_to(struct str *out, const struct render *render,
		  const struct table *table);
void table_freep(struct table **table);

/* One renderer for each kind of result; the table in render.c maps a verb's result to it. */
typedef void render_function(struct str *out, const struct render *render,
			     const json_t *result);
render_function render_deploy, render_restart, render_rollback_list, render_plan,
	render_gate, render_status, render_history, render_verify, render_validate,
	render_doctor, render_version, render_docs, render_notify, render_init,
	render_replay, render_noted, render_incident, render_incident_list, render_watch,
	render_backup, render_backup_list, render_backup_verify, render_backup_restore,
	render_backup_forget, render_backup_drill, render_backup_keygen;

/* One run for a page of Markdown: the step summary of a workflow. All borrowed. */
struct summary {
	const char *command;   /* "deploy" */
	const char *schema;    /* of the result: "result.deploy"; NULL for none */
	const json_t *result;  /* or NULL */
	const struct err *err; /* why there is none, or NULL */
	const char *
		text; /* what the command shows, for results without a page of their own */
	const char *tape; /* file name, or NULL */
	int64_t now_ms;
};
/* The verdict first; then what to do, gates, timeline, how to go back and how to replay. Adds at most
 * SUMMARY_MAX_BYTES: a longer page is cut at the end of a line and says so (GitHub takes 1 MiB). */
#define SUMMARY_MAX_BYTES ((size_t)1000000)
void render_summary(struct str *out, const struct summary *summary);

/* Writes to standard output; ERR_FAIL when that fails (EPIPE included). */
int render_write(const struct str *text, struct err *err);
/* {"…": …} pretty on a terminal and in a pipe alike, canonical order; or the outputs of a jq expression
 * on it, one a line, strings raw. */
int render_json(const json_t *result, const char *jq_expression, struct err *err);
/* The same into a text. */
int render_add_json(struct str *out, const json_t *result, const char *jq_expression,
		    struct err *err);
/* Compiles only: ERR_USAGE for an expression that is not jq, before anything is done. */
int render_check_jq(const char *jq_expression, struct err *err);

/* Live progress on standard error: lines, and one that is overwritten on a terminal. */
struct progress *render_progress_new(const struct render *render, FILE *stream,
				     bool terminal);
void render_progress_freep(struct progress **progress);

#endif
