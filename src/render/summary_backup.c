/* Pages of the step summary on backups: what was made, what the stores hold, what was read again, restored,
 * forgotten and drilled. The results' shapes are those of schemas/result.backup*.schema.json. */
#include "summary_backup.h"

#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "markdown.h"

static bool is_assumed(const json_t *result)
{
	return json_array_size(json_object_get(result, "would")) > 0;
}

/* ✅ ❌ ⚠️ ❔ for the words of results and of copies alike. */
static const char *mark_of(const char *word)
{
	static const struct {
		const char *word, *outcome;
	} rows[] = {
		{"made", "pass"},         {"good", "pass"},
		{"restored", "pass"},     {"partial", "warn"},
		{"incomplete", "warn"},   {"unverified", "warn"},
		{"bad", "fail"},          {"missing", "fail"},
		{"busy", "inconclusive"}, {"unknown", "inconclusive"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].word, word) == 0)
			return markdown_mark(rows[i].outcome);
	}
	return markdown_mark(word);
}

static void add_cell(struct str *out, const char *text)
{
	str_add(out, " | ");
	markdown_add_text(out, text);
}

static void add_size_cell(struct str *out, const json_t *row, const char *key)
{
	_cleanup_str_ struct str text = STR_INIT;
	backup_add_size(&text, row, key);
	add_cell(out, str_text(&text));
}

static void add_time_cell(struct str *out, const json_t *row, const char *key)
{
	_cleanup_str_ struct str text = STR_INIT;
	backup_add_duration(&text, row, key);
	add_cell(out, str_text(&text));
}

static void add_when_cell(struct str *out, const json_t *row, const char *key,
			  int64_t now_ms)
{
	_cleanup_str_ struct str text = STR_INIT;
	backup_add_when(&text, row, key, now_ms);
	add_cell(out, str_text(&text));
}

static void add_reason(struct str *out, const json_t *row)
{
	const char *reason = json_get_string(row, "reason", NULL);
	const char *hint = json_get_string(row, "hint", NULL);
	if (reason) {
		str_add(out, "\n");
		markdown_add_text(out, reason);
		str_add(out, "\n");
	}
	if (hint) {
		str_add(out, "\nHint: ");
		markdown_add_text(out, hint);
		str_add(out, "\n");
	}
}

static void add_warnings(struct str *out, const json_t *warnings)
{
	size_t i;
	json_t *warning;
	if (json_array_size(warnings))
		str_add_char(out, '\n');
	json_array_foreach(warnings, i, warning) {
		str_addf(out, "- %s ", markdown_mark("warn"));
		markdown_add_text(out, json_string_value(warning));
		str_add_char(out, '\n');
	}
}

/* --- run ------------------------------------------------------------------------------------- */

/* "s3: bad (chunk 3 …)" for each store that is not good. */
static void add_stores_cell(struct str *out, const json_t *stores)
{
	size_t i;
	json_t *store;
	str_add(out, " | ");
	json_array_foreach(stores, i, store) {
		const char *state = json_get_string(store, "state", "?");
		const char *reason = json_get_string(store, "reason", NULL);
		str_addf(out, "%s%s ", i ? "<br>" : "", mark_of(state));
		markdown_add_text(out, json_get_string(store, "name", "?"));
		if (!reason)
			continue;
		str_add(out, ": ");
		markdown_add_text(out, reason);
	}
}

static void add_row(struct str *out, const json_t *row)
{
	const char *outcome = json_get_string(row, "outcome", "failed");
	str_addf(out, "| %s", mark_of(outcome));
	add_cell(out, json_get_string(row, "name", "?"));
	str_add(out, " | ");
	markdown_add_code(out, json_get_string(row, "id", ""));
	add_size_cell(out, row, "open_bytes");
	add_size_cell(out, row, "stored_bytes");
	add_time_cell(out, row, "duration_ms");
	add_stores_cell(out, json_object_get(row, "stores"));
	str_add(out, " |\n");
}

static size_t count_outcome(const json_t *rows, const char *outcome)
{
	size_t i, count = 0;
	json_t *row;
	json_array_foreach(rows, i, row)
		count += str_equal(json_get_string(row, "outcome", NULL), outcome);
	return count;
}

static void add_troubles(struct str *out, const json_t *rows)
{
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row) {
		bool trouble = json_is_string(json_object_get(row, "reason"));
		if (!trouble && !json_array_size(json_object_get(row, "warnings")))
			continue;
		str_add(out, "\n### ");
		markdown_add_text(out, json_get_string(row, "name", "?"));
		str_add_char(out, '\n');
		add_reason(out, row);
		add_warnings(out, json_object_get(row, "warnings"));
	}
}

void summary_add_backup(struct str *out, const struct summary *summary)
{
	const json_t *rows = json_object_get(summary->result, "backups");
	size_t count = json_array_size(rows), made = count_outcome(rows, "made"), i;
	json_t *row;
	str_addf(out, "## %s %zu of %zu backup%s %s\n\n",
		 markdown_mark(made == count ? "pass" : "fail"), made, count,
		 count == 1 ? "" : "s",
		 is_assumed(summary->result) ? "would be made" : "made");
	str_add(out, "| | Backup | Id | Size | Stored | Took | Stores |\n"
		     "|---|---|---|---|---|---|---|\n");
	json_array_foreach(rows, i, row)
		add_row(out, row);
	add_troubles(out, rows);
	summary_add_told(out, summary->result);
}

/* --- list and health --------------------------------------------------------------------------- */

static void add_health_rows(struct str *out, const json_t *backups)
{
	size_t i;
	json_t *health;
	str_add(out, "| | Backup | Newest | |\n|---|---|---|---|\n");
	json_array_foreach(backups, i, health) {
		const char *remark = backup_remark(health);
		_cleanup_str_ struct str age = STR_INIT;
		backup_add_age(&age, health);
		str_addf(out, "| %s",
			 mark_of(json_get_string(health, "outcome", "inconclusive")));
		add_cell(out, json_get_string(health, "name", "?"));
		add_cell(out, str_text(&age));
		add_cell(out, remark ? remark : "");
		str_add(out, " |\n");
	}
}

void summary_add_backup_health(struct str *out, const json_t *backups)
{
	if (json_array_size(backups) == 0)
		return;
	str_add_char(out, '\n');
	add_health_rows(out, backups);
}

static void add_copies(struct str *out, const json_t *row, int64_t now_ms)
{
	const json_t *copies = json_object_get(row, "copies");
	size_t i, k;
	json_t *copy, *place;
	if (json_array_size(copies) == 0)
		return;
	str_add(out, "\n### ");
	markdown_add_text(out, json_get_string(row, "name", "?"));
	str_add(out,
		"\n\n| Copy | Age | Size | Stored | Stores |\n|---|---|---|---|---|\n");
	json_array_foreach(copies, i, copy) {
		str_add(out, "| ");
		markdown_add_code(out, json_get_string(copy, "id", "?"));
		add_when_cell(out, copy, "at", now_ms);
		add_size_cell(out, copy, "open_bytes");
		add_size_cell(out, copy, "stored_bytes");
		str_add(out, " | ");
		json_array_foreach(json_object_get(copy, "stores"), k, place) {
			const char *state = json_get_string(place, "state", "?");
			str_addf(out, "%s%s ", k ? "<br>" : "", mark_of(state));
			markdown_add_text(out, json_get_string(place, "store", "?"));
			str_addf(out, ": %s", state);
		}
		str_add(out, " |\n");
	}
}

static void add_unreachable(struct str *out, const json_t *stores)
{
	size_t i;
	json_t *store;
	json_array_foreach(stores, i, store) {
		str_addf(out, "\n%s ", markdown_mark("warn"));
		markdown_add_text(out, json_get_string(store, "store", "?"));
		str_add(out, " could not be asked: ");
		markdown_add_text(out, json_get_string(store, "reason", "?"));
		str_add_char(out, '\n');
	}
}

void summary_add_backup_list(struct str *out, const struct summary *summary)
{
	const json_t *rows = json_object_get(summary->result, "backups");
	size_t i;
	json_t *row;
	str_add(out, "## Backups\n\n");
	add_health_rows(out, rows);
	json_array_foreach(rows, i, row) {
		add_copies(out, row, summary->now_ms);
		add_unreachable(out, json_object_get(row, "unreachable"));
	}
}

/* --- verify ---------------------------------------------------------------------------------- */

static void add_looks(struct str *out, const json_t *row)
{
	size_t i;
	json_t *copy;
	json_array_foreach(json_object_get(row, "copies"), i, copy) {
		const char *outcome = json_get_string(copy, "outcome", "unknown");
		const char *how = json_get_string(copy, "how", NULL);
		bool good = strcmp(outcome, "good") == 0;
		str_addf(out, "| %s", mark_of(outcome));
		add_cell(out, json_get_string(row, "name", "?"));
		str_add(out, " | ");
		markdown_add_code(out, json_get_string(copy, "id", ""));
		add_cell(out, json_get_string(copy, "store", "?"));
		add_cell(out, good ? backup_how_text(how)
				   : json_get_string(copy, "reason", outcome));
		add_size_cell(out, copy, "bytes");
		add_time_cell(out, copy, "duration_ms");
		str_add(out, " |\n");
	}
}

static void add_strangers(struct str *out, const json_t *row)
{
	size_t i;
	json_t *stranger;
	json_array_foreach(json_object_get(row, "not_on_journal"), i, stranger) {
		str_addf(out, "\n%s Not on the journal: ", markdown_mark("warn"));
		markdown_add_code(out, json_get_string(stranger, "id", "?"));
		str_add(out, " in ");
		markdown_add_text(out, json_get_string(stranger, "store", "?"));
		str_addf(out, ", %lld in all\n",
			 (long long)json_get_int(stranger, "count", 1));
	}
}

void summary_add_backup_verify(struct str *out, const struct summary *summary)
{
	const json_t *rows = json_object_get(summary->result, "backups");
	bool good = count_outcome(rows, "good") + count_outcome(rows, "none") ==
		    json_array_size(rows);
	size_t i;
	json_t *row;
	str_addf(out, "## %s Backups %s\n\n", markdown_mark(good ? "pass" : "fail"),
		 good ? "are what was written" : "are not all good");
	str_add(out, "| | Backup | Copy | Store | | Read | Took |\n"
		     "|---|---|---|---|---|---|---|\n");
	json_array_foreach(rows, i, row)
		add_looks(out, row);
	json_array_foreach(rows, i, row) {
		add_reason(out, row);
		add_strangers(out, row);
	}
	summary_add_told(out, summary->result);
}

/* --- restore --------------------------------------------------------------------------------- */

void summary_add_backup_restore(struct str *out, const struct summary *summary)
{
	const json_t *result = summary->result;
	const json_t *to = json_object_get(result, "to");
	const char *said = json_get_string(json_object_get(result, "run"), "stderr", "");
	bool good = str_equal(json_get_string(result, "outcome", NULL), "restored");
	bool assumed = is_assumed(result);
	str_addf(out, "## %s ", markdown_mark(good ? "pass" : "fail"));
	markdown_add_text(out, json_get_string(result, "name", "?"));
	str_add(out, assumed ? " would be restored\n"
		     : good  ? " restored\n"
			     : " was not restored\n");
	add_reason(out, result);
	str_add(out,
		"\n| Copy | Made | From | To | Size | Took |\n|---|---|---|---|---|---|\n"
		"| ");
	markdown_add_code(out, json_get_string(result, "id", "?"));
	add_when_cell(out, result, "at", summary->now_ms);
	add_cell(out, json_get_string(result, "store", "?"));
	str_add(out, " | ");
	markdown_add_code(out, json_get_string(to, "text", "?"));
	add_size_cell(out, result, "bytes");
	add_time_cell(out, result, "duration_ms");
	str_add(out, " |\n");
	add_warnings(out, json_object_get(result, "warnings"));
	if (!good && *said)
		markdown_add_block(out, "text", said);
}

/* --- forget ---------------------------------------------------------------------------------- */

static void add_decision(struct str *out, const json_t *copy, int64_t now_ms)
{
	bool keep = json_get_bool(copy, "keep", true);
	size_t i;
	json_t *reason;
	str_addf(out, "| %s | ", keep ? "keep" : "forget");
	markdown_add_code(out, json_get_string(copy, "id", "?"));
	add_when_cell(out, copy, "at", now_ms);
	add_size_cell(out, copy, "stored_bytes");
	str_add(out, " | ");
	json_array_foreach(json_object_get(copy, "reasons"), i, reason) {
		str_add(out, i ? ", " : "");
		markdown_add_text(out, json_string_value(reason));
	}
	str_add(out, " |\n");
}

static void add_forgotten(struct str *out, const json_t *row, const json_t *store,
			  int64_t now_ms)
{
	const json_t *copies = json_object_get(store, "copies");
	size_t i;
	json_t *copy;
	str_addf(out, "\n### %s ",
		 markdown_mark(json_get_string(store, "outcome", "failed")));
	markdown_add_text(out, json_get_string(row, "name", "?"));
	str_add(out, " in ");
	markdown_add_text(out, json_get_string(store, "store", "?"));
	str_add(out, ": keeps ");
	markdown_add_text(out, json_get_string(store, "policy", "?"));
	str_add_char(out, '\n');
	add_reason(out, store);
	if (json_array_size(copies) == 0)
		return;
	str_add(out, "\n| | Copy | Age | Stored | Because |\n|---|---|---|---|---|\n");
	json_array_foreach(copies, i, copy)
		add_decision(out, copy, now_ms);
}

void summary_add_backup_forget(struct str *out, const struct summary *summary)
{
	const json_t *rows = json_object_get(summary->result, "backups");
	bool good = count_outcome(rows, "passed") == json_array_size(rows);
	size_t i, k;
	json_t *row, *store;
	str_addf(out, "## %s Which copies stay\n", markdown_mark(good ? "pass" : "fail"));
	json_array_foreach(rows, i, row) {
		json_array_foreach(json_object_get(row, "stores"), k, store)
			add_forgotten(out, row, store, summary->now_ms);
	}
}

/* --- drill ----------------------------------------------------------------------------------- */

static void add_promise(struct str *out, const json_t *result, const char *name,
			const char *key, const char *promised_key)
{
	const json_t *measured = json_object_get(result, key);
	const json_t *promised = json_object_get(result, promised_key);
	bool late = json_is_integer(measured) && json_is_integer(promised) &&
		    json_integer_value(measured) > json_integer_value(promised);
	if (!json_is_integer(measured))
		return;
	str_addf(out, "| %s | %s", late ? markdown_mark("fail") : markdown_mark("pass"),
		 name);
	add_time_cell(out, result, key);
	add_time_cell(out, result, promised_key);
	str_add(out, " |\n");
}

static void add_drill_checks(struct str *out, const json_t *checks)
{
	size_t i;
	json_t *check;
	if (json_array_size(checks) == 0)
		return;
	str_add(out, "\n| | Check | | Took |\n|---|---|---|---|\n");
	json_array_foreach(checks, i, check) {
		str_addf(out, "| %s", mark_of(json_get_string(check, "outcome", "fail")));
		add_cell(out, json_get_string(check, "name", "?"));
		add_cell(out, json_get_string(check, "text", ""));
		add_time_cell(out, check, "duration_ms");
		str_add(out, " |\n");
	}
}

void summary_add_backup_drill(struct str *out, const struct summary *summary)
{
	const json_t *result = summary->result;
	bool good = str_equal(json_get_string(result, "outcome", NULL), "pass");
	str_addf(out, "## %s Drill of ", markdown_mark(good ? "pass" : "fail"));
	markdown_add_text(out, json_get_string(result, "name", "?"));
	str_add(out, is_assumed(result) ? " would be made\n"
		     : good             ? " passed\n"
					: " failed\n");
	add_reason(out, result);
	if (is_assumed(result))
		return;
	str_add(out, "\n| | | Measured | Promised |\n|---|---|---|---|\n");
	add_promise(out, result, "RTO", "rto_ms", "rto_promised_ms");
	add_promise(out, result, "RPO", "rpo_ms", "rpo_promised_ms");
	add_drill_checks(out, json_object_get(result, "checks"));
	add_warnings(out, json_object_get(result, "warnings"));
	summary_add_told(out, result);
}
