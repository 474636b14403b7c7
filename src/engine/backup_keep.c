/* Which copies in a store stay. The policy decides on copies that are whole and that the journal knows to be there:
 * one that is cut must not pass for the newest one, and what another project brought to the same store is not
 * ours to remove.
 */
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

static const json_t *copies_of(const struct backup_shelf *shelf)
{
	return json_object_get(
		state_backup(backup_desk_state(shelf->desk), shelf->backup->name),
		"copies");
}

static const json_t *copy_of(const struct backup_shelf *shelf, const char *id)
{
	return state_backup_copy(backup_desk_state(shelf->desk), shelf->backup->name, id);
}

static bool is_known_here(const struct backup_shelf *shelf, const json_t *copy)
{
	return json_has_string(json_object_get(copy, "stores"), shelf->store->name);
}

static bool has_manifest(const json_t *folder)
{
	const char *first =
		json_string_value(json_array_get(json_object_get(folder, "objects"), 0));
	return first && str_has_suffix(first, "/manifest.json");
}

/* --- what counts ------------------------------------------------------------------------------ */

/* Its data is there, in the size that was written. */
static bool is_complete(const json_t *folder, const json_t *copy)
{
	int64_t written = json_get_int(copy, "stored_bytes", 0);
	return json_get_bool(folder, "whole", false) &&
	       (written == 0 || json_get_int(folder, "data_bytes", 0) == written);
}

/* Older than everything that the journal had room for? */
static bool is_beyond_memory(const struct backup_shelf *shelf, const char *id)
{
	const json_t *copies = copies_of(shelf);
	size_t count = json_array_size(copies);
	const json_t *oldest = count ? json_array_get(copies, count - 1) : NULL;
	return count >= BACKUP_COPIES_MAX &&
	       strcmp(id, json_get_string(oldest, "id", "")) < 0;
}

/* By its own manifest, as nobody else knows. */
static bool says_it_is_ours(struct effects *fx, const struct backup_shelf *shelf,
			    const char *id)
{
	__attribute__((
		cleanup(backup_manifest_release))) struct backup_manifest_read read = {0};
	struct err ignored = {0};
	return backup_manifest_fetch(fx, shelf->args, shelf->backup->name, id, NULL,
				     &read, &ignored) == 0 &&
	       backup_manifest_check_home(read.manifest, shelf->backup, &ignored) == 0;
}

/* Why the policy is not asked about a folder with a manifest; NULL: it is. */
static const char *why_not_counted(struct effects *fx, const struct backup_shelf *shelf,
				   const json_t *folder)
{
	const char *id = json_get_string(folder, "id", "");
	const json_t *copy = copy_of(shelf, id);
	bool known = is_known_here(shelf, copy);
	if (!is_complete(folder, known ? copy : NULL))
		return "incomplete: not counted";
	if (known && backup_copy_bad(copy, shelf->store->name))
		return "found bad: not counted";
	if (known || (is_beyond_memory(shelf, id) && says_it_is_ours(fx, shelf, id)))
		return NULL;
	return "not on this journal; 'belay backup verify' records it";
}

static void add_candidate(json_t *candidates, const struct backup_shelf *shelf,
			  const char *id)
{
	int64_t at_ms = 0;
	bool verified =
		backup_copy_verified(copy_of(shelf, id), shelf->store->name) != NULL;
	backup_id_time(id, &at_ms);
	json_array_append_new(candidates,
			      json_pack("{s:s, s:I, s:b}", "id", id, "at_ms",
					(json_int_t)at_ms, "verified", verified));
}

static json_t *kept_row(const char *id, const char *reason)
{
	char at[TIME_TEXT_BYTES];
	int64_t at_ms = 0;
	backup_id_time(id, &at_ms);
	return json_pack("{s:s, s:s, s:b, s:[s]}", "id", id, "at", time_format(at_ms, at),
			 "keep", 1, "reasons", reason);
}

/* Candidates for the policy, and {id: row} of what stays without it. */
static void sort_out(struct effects *fx, const struct backup_shelf *shelf,
		     json_t *candidates, json_t *kept)
{
	size_t i;
	const json_t *folder;
	json_array_foreach(shelf->folders, i, folder) {
		const char *id = json_get_string(folder, "id", "");
		if (!has_manifest(folder))
			continue;
		const char *reason = why_not_counted(fx, shelf, folder);
		if (reason)
			json_object_set_new(kept, id, kept_row(id, reason));
		else
			add_candidate(candidates, shelf, id);
	}
}

/* --- decisions -------------------------------------------------------------------------------- */

static json_t *by_id(const json_t *rows)
{
	json_t *object = json_object();
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row)
		json_object_set(object, json_get_string(row, "id", ""), row);
	return object;
}

/* In the order of the folders. New. */
static json_t *in_order(const json_t *folders, const json_t *rows)
{
	json_t *list = json_array();
	size_t i;
	const json_t *folder;
	json_array_foreach(folders, i, folder) {
		json_t *row = json_object_get(rows, json_get_string(folder, "id", ""));
		if (row)
			json_array_append(list, row);
	}
	return list;
}

/* Copies that should be there and are not are left for a verification to find, as long as the policy would keep
 * them. `present`: {id: row} of everything with a manifest. *ret: new. */
static int find_missing(const struct backup_shelf *shelf, const json_t *candidates,
			const json_t *present, int64_t now_ms, json_t **ret,
			struct err *err)
{
	_cleanup_json_ json_t *all = json_copy((json_t *)candidates);
	_cleanup_json_ json_t *rows = NULL;
	size_t i;
	const json_t *copy, *row;
	json_array_foreach(copies_of(shelf), i, copy) {
		const char *id = json_get_string(copy, "id", "");
		if (is_known_here(shelf, copy) && !json_object_get(present, id))
			add_candidate(all, shelf, id);
	}
	if (retention_decide(&shelf->store->keep, all, now_ms, &rows, err) < 0)
		return -1;
	*ret = json_array();
	json_array_foreach(rows, i, row) {
		const char *id = json_get_string(row, "id", "");
		if (!json_get_bool(row, "keep", true) && !json_object_get(present, id))
			json_array_append_new(*ret,
					      json_pack("{s:s, s:O}", "id", id, "reason",
							json_at(row, "/reasons/0")));
	}
	return 0;
}

/* A copy of ours that is bad or incomplete takes nobody's place, and goes when the policy would not keep it if it were
 * good. `kept` has its row. */
static int judge_uncounted(const struct backup_shelf *shelf, const json_t *candidates,
			   json_t *kept, int64_t now_ms, struct err *err)
{
	_cleanup_json_ json_t *all = json_copy((json_t *)candidates);
	_cleanup_json_ json_t *rows = NULL;
	const char *id;
	json_t *row;
	size_t i;
	json_object_foreach(kept, id, row)
		if (is_known_here(shelf, copy_of(shelf, id)))
			add_candidate(all, shelf, id);
	if (retention_decide(&shelf->store->keep, all, now_ms, &rows, err) < 0)
		return -1;
	json_array_foreach(rows, i, row) {
		json_t *mine = json_object_get(kept, json_get_string(row, "id", ""));
		if (!mine || json_get_bool(row, "keep", true))
			continue;
		json_object_set_new(mine, "keep", json_false());
		json_array_extend(json_object_get(mine, "reasons"),
				  json_object_get(row, "reasons"));
	}
	return 0;
}

int backup_keep(struct effects *fx, const struct backup_shelf *shelf, json_t **ret_rows,
		json_t **ret_missing, struct err *err)
{
	int64_t now_ms = effects_now_ms(fx);
	_cleanup_json_ json_t *candidates = json_array();
	_cleanup_json_ json_t *kept = json_object();
	_cleanup_json_ json_t *rows = NULL;
	sort_out(fx, shelf, candidates, kept);
	if (retention_decide(&shelf->store->keep, candidates, now_ms, &rows, err) < 0 ||
	    judge_uncounted(shelf, candidates, kept, now_ms, err) < 0)
		return -1;
	_cleanup_json_ json_t *all = by_id(rows);
	json_object_update(all, kept);
	if (find_missing(shelf, candidates, all, now_ms, ret_missing, err) < 0)
		return -1;
	*ret_rows = in_order(shelf->folders, all);
	return 0;
}
