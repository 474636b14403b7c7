/* Proof that backups can be restored: copies that were read again, drills. What the results look like is said by
 * schemas/result.backup-verify.schema.json and result.backup-drill.schema.json; keys by
 * result.backup-keygen.schema.json. */
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "ink.h"
#include "told.h"

/* --- verify ---------------------------------------------------------------------------------- */

static void add_look(struct table *table, const json_t *copy)
{
	const char *outcome = json_get_string(copy, "outcome", "unknown");
	_cleanup_str_ struct str text = STR_INIT;
	enum ink ink;
	const char *mark = backup_state_mark(outcome, &ink);
	if (strcmp(outcome, "good") == 0) {
		int64_t bytes = json_get_int(copy, "bytes", 0);
		str_add(&text, backup_how_text(json_get_string(copy, "how", NULL)));
		if (bytes > 0) {
			str_add(&text, ", ");
			size_add(&text, bytes);
		}
		backup_add_rate(&text, bytes, json_get_int(copy, "duration_ms", 0));
	} else {
		str_add(&text, json_get_string(copy, "reason", ""));
	}
	table_cell(table, 0, ink, "  %s", mark);
	table_cell(table, 1, INK_PLAIN, "%s", json_get_string(copy, "id", ""));
	table_cell(table, 2, INK_NAME, "%s", json_get_string(copy, "store", "?"));
	table_cell(table, 3, ink, "%s", outcome);
	table_cell(table, 4, INK_PLAIN, "%s", str_text(&text));
	table_end_row(table);
}

/* What is worth a line of its own: hints, and copies that only their manifest vouches for. */
static void add_remarks(struct str *out, const struct render *render,
			const json_t *copies)
{
	size_t i;
	json_t *copy;
	json_array_foreach(copies, i, copy) {
		const char *hint = json_get_string(copy, "hint", NULL);
		bool alone = str_equal(json_get_string(copy, "trust", NULL), "none");
		_cleanup_str_ struct str trust = STR_INIT;
		if (hint)
			render_inkf(out, render, INK_DIM, "  hint: %s\n", hint);
		if (!alone && !render->verbose)
			continue;
		backup_add_trust(&trust, copy);
		if (trust.len)
			render_inkf(out, render, alone ? INK_WARN : INK_DIM,
				    "  %s%s in %s: %s\n", alone ? "! " : "",
				    json_get_string(copy, "id", "?"),
				    json_get_string(copy, "store", "?"),
				    str_text(&trust));
	}
}

/* "not on the journal: 20261121T… in s3, and 2 more". */
static void add_strangers(struct str *out, const struct render *render,
			  const json_t *strangers)
{
	size_t i;
	json_t *row;
	json_array_foreach(strangers, i, row) {
		long long more = (long long)json_get_int(row, "count", 1) - 1;
		render_inkf(out, render, INK_WARN, "  ! not on the journal: %s in %s",
			    json_get_string(row, "id", "?"),
			    json_get_string(row, "store", "?"));
		if (more > 0)
			render_inkf(out, render, INK_WARN, ", and %lld more", more);
		str_add(out, "\n");
		render_inkf(out, render, INK_DIM, "    hint: %s\n",
			    json_get_string(row, "hint", ""));
	}
}

void render_backup_verify(struct str *out, const struct render *render,
			  const json_t *result)
{
	size_t i, k;
	json_t *row, *copy;
	json_array_foreach(json_object_get(result, "backups"), i, row) {
		const json_t *copies = json_object_get(row, "copies");
		const char *outcome = json_get_string(row, "outcome", "unknown");
		enum ink ink;
		const char *mark = backup_state_mark(outcome, &ink);
		ink_add(out, render, ink, mark);
		render_inkf(out, render, INK_BOLD, " %s",
			    json_get_string(row, "name", "?"));
		render_inkf(out, render, ink, "  %s\n", outcome);
		backup_add_reason(out, render, row);
		if (json_array_size(copies) && !render->quiet) {
			_cleanup_(table_freep) struct table *table = table_new(NULL, 5);
			table_fold(table);
			json_array_foreach(copies, k, copy)
				add_look(table, copy);
			table_add_to(out, render, table);
			add_remarks(out, render, copies);
		}
		if (!render->quiet)
			add_strangers(out, render,
				      json_object_get(row, "not_on_journal"));
	}
	told_add(out, render, json_object_get(result, "told"));
}

/* --- drill ----------------------------------------------------------------------------------- */

static void add_promise(struct table *table, const char *name, const char *what,
			const json_t *result, const char *key, const char *promised_key)
{
	const json_t *measured = json_object_get(result, key);
	const json_t *promised = json_object_get(result, promised_key);
	bool late = json_is_integer(measured) && json_is_integer(promised) &&
		    json_integer_value(measured) > json_integer_value(promised);
	_cleanup_str_ struct str time = STR_INIT, promise = STR_INIT;
	if (!json_is_integer(measured))
		return;
	backup_add_duration(&time, result, key);
	if (json_is_integer(promised)) {
		str_add(&promise, late ? "longer than the promised " : "within ");
		backup_add_duration(&promise, result, promised_key);
	}
	table_cell(table, 0, INK_BOLD, "  %s", name);
	table_cell(table, 1, late ? INK_BAD : INK_PLAIN, "%s", str_text(&time));
	table_cell(table, 2, INK_PLAIN, "%s", what);
	table_cell(table, 3, late ? INK_BAD : INK_DIM, "%s", str_text(&promise));
	table_end_row(table);
}

static void add_promises(struct str *out, const struct render *render,
			 const json_t *result)
{
	_cleanup_(table_freep) struct table *table = table_new(NULL, 4);
	table_fold(table);
	add_promise(table, "RTO", "until everything is back and checked", result,
		    "rto_ms", "rto_promised_ms");
	add_promise(table, "RPO", "would have been lost", result, "rpo_ms",
		    "rpo_promised_ms");
	table_add_to(out, render, table);
}

static void add_checks(struct str *out, const struct render *render, const json_t *checks)
{
	_cleanup_(table_freep) struct table *table = table_new(NULL, 4);
	table_fold(table);
	size_t i;
	json_t *check;
	json_array_foreach(checks, i, check) {
		const char *outcome = json_get_string(check, "outcome", "fail");
		_cleanup_str_ struct str took = STR_INIT;
		enum ink ink;
		const char *mark = ink_mark(outcome, &ink);
		backup_add_duration(&took, check, "duration_ms");
		table_cell(table, 0, ink, "  %s", mark);
		table_cell(table, 1, INK_NAME, "%s", json_get_string(check, "name", "?"));
		table_cell(table, 2, INK_DIM, "%s", str_text(&took));
		table_cell(table, 3, INK_PLAIN, "%s", json_get_string(check, "text", ""));
		table_end_row(table);
	}
	table_add_to(out, render, table);
}

void render_backup_drill(struct str *out, const struct render *render,
			 const json_t *result)
{
	bool assumed = json_array_size(json_object_get(result, "would")) > 0;
	bool good = str_equal(json_get_string(result, "outcome", NULL), "pass");
	const char *id = json_get_string(result, "id", NULL);
	const char *store = json_get_string(result, "store", NULL);
	_cleanup_str_ struct str text = STR_INIT;
	ink_add_mark(out, render, assumed ? "would" : good ? "pass" : "fail");
	render_inkf(out, render, INK_BOLD, " drill of %s%s%s%s%s %s\n",
		    json_get_string(result, "name", "?"), id ? "/" : "", id ? id : "",
		    store ? " from " : "", store ? store : "",
		    assumed ? "would be made"
		    : good  ? "passed"
			    : "failed");
	backup_add_reason(out, render, result);
	if (assumed)
		return;
	if (json_is_integer(json_object_get(result, "restore_ms"))) {
		int64_t bytes = json_get_int(result, "bytes", 0);
		str_add(&text, "restored ");
		size_add(&text, bytes);
		backup_add_rate(&text, bytes, json_get_int(result, "restore_ms", 0));
		render_inkf(out, render, INK_PLAIN, "  %s\n", str_text(&text));
	}
	add_promises(out, render, result);
	if (!render->quiet)
		add_checks(out, render, json_object_get(result, "checks"));
	backup_add_warnings(out, render, json_object_get(result, "warnings"));
	told_add(out, render, json_object_get(result, "told"));
}

/* --- keygen ---------------------------------------------------------------------------------- */

static void add_next(struct str *out, const struct render *render, const json_t *result)
{
	const char *certificate = json_get_string(result, "certificate", "?");
	if (str_equal(json_get_string(result, "purpose", NULL), "sign")) {
		render_inkf(
			out, render, INK_DIM,
			"\nnext: commit the certificate, and write 'sign: {key: {env: "
			"NAME}, certificate: %s}'\n",
			certificate);
		return;
	}
	render_inkf(
		out, render, INK_WARN,
		"\nWithout the key no backup can be read: keep it in two places, none of "
		"them this repository.\n");
	render_inkf(
		out, render, INK_DIM,
		"next: commit the certificate, and write 'seal: {recipients: [%s]}'\n",
		certificate);
}

void render_backup_keygen(struct str *out, const struct render *render,
			  const json_t *result)
{
	bool assumed = json_array_size(json_object_get(result, "would")) > 0;
	const char *fingerprint = json_get_string(result, "fingerprint", NULL);
	bool encrypted = json_get_bool(result, "encrypted", false);
	ink_add_mark(out, render, assumed ? "would" : "pass");
	render_inkf(out, render, INK_BOLD, " %s a %s key for '%s'\n",
		    assumed ? "would make" : "made", json_get_string(result, "type", "?"),
		    json_get_string(result, "name", "?"));
	render_inkf(out, render, INK_PLAIN, "  key          %s%s\n",
		    json_get_string(result, "key", "?"),
		    encrypted ? " (protected by the passphrase)" : "");
	render_inkf(out, render, INK_PLAIN, "  certificate  %s\n",
		    json_get_string(result, "certificate", "?"));
	if (fingerprint)
		render_inkf(out, render, INK_PLAIN, "  SHA-256      %s\n", fingerprint);
	if (!render->quiet && !assumed)
		add_next(out, render, result);
}
