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

/* What decides in one store. */
struct keeping {
	const struct backup_shelf *shelf;
	struct effects *fx;
	int64_t now_ms;
	json_t *live;       /* {id: true}: made before what is live */
	json_t *candidates; /* for the policy */
	json_t *kept;       /* {id: row}: what stays without it */
	json_t *ours; /* {id: true}: of those, what the policy would judge if it were good */
};

static void keeping_release(struct keeping *keeping)
{
	json_decref(keeping->live);
	json_decref(keeping->candidates);
	json_decref(keeping->kept);
	json_decref(keeping->ours);
}

static const json_t *entry_of(const struct backup_shelf *shelf)
{
	return state_backup(backup_desk_state(shelf->desk), shelf->backup->name);
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
	const char *reach = backup_reaches_back_to(entry_of(shelf));
	return reach && strcmp(id, reach) < 0;
}

/* What the store itself says of a copy that nobody else knows any more. */
enum word { WORD_STRANGE, WORD_CUT, WORD_GOOD };

static enum word own_word(struct effects *fx, const struct backup_shelf *shelf,
			  const json_t *folder)
{
	__attribute__((
		cleanup(backup_manifest_release))) struct backup_manifest_read read = {0};
	_cleanup_free_ char *signer = NULL;
	const struct config_backup *backup = shelf->backup;
	const char *id = json_get_string(folder, "id", "");
	struct err ignored = {0};
	if (backup_manifest_fetch(fx, shelf->args, backup->name, id, NULL, &read,
				  &ignored) < 0 ||
	    backup_manifest_check_home(fx, read.manifest, backup, &ignored) < 0 ||
	    backup_manifest_check_signature(fx, shelf->args, backup->name, id, backup,
					    &read, &signer, &ignored) < 0)
		return WORD_STRANGE;
	const json_t *written = json_at(read.manifest, "/data/sealed_bytes");
	return json_get_int(folder, "data_bytes", 0) == json_integer_value(written)
		       ? WORD_GOOD
		       : WORD_CUT;
}

#define CUT "incomplete: not counted"

static char *of_nobody(const struct backup_shelf *shelf, const char *id)
{
	return str_format("not on this journal; 'belay backup verify %s/%s' records it, "
			  "when it is yours",
			  shelf->backup->name, id);
}

/* Why the policy is not asked about a folder with a manifest; NULL: it is. *ret_ours: it is one of ours for certain.
 * Fresh. */
static char *why_not_counted(const struct keeping *keeping, const json_t *folder,
			     bool *ret_ours)
{
	const struct backup_shelf *shelf = keeping->shelf;
	const char *id = json_get_string(folder, "id", "");
	const json_t *copy = copy_of(shelf, id);
	*ret_ours = is_known_here(shelf, copy);
	if (!is_complete(folder, *ret_ours ? copy : NULL))
		return mem_strdup(CUT);
	if (*ret_ours && backup_copy_bad(copy, shelf->store->name))
		return mem_strdup("found bad: not counted");
	if (*ret_ours)
		return NULL;
	enum word word = is_beyond_memory(shelf, id)
				 ? own_word(keeping->fx, shelf, folder)
				 : WORD_STRANGE;
	*ret_ours = word != WORD_STRANGE;
	if (word == WORD_STRANGE)
		return of_nobody(shelf, id);
	return word == WORD_CUT ? mem_strdup(CUT) : NULL;
}

static void add_candidate(const struct keeping *keeping, json_t *candidates,
			  const char *id)
{
	const struct backup_shelf *shelf = keeping->shelf;
	const json_t *copy = copy_of(shelf, id);
	bool verified = backup_copy_verified(copy, shelf->store->name) != NULL;
	bool last = copy && copy == backup_made_last(entry_of(shelf));
	bool before_live = json_object_get(keeping->live, id) != NULL;
	int64_t at_ms = 0;
	backup_id_time(id, &at_ms);
	json_array_append_new(candidates,
			      json_pack("{s:s, s:I, s:b, s:b, s:b}", "id", id, "at_ms",
					(json_int_t)at_ms, "verified", verified,
					"made_last", last, "before_live", before_live));
}

static json_t *kept_row(const char *id, const char *reason)
{
	char at[TIME_TEXT_BYTES];
	int64_t at_ms = 0;
	backup_id_time(id, &at_ms);
	return json_pack("{s:s, s:s, s:b, s:[s]}", "id", id, "at", time_format(at_ms, at),
			 "keep", 1, "reasons", reason);
}

/* Candidates for the policy, and what stays without it. */
static void sort_out(struct keeping *keeping)
{
	size_t i;
	const json_t *folder;
	json_array_foreach(keeping->shelf->folders, i, folder) {
		const char *id = json_get_string(folder, "id", "");
		bool ours;
		if (!has_manifest(folder))
			continue;
		_cleanup_free_ char *reason = why_not_counted(keeping, folder, &ours);
		if (!reason)
			add_candidate(keeping, keeping->candidates, id);
		else
			json_object_set_new(keeping->kept, id, kept_row(id, reason));
		if (reason && ours)
			json_object_set_new(keeping->ours, id, json_true());
	}
}

/* --- decisions -------------------------------------------------------------------------------- */

static int decide(const struct keeping *keeping, const json_t *candidates, json_t **ret,
		  struct err *err)
{
	return retention_decide(&keeping->shelf->store->keep, candidates, keeping->now_ms,
				ret, err);
}

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
static int find_missing(const struct keeping *keeping, const json_t *present,
			json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *all = json_copy(keeping->candidates);
	_cleanup_json_ json_t *rows = NULL;
	size_t i;
	const json_t *copy, *row;
	json_array_foreach(json_object_get(entry_of(keeping->shelf), "copies"), i, copy) {
		const char *id = json_get_string(copy, "id", "");
		if (is_known_here(keeping->shelf, copy) && !json_object_get(present, id))
			add_candidate(keeping, all, id);
	}
	if (decide(keeping, all, &rows, err) < 0)
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
 * good. */
static int judge_uncounted(const struct keeping *keeping, struct err *err)
{
	_cleanup_json_ json_t *all = json_copy(keeping->candidates);
	_cleanup_json_ json_t *rows = NULL;
	const char *id;
	json_t *row;
	size_t i;
	json_object_foreach(keeping->ours, id, row)
		add_candidate(keeping, all, id);
	if (decide(keeping, all, &rows, err) < 0)
		return -1;
	json_array_foreach(rows, i, row) {
		json_t *mine =
			json_object_get(keeping->kept, json_get_string(row, "id", ""));
		if (!mine || json_get_bool(row, "keep", true))
			continue;
		json_object_set_new(mine, "keep", json_false());
		json_array_extend(json_object_get(mine, "reasons"),
				  json_object_get(row, "reasons"));
	}
	return 0;
}

static json_t *made_before_live(const struct backup_shelf *shelf)
{
	const struct journal_documents *documents = store_documents(shelf->desk->store);
	return rollback_copies(documents->state, documents->recent, shelf->backup->name);
}

int backup_keep(struct effects *fx, const struct backup_shelf *shelf, json_t **ret_rows,
		json_t **ret_missing, struct err *err)
{
	__attribute__((cleanup(keeping_release))) struct keeping keeping = {
		.shelf = shelf,
		.fx = fx,
		.now_ms = effects_now_ms(fx),
		.live = made_before_live(shelf),
		.candidates = json_array(),
		.kept = json_object(),
		.ours = json_object(),
	};
	_cleanup_json_ json_t *rows = NULL;
	sort_out(&keeping);
	if (decide(&keeping, keeping.candidates, &rows, err) < 0 ||
	    judge_uncounted(&keeping, err) < 0)
		return -1;
	_cleanup_json_ json_t *all = by_id(rows);
	json_object_update(all, keeping.kept);
	if (find_missing(&keeping, all, ret_missing, err) < 0)
		return -1;
	*ret_rows = in_order(shelf->folders, all);
	return 0;
}
