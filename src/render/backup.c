/* Backups that were made: how large, how fast, where they are; and one that came back. What the results look
 * like is said by schemas/result.backup.schema.json and result.backup-restore.schema.json. */
#include "backup.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "ink.h"
#include "logs.h"
#include "told.h"

#define LINES_SAID 20

static bool is_assumed(const json_t *result)
{
	return json_array_size(json_object_get(result, "would")) > 0;
}

/* --- run ------------------------------------------------------------------------------------- */

static void add_stores(struct str *out, const struct render *render, const json_t *stores)
{
	size_t i;
	json_t *store;
	if (json_array_size(stores) == 0)
		return;
	_cleanup_(table_freep) struct table *table = table_new(NULL, 4);
	table_fold(table);
	json_array_foreach(stores, i, store) {
		enum ink ink;
		const char *state = json_get_string(store, "state", "");
		const char *mark = backup_state_mark(state, &ink);
		const char *how = json_get_string(store, "how", NULL);
		table_cell(table, 0, ink, "  %s", mark);
		table_cell(table, 1, INK_NAME, "%s", json_get_string(store, "name", "?"));
		table_cell(table, 2, ink, "%s", state);
		table_cell(table, 3, INK_PLAIN, "%s",
			   json_get_string(store, "reason", backup_how_text(how)));
		table_end_row(table);
	}
	table_add_to(out, render, table);
}

enum { SHOWN_PATHS = 3 };

/* Says that there is more, and that this was enough. */
static bool is_enough(struct str *out, const struct render *render, size_t i)
{
	if (render->verbose || i < SHOWN_PATHS)
		return false;
	render_inkf(out, render, INK_DIM, "    … (--verbose shows more)\n");
	return true;
}

static void add_left_out(struct str *out, const struct render *render, const json_t *row)
{
	int64_t count = json_get_int(row, "left_out_count", 0);
	size_t i;
	json_t *item;
	if (count > 0)
		render_inkf(out, render, INK_DIM, "  %lld left out:\n", (long long)count);
	json_array_foreach(json_object_get(row, "left_out"), i, item) {
		if (is_enough(out, render, i))
			break;
		render_inkf(out, render, INK_DIM, "    %s: %s\n",
			    json_get_string(item, "path", "?"),
			    json_get_string(item, "reason", ""));
	}
}

/* What a set asks for and this machine has not, and what vanished before it could be read: neither is in the backup. */
static void add_missing(struct str *out, const struct render *render, const json_t *row)
{
	const json_t *missing = json_object_get(row, "missing");
	size_t i;
	json_t *item;
	if (json_array_size(missing))
		render_inkf(out, render, INK_DIM, "  %zu not there:\n",
			    json_array_size(missing));
	json_array_foreach(missing, i, item) {
		if (is_enough(out, render, i))
			break;
		render_inkf(out, render, INK_DIM, "    %s\n",
			    json_string_value(item) ? json_string_value(item) : "");
	}
}

static void add_made(struct str *out, const json_t *row)
{
	int64_t open = json_get_int(row, "open_bytes", 0);
	str_addf(out, "%s  ", json_get_string(row, "id", ""));
	backup_add_ratio(out, row);
	backup_add_rate(out, open, json_get_int(row, "duration_ms", 0));
}

/* "✓ nightly-db  20261121T…  412.0 MiB → 96.3 MiB (23%) in 1.2s, 343.3 MiB/s". */
static void add_headline(struct str *out, const struct render *render, const json_t *row,
			 bool assumed)
{
	static const struct {
		const char *outcome, *mark, *words;
	} words[] = {
		{"made", "pass", NULL},
		{"partial", "warn", NULL},
		{"failed", "fail", "was not made"},
		{"busy", "unknown", "is being made by another run"},
	};
	const char *outcome = json_get_string(row, "outcome", "failed");
	_cleanup_str_ struct str text = STR_INIT;
	const char *mark = "fail";
	bool fails = strcmp(outcome, "failed") == 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].outcome, outcome) != 0)
			continue;
		mark = words[i].mark;
		if (words[i].words)
			str_add(&text,
				fails && assumed ? "would not be made" : words[i].words);
		else if (assumed)
			str_add(&text, "would be made");
		else
			add_made(&text, row);
	}
	ink_add_mark(out, render, assumed && !fails ? "would" : mark);
	render_inkf(out, render, INK_BOLD, " %s", json_get_string(row, "name", "?"));
	render_inkf(out, render, INK_PLAIN, "  %s\n", str_text(&text));
}

static void add_next(struct str *out, const struct render *render, const json_t *rows)
{
	const json_t *row = json_array_get(rows, 0);
	const char *name = json_get_string(row, "name", "");
	if (json_array_size(rows) != 1)
		return;
	if (str_equal(json_get_string(row, "outcome", NULL), "made"))
		render_inkf(out, render, INK_DIM,
			    "\nrestore it: belay backup restore %s %s\n", name,
			    str_equal(json_get_string(row, "kind", NULL), "stream")
				    ? "--to-file FILE"
				    : "--to DIRECTORY");
	else if (str_equal(json_get_string(row, "outcome", NULL), "partial"))
		render_inkf(out, render, INK_DIM,
			    "\nwhere each copy is: belay backup list %s\n", name);
}

void render_backup(struct str *out, const struct render *render, const json_t *result)
{
	const json_t *rows = json_object_get(result, "backups");
	bool assumed = is_assumed(result);
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row) {
		add_headline(out, render, row, assumed);
		backup_add_reason(out, render, row);
		if (render->quiet)
			continue;
		add_stores(out, render, json_object_get(row, "stores"));
		add_left_out(out, render, row);
		add_missing(out, render, row);
		backup_add_warnings(out, render, json_object_get(row, "warnings"));
	}
	told_add(out, render, json_object_get(result, "told"));
	if (!render->quiet && !assumed)
		add_next(out, render, rows);
}

/* --- restore --------------------------------------------------------------------------------- */

static void add_to(struct str *out, const json_t *to)
{
	const char *host = json_get_string(to, "host", NULL);
	bool runs = str_equal(json_get_string(to, "kind", NULL), "run");
	str_addf(out, "%s%s%s%s%s", runs ? "'" : "", json_get_string(to, "text", "?"),
		 runs ? "'" : "", host ? " on " : "", host ? host : "");
}

/* What the command said, where it failed. */
static void add_output(struct str *out, const struct render *render, const json_t *result)
{
	const json_t *run = json_object_get(result, "run");
	const char *said = json_get_string(run, "stderr", "");
	if (!*said)
		said = json_get_string(run, "stdout", "");
	if (!*said)
		return;
	_cleanup_json_ json_t *logs = json_pack(
		"[{s:s, s:s, s:s}]", "service", json_get_string(result, "name", ""),
		"title", "the command's output", "text", said);
	logs_add(out, render, logs);
}

/* What the command said of a backup that it read: the beginning, as that is what one pipes a backup somewhere for. */
static void add_said(struct str *out, const struct render *render, const json_t *result)
{
	const char *said = json_get_string(json_object_get(result, "run"), "stdout", "");
	size_t count = 0;
	if (*said)
		render_inkf(out, render, INK_NAME, "\nthe command's output\n");
	for (; *said && (render->verbose || count < LINES_SAID); count++) {
		size_t len = strcspn(said, "\n");
		_cleanup_free_ char *line = mem_strndup(said, len);
		str_add(out, "    ");
		render_add_safe(out, line);
		str_add_char(out, '\n');
		said += len + (said[len] == '\n');
	}
	if (*said)
		render_inkf(out, render, INK_DIM, "    … (--verbose shows all)\n");
}

static void add_restored(struct str *out, const json_t *result)
{
	const json_t *entries = json_object_get(result, "entries");
	int64_t bytes = json_get_int(result, "bytes", 0);
	size_add(out, bytes);
	if (json_is_integer(entries))
		str_addf(out, ", %lld %s", (long long)json_integer_value(entries),
			 json_integer_value(entries) == 1 ? "entry" : "entries");
	backup_add_rate(out, bytes, json_get_int(result, "duration_ms", 0));
}

void render_backup_restore(struct str *out, const struct render *render,
			   const json_t *result)
{
	bool assumed = is_assumed(result);
	bool good = str_equal(json_get_string(result, "outcome", NULL), "restored");
	_cleanup_str_ struct str to = STR_INIT, when = STR_INIT, text = STR_INIT;
	_cleanup_str_ struct str trust = STR_INIT;
	add_to(&to, json_object_get(result, "to"));
	backup_add_when(&when, result, "at", render->now_ms);
	ink_add_mark(out, render, assumed ? "would" : good ? "pass" : "fail");
	render_inkf(out, render, INK_BOLD, " %s/%s (made %s)%s from %s to %s\n",
		    json_get_string(result, "name", "?"),
		    json_get_string(result, "id", "?"), str_text(&when),
		    assumed ? " would be restored"
		    : good  ? " restored"
			    : " was not restored",
		    json_get_string(result, "store", "?"), str_text(&to));
	backup_add_reason(out, render, result);
	if (good && !assumed) {
		add_restored(&text, result);
		render_inkf(out, render, INK_PLAIN, "  %s\n", str_text(&text));
	}
	backup_add_trust(&trust, result);
	if (trust.len && !render->quiet)
		render_inkf(out, render, INK_DIM, "  %s\n", str_text(&trust));
	backup_add_warnings(out, render, json_object_get(result, "warnings"));
	if (!good)
		add_output(out, render, result);
	else if (!render->quiet)
		add_said(out, render, result);
}
