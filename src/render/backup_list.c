/* What the stores hold against what is promised, and what a policy makes of it. What the results look like is
 * said by schemas/result.backup-list.schema.json and result.backup-forget.schema.json; health is that of
 * belay/backup.h, in `belay status` too. */
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "ink.h"

#define COPIES_SHOWN 10

/* --- health ---------------------------------------------------------------------------------- */

/* "✓ nightly-db  3h old, promised every 1d". */
static void add_health(struct str *out, const struct render *render, const char *indent,
		       const json_t *health)
{
	const char *outcome = json_get_string(health, "outcome", "inconclusive");
	const char *reason = backup_remark(health);
	_cleanup_str_ struct str age = STR_INIT;
	enum ink ink;
	backup_add_age(&age, health);
	const char *mark = ink_mark(outcome, &ink);
	str_add(out, indent);
	ink_add(out, render, ink, mark);
	render_inkf(out, render, INK_BOLD, " %s", json_get_string(health, "name", "?"));
	render_inkf(out, render, strcmp(outcome, "pass") == 0 ? INK_PLAIN : ink,
		    "  %s%s%s\n", str_text(&age), reason ? ": " : "",
		    reason ? reason : "");
}

void backup_add_health(struct str *out, const struct render *render,
		       const json_t *backups)
{
	size_t i;
	json_t *health;
	json_array_foreach(backups, i, health) {
		if (i == 0)
			render_inkf(out, render, INK_DIM, "  BACKUPS\n");
		add_health(out, render, "  ", health);
	}
}

static void add_proof(struct str *out, const struct render *render, const json_t *row)
{
	const json_t *drilled = json_object_get(row, "drilled");
	_cleanup_str_ struct str text = STR_INIT;
	if (json_is_string(json_object_get(row, "verified_at"))) {
		str_add(&text, "verified ");
		backup_add_when(&text, row, "verified_at", render->now_ms);
	}
	if (json_is_object(drilled)) {
		bool good = str_equal(json_get_string(drilled, "outcome", NULL), "pass");
		str_addf(&text, "%sdrill %s ", text.len ? ", " : "",
			 good ? "passed" : "failed");
		backup_add_when(&text, drilled, "at", render->now_ms);
	}
	if (text.len)
		render_inkf(out, render, INK_DIM, "  %s\n", str_text(&text));
}

/* Who is at it, or was when it died: until its time is over nobody else makes it. */
static void add_running(struct str *out, const struct render *render, const json_t *row)
{
	const json_t *running = json_object_get(row, "running");
	const json_t *run = json_object_get(running, "run");
	_cleanup_str_ struct str since = STR_INIT, until = STR_INIT;
	int64_t until_ms = 0;
	if (!json_is_object(running))
		return;
	bool over = time_parse(json_get_string(running, "until", ""), &until_ms) == 0 &&
		    until_ms <= render->now_ms;
	backup_add_when(&since, running, "since", render->now_ms);
	backup_add_when(&until, running, "until", render->now_ms);
	render_inkf(out, render, over ? INK_WARN : INK_DIM,
		    "  %s, begun %s by %s@%s, %s %s\n",
		    over ? "! not finished" : "being made", str_text(&since),
		    json_get_string(run, "actor", "?"), json_get_string(run, "host", "?"),
		    over ? "its time was over" : "over at the latest", str_text(&until));
}

/* --- list ------------------------------------------------------------------------------------ */

static const json_t *place_in(const json_t *copy, const char *store)
{
	size_t i;
	json_t *place;
	json_array_foreach(json_object_get(copy, "stores"), i, place) {
		if (str_equal(json_get_string(place, "store", NULL), store))
			return place;
	}
	return NULL;
}

static bool is_state(const json_t *place, const char *state)
{
	return str_equal(json_get_string(place, "state", "absent"), state);
}

/* COPY AGE SIZE STORED, and a column for each of `names`. */
static struct table *copies_table(const char *const *names, size_t count)
{
	_cleanup_free_ const char **headers = mem_array(const char *, count + 5);
	headers[0] = "  COPY";
	headers[1] = "AGE";
	headers[2] = "SIZE";
	headers[3] = "STORED";
	for (size_t i = 0; i < count; i++)
		headers[4 + i] = names[i];
	return table_new(headers, 4 + count);
}

static void add_copy(struct table *table, const struct render *render, const json_t *copy)
{
	_cleanup_str_ struct str when = STR_INIT, open = STR_INIT, stored = STR_INIT;
	backup_add_when(&when, copy, "at", render->now_ms);
	backup_add_size(&open, copy, "open_bytes");
	backup_add_size(&stored, copy, "stored_bytes");
	table_cell(table, 0, INK_PLAIN, "  %s", json_get_string(copy, "id", "?"));
	table_cell(table, 1, INK_DIM, "%s", str_text(&when));
	table_cell(table, 2, INK_PLAIN, "%s", str_text(&open));
	table_cell(table, 3, INK_PLAIN, "%s", str_text(&stored));
}

static size_t copies_shown(const struct render *render, const json_t *copies)
{
	size_t count = json_array_size(copies);
	return render->verbose || count < COPIES_SHOWN ? count : COPIES_SHOWN;
}

/* A column for each store. */
static struct table *table_by_store(const struct render *render, const json_t *stores,
				    const json_t *copies)
{
	size_t count = json_array_size(stores), i;
	json_t *store;
	_cleanup_free_ const char **names = mem_array(const char *, count + 1);
	json_array_foreach(stores, i, store)
		names[i] = json_string_value(store) ? json_string_value(store) : "";
	struct table *table = copies_table(names, count);
	for (size_t row = 0; row < copies_shown(render, copies); row++) {
		const json_t *copy = json_array_get(copies, row);
		add_copy(table, render, copy);
		for (i = 0; i < count; i++) {
			const json_t *place = place_in(copy, names[i]);
			const char *state = json_get_string(place, "state", "absent");
			enum ink ink;
			const char *mark = backup_state_mark(state, &ink);
			if (is_state(place, "absent"))
				table_cell(table, 4 + i, INK_DIM, "–");
			else
				table_cell(table, 4 + i, ink, "%s %s", mark, state);
		}
		table_end_row(table);
	}
	return table;
}

/* "✓ good in s3, off; ? unknown in vault"; the ink of the worst of them. */
static void add_places(struct str *out, const json_t *copy, enum ink *ret_ink)
{
	static const char *const states[] = {"bad",     "missing",    "incomplete",
					     "unknown", "unverified", "good"};
	size_t i;
	json_t *place;
	*ret_ink = INK_DIM;
	for (size_t s = 0; s < ARRAY_SIZE(states); s++) {
		size_t count = 0;
		enum ink ink;
		const char *mark = backup_state_mark(states[s], &ink);
		json_array_foreach(json_object_get(copy, "stores"), i, place) {
			if (!is_state(place, states[s]))
				continue;
			if (count++ == 0) {
				*ret_ink = out->len ? *ret_ink : ink;
				str_addf(out, "%s%s %s in ", out->len ? "; " : "", mark,
					 states[s]);
			} else {
				str_add(out, ", ");
			}
			str_add(out, json_get_string(place, "store", "?"));
		}
	}
	if (out->len == 0)
		str_add(out, "–");
}

/* For terminals that are too narrow for a column each. */
static struct table *table_of_places(const struct render *render, const json_t *copies)
{
	static const char *const heading[] = {"STORES"};
	struct table *table = copies_table(heading, ARRAY_SIZE(heading));
	table_fold(table);
	for (size_t row = 0; row < copies_shown(render, copies); row++) {
		const json_t *copy = json_array_get(copies, row);
		_cleanup_str_ struct str places = STR_INIT;
		enum ink ink;
		add_copy(table, render, copy);
		add_places(&places, copy, &ink);
		table_cell(table, 4, ink, "%s", str_text(&places));
		table_end_row(table);
	}
	return table;
}

static void add_more(struct str *out, const struct render *render, size_t count,
		     const char *what)
{
	if (count > 0)
		render_inkf(out, render, INK_DIM,
			    "  … and %zu %s (--verbose shows all)\n", count, what);
}

static void add_copies(struct str *out, const struct render *render, const json_t *row)
{
	const json_t *copies = json_object_get(row, "copies");
	if (json_array_size(copies) == 0)
		return;
	_cleanup_(table_freep) struct table *table =
		table_by_store(render, json_object_get(row, "stores"), copies);
	if (render->columns && table_width(table) > render->columns) {
		table_freep(&table);
		table = table_of_places(render, copies);
	}
	table_add_to(out, render, table);
	add_more(out, render, json_array_size(copies) - copies_shown(render, copies),
		 "older ones");
}

static bool is_unreachable(const json_t *unreachable, const char *store)
{
	size_t i;
	const json_t *row;
	json_array_foreach(unreachable, i, row) {
		if (str_equal(json_get_string(row, "store", NULL), store))
			return true;
	}
	return false;
}

/* Why a copy is bad or missing where it is. Why a store could not be asked is said once, for all that it may have. */
static void add_bad(struct str *out, const struct render *render, const json_t *row)
{
	const json_t *unreachable = json_object_get(row, "unreachable");
	size_t i, k, count = 0;
	json_t *copy, *place;
	json_array_foreach(json_object_get(row, "copies"), i, copy) {
		json_array_foreach(json_object_get(copy, "stores"), k, place) {
			const char *reason = json_get_string(place, "reason", NULL);
			const char *store = json_get_string(place, "store", "?");
			if (!reason || (is_state(place, "unknown") &&
					is_unreachable(unreachable, store)))
				continue;
			if (!render->verbose && count++ >= COPIES_SHOWN)
				continue;
			render_inkf(out, render, INK_WARN, "  ! %s in %s: %s\n",
				    json_get_string(copy, "id", "?"), store, reason);
		}
	}
	add_more(out, render, count > COPIES_SHOWN ? count - COPIES_SHOWN : 0,
		 "more like these");
}

static void add_unreachable(struct str *out, const struct render *render,
			    const json_t *stores)
{
	size_t i;
	json_t *store;
	json_array_foreach(stores, i, store)
		render_inkf(out, render, INK_WARN, "  ! %s could not be asked: %s\n",
			    json_get_string(store, "store", "?"),
			    json_get_string(store, "reason", "?"));
}

void render_backup_list(struct str *out, const struct render *render,
			const json_t *result)
{
	size_t i;
	json_t *row;
	json_array_foreach(json_object_get(result, "backups"), i, row) {
		if (i && !render->quiet)
			str_add_char(out, '\n');
		add_health(out, render, "", row);
		if (render->quiet)
			continue;
		add_proof(out, render, row);
		add_running(out, render, row);
		add_copies(out, render, row);
		add_bad(out, render, row);
		add_unreachable(out, render, json_object_get(row, "unreachable"));
	}
	if (json_array_size(json_object_get(result, "backups")) == 0)
		str_add(out, "No backup is configured.\n");
}

/* --- forget ---------------------------------------------------------------------------------- */

/* Sizes with everything that would go, the manifest and RESTORE.txt too: more than `list` shows for the data. */
static void add_decisions(struct str *out, const struct render *render,
			  const json_t *copies)
{
	static const char *const headers[] = {"    DECISION", "COPY", "AGE", "ALL FILES",
					      "WHY"};
	_cleanup_(table_freep) struct table *table = table_new(headers, 5);
	size_t i, k;
	json_t *copy, *reason;
	if (json_array_size(copies) == 0)
		return;
	table_fold(table);
	json_array_foreach(copies, i, copy) {
		bool keep = json_get_bool(copy, "keep", true);
		bool stuck = !keep && !json_get_bool(copy, "removed", false);
		_cleanup_str_ struct str when = STR_INIT, size = STR_INIT;
		_cleanup_str_ struct str why = STR_INIT;
		backup_add_when(&when, copy, "at", render->now_ms);
		backup_add_size(&size, copy, "stored_bytes");
		json_array_foreach(json_object_get(copy, "reasons"), k, reason)
			str_addf(&why, "%s%s", k ? ", " : "", json_string_value(reason));
		table_cell(table, 0,
			   keep    ? INK_GOOD
			   : stuck ? INK_BAD
				   : INK_WARN,
			   "    %s",
			   keep    ? "keep"
			   : stuck ? "still there"
				   : "forget");
		table_cell(table, 1, INK_PLAIN, "%s", json_get_string(copy, "id", "?"));
		table_cell(table, 2, INK_DIM, "%s", str_text(&when));
		table_cell(table, 3, INK_PLAIN, "%s", str_text(&size));
		table_cell(table, 4, INK_PLAIN, "%s", str_text(&why));
		table_end_row(table);
	}
	table_add_to(out, render, table);
}

/* "directory keeps 7d, the last 3: 4 stay, 2 go, 190.0 MiB". */
static void add_counts(struct str *out, const json_t *store, bool assumed)
{
	size_t i, stay = 0, go = 0;
	int64_t freed = 0;
	json_t *copy;
	json_array_foreach(json_object_get(store, "copies"), i, copy) {
		if (json_get_bool(copy, "keep", true)) {
			stay++;
			continue;
		}
		go++;
		if (json_get_bool(copy, "removed", false))
			freed += json_get_int(copy, "stored_bytes", 0);
	}
	str_addf(out, "keeps %s: %zu stay%s, %zu go%s",
		 json_get_string(store, "policy", "?"), stay, stay == 1 ? "s" : "", go,
		 go == 1 ? "es" : "");
	if (!go)
		return;
	str_add(out, ", ");
	size_add(out, freed);
	str_add(out, assumed ? " would be freed" : " freed");
}

static void add_litter(struct str *out, const struct render *render, const json_t *litter,
		       bool assumed)
{
	size_t i;
	json_t *left;
	json_array_foreach(litter, i, left) {
		int64_t objects = json_get_int(left, "objects", 0);
		int64_t uploads = json_get_int(left, "uploads", 0);
		render_inkf(out, render, INK_DIM,
			    "    %s what a dead run left of %s: %lld object%s, %lld "
			    "upload%s\n",
			    assumed ? "would remove" : "removed",
			    json_get_string(left, "id", "?"), (long long)objects,
			    objects == 1 ? "" : "s", (long long)uploads,
			    uploads == 1 ? "" : "s");
	}
}

static void add_forgotten(struct str *out, const struct render *render,
			  const json_t *store, bool assumed)
{
	bool failed = str_equal(json_get_string(store, "outcome", NULL), "failed");
	_cleanup_str_ struct str counts = STR_INIT;
	render_inkf(out, render, INK_NAME, "  %s", json_get_string(store, "store", "?"));
	if (failed) {
		const char *hint = json_get_string(store, "hint", NULL);
		render_inkf(out, render, INK_BAD, " failed: %s\n",
			    json_get_string(store, "reason", "?"));
		if (hint)
			render_inkf(out, render, INK_DIM, "    hint: %s\n", hint);
	} else {
		add_counts(&counts, store, assumed);
		render_inkf(out, render, INK_PLAIN, " %s\n", str_text(&counts));
	}
	if (render->quiet)
		return;
	add_decisions(out, render, json_object_get(store, "copies"));
	add_litter(out, render, json_object_get(store, "litter"), assumed);
}

void render_backup_forget(struct str *out, const struct render *render,
			  const json_t *result)
{
	bool assumed = json_array_size(json_object_get(result, "would")) > 0;
	size_t i, k;
	json_t *row, *store;
	json_array_foreach(json_object_get(result, "backups"), i, row) {
		if (i)
			str_add_char(out, '\n');
		ink_add_mark(out, render,
			     assumed ? "would"
				     : json_get_string(row, "outcome", "failed"));
		render_inkf(out, render, INK_BOLD, " %s\n",
			    json_get_string(row, "name", "?"));
		const char *reason = json_get_string(row, "reason", NULL);
		if (reason)
			render_inkf(out, render, INK_PLAIN, "  %s\n", reason);
		json_array_foreach(json_object_get(row, "stores"), k, store)
			add_forgotten(out, render, store, assumed);
	}
}
