/* room: data
 * jq expressions (libjq): compiled once, evaluated on JSON values with bound variables.
 *
 * Pure: no files, no environment ($ENV is empty, `env` too), no `input`, no modules; evaluation is
 * bounded in outputs and, for predicates, must give exactly one value. A jq_program is used by
 * one thread at a time; compile one for each thread.
 */
#ifndef BELAY_JQ_H
#define BELAY_JQ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "belay/err.h"

struct jq_program;

/* Variables that every predicate may use: $version $previous $environment $service $now, plus what
 * the caller names. Compiles `text`. `names` are variable names without "$" (NULL-terminated array,
 * may be NULL). Error: ERR_CONFIG "invalid jq: …" with the character position (from 1) inside
 * `text`, and a caret line in the hint. */
int jq_compile_text(const char *text, const char *const *names, struct jq_program **ret,
		    struct err *err);
void jq_program_free(struct jq_program *program);
void jq_program_freep(struct jq_program **program);

/* Evaluates on `input` with `variables` (object: name → value; a name that is absent is null).
 * *ret_outputs: array of all outputs (new reference; at most 10 000, then ERR_LIMIT).
 * A runtime error of the expression is ERR_FAIL with jq's message. */
int jq_run(struct jq_program *program, const json_t *input, const json_t *variables,
	   json_t **ret_outputs, struct err *err);

/* A predicate's answer. `holds` is jq truth of the single output; not exactly one output, or a
 * runtime error, is not holding, with the reason in `why`. `actual` is what the left side of a top-
 * level comparison gave (".body.status == \"UP\"" → value of .body.status), or the output itself;
 * `bound` is the right side's value when there is a comparison, else NULL. Both are NULL when `why`
 * is set. */
struct jq_answer {
	bool holds;
	json_t *actual; /* owned */
	json_t *bound;  /* owned, may be NULL */
	char *why;      /* owned, NULL unless evaluation failed */
};
void jq_answer_release(struct jq_answer *answer);

/* A predicate: compiles the whole expression and, when its top level is a comparison
 * (== != < <= > >=), both sides, so that a failing one can show the value beside the bound. */
struct jq_predicate;
int jq_predicate_compile(const char *text, const char *const *names,
			 struct jq_predicate **ret, struct err *err);
void jq_predicate_free(struct jq_predicate *predicate);
void jq_predicate_freep(struct jq_predicate **predicate);
const char *jq_predicate_text(const struct jq_predicate *predicate);
void jq_predicate_ask(struct jq_predicate *predicate, const json_t *input,
		      const json_t *variables, struct jq_answer *answer);

#endif
