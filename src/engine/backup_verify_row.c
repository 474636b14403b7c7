/* What a verification found, as its result has it. */
#include <string.h>

#include "backup_verify.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

/* --- a store ---------------------------------------------------------------------------------- */

static const char *outcome_of(const struct find *find)
{
	if (!find->err.code)
		return "good";
	if (find->none)
		return "none";
	return backup_is_bad(&find->err) ? "bad" : "unknown";
}

bool find_is_finding(const struct find *find)
{
	return !find->none && (!find->err.code || backup_is_bad(&find->err));
}

static const char *reason_of(const struct find *find)
{
	return find->err.code ? find->err.message : NULL;
}

/* What vouches for the manifest; NULL when there is none that could be read. */
static const char *trust_of(const struct find *find)
{
	if (!find->seen.manifest.manifest)
		return NULL;
	if (find->digest)
		return "journal";
	return find->seen.signer && !find->err.code ? "signature" : "none";
}

static const char *id_of(const struct find *find)
{
	return find->id ? find->id
			: json_get_string(find->seen.manifest.manifest, "id", NULL);
}

/* When the copy was begun. NULL when there is no copy. */
static const char *time_of(const char *id, char buffer[static TIME_TEXT_BYTES])
{
	int64_t at_ms;
	return id && backup_id_time(id, &at_ms) ? time_format(at_ms, buffer) : NULL;
}

static json_t *copy_row(const struct find *find)
{
	char at[TIME_TEXT_BYTES];
	const char *id = id_of(find);
	json_t *row = json_pack(
		"{s:s?, s:s?, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:I, s:I}", "id", id,
		"at", time_of(id, at), "store", json_get_string(find->args, "name", ""),
		"outcome", outcome_of(find), "how",
		find_is_finding(find) ? backup_depth_name(find->seen.depth) : NULL,
		"trust", trust_of(find), "signer", find->seen.signer, "reason",
		reason_of(find), "bytes", (json_int_t)find->seen.bytes, "duration_ms",
		(json_int_t)find->duration_ms);
	if (find->err.code && find->err.hint[0])
		json_object_set_new(row, "hint", json_string(find->err.hint));
	else if (!find->err.code && find->seen.other_key)
		json_object_set_new(row, "hint",
				    json_string("not opened, only its digests were "
						"compared: its seal wants a key of "
						"another kind"));
	return row;
}

/* The newest of those in the store that are not on the journal, and how it would get there. New. */
static json_t *strangers_row(const struct verification *verification,
			     const struct find *find)
{
	char at[TIME_TEXT_BYTES];
	const char *id = json_string_value(json_array_get(find->strangers, 0));
	_cleanup_free_ char *hint = str_format(
		"'belay backup verify -e %s %s/%s' looks at it and records it, when it "
		"is yours",
		verification->backup->environment, verification->backup->name, id);
	return json_pack("{s:s, s:s, s:s?, s:I, s:s}", "store", find->store->name, "id",
			 id, "at", time_of(id, at), "count",
			 (json_int_t)json_array_size(find->strangers), "hint", hint);
}

/* --- all stores ------------------------------------------------------------------------------- */

/* A store has copies, and the journal knows of none anywhere. */
static bool are_only_strangers(const struct verification *verification)
{
	bool any = false;
	for (size_t i = 0; i < verification->count; i++) {
		const struct find *find = &verification->finds[i];
		if (!find->none)
			return false;
		any = any || json_array_size(find->strangers) > 0;
	}
	return any;
}

const char *verification_outcome(const struct verification *verification)
{
	const char *worst = are_only_strangers(verification) ? "unknown" : "none";
	for (size_t i = 0; i < verification->count; i++) {
		const char *outcome = outcome_of(&verification->finds[i]);
		if (strcmp(outcome, "bad") == 0)
			return outcome;
		if (strcmp(outcome, "unknown") == 0 || strcmp(worst, "none") == 0)
			worst = outcome;
	}
	return worst;
}

/* Why nothing could be looked at: the first reason, but that a store has copies says more than that another has none. */
static const char *first_reason(const struct verification *verification)
{
	const char *reason = NULL;
	for (size_t i = 0; i < verification->count; i++) {
		const struct find *find = &verification->finds[i];
		if (find->err.code && (!reason || json_array_size(find->strangers)))
			reason = find->err.message;
	}
	return reason;
}

json_t *verification_row(const struct verification *verification, const char *name,
			 const char *environment)
{
	json_t *copies = json_array();
	json_t *strangers = json_array();
	bool any = false;
	for (size_t i = 0; i < verification->count; i++) {
		const struct find *find = &verification->finds[i];
		json_array_append_new(copies, copy_row(find));
		if (json_array_size(find->strangers) > 0)
			json_array_append_new(strangers,
					      strangers_row(verification, find));
		any = any || find->id || !verification->backup;
	}
	return json_pack("{s:s, s:s?, s:s, s:s?, s:o, s:o}", "name", name, "environment",
			 environment, "outcome", verification_outcome(verification),
			 "reason", any ? NULL : first_reason(verification), "copies",
			 copies, "not_on_journal", strangers);
}
