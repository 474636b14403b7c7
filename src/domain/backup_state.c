/* What the journal knows of backups, read: who is at one, and how healthy it is. */
#include <string.h>

#include "belay/backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define HOUR_MS ((int64_t)3600 * 1000)

const json_t *state_backup(const json_t *state, const char *name)
{
	const json_t *backup =
		json_object_get(json_object_get(state, "backups"), name ? name : "");
	return json_is_object(backup) ? backup : NULL;
}

static const json_t *find_copy(const json_t *copies, const char *id)
{
	size_t i;
	const json_t *copy;
	json_array_foreach(copies, i, copy) {
		if (id && str_equal(json_get_string(copy, "id", NULL), id))
			return copy;
	}
	return NULL;
}

const json_t *state_backup_copy(const json_t *state, const char *name, const char *id)
{
	return find_copy(json_object_get(state_backup(state, name), "copies"), id);
}

const json_t *backup_copy_verified(const json_t *copy, const char *store)
{
	return json_object_get(json_object_get(copy, "verified"), store);
}

const json_t *backup_copy_bad(const json_t *copy, const char *store)
{
	return json_object_get(json_object_get(copy, "bad"), store);
}

bool backup_copy_is_sound(const json_t *copy)
{
	size_t i;
	const json_t *store;
	json_array_foreach(json_object_get(copy, "stores"), i, store) {
		if (!backup_copy_bad(copy, json_string_value(store)))
			return true;
	}
	return false;
}

static int64_t time_of(const json_t *row)
{
	int64_t at_ms;
	return time_parse(json_get_string(row, "at", ""), &at_ms) ? 0 : at_ms;
}

bool backup_copy_is_flawed(const json_t *copy)
{
	return json_object_size(json_object_get(copy, "bad")) > 0;
}

const char *backup_reaches_back_to(const json_t *entry)
{
	const json_t *copies = json_object_get(entry, "copies");
	const char *last = json_get_string(entry, "last", NULL);
	size_t count = json_array_size(copies);
	if (count < BACKUP_COPIES_MAX)
		return NULL;
	for (size_t i = count; i-- > 0;) {
		const json_t *copy = json_array_get(copies, i);
		const char *id = json_get_string(copy, "id", "");
		if (!backup_copy_is_flawed(copy) && !str_equal(id, last))
			return id;
	}
	return json_get_string(json_array_get(copies, count - 1), "id", "");
}

const json_t *backup_made_last(const json_t *entry)
{
	return find_copy(json_object_get(entry, "copies"),
			 json_get_string(entry, "last", NULL));
}

/* Of those that are sound; one that is ahead only when there is no other. */
static const json_t *newest_by_time(const json_t *copies, int64_t now_ms)
{
	const json_t *ahead = NULL;
	size_t i;
	const json_t *copy;
	json_array_foreach(copies, i, copy) {
		if (!backup_copy_is_sound(copy))
			continue;
		if (!backup_is_ahead(time_of(copy), now_ms))
			return copy;
		ahead = ahead ? ahead : copy;
	}
	return ahead;
}

const json_t *backup_newest(const json_t *entry, int64_t now_ms)
{
	const json_t *last = backup_made_last(entry);
	if (last && backup_copy_is_sound(last))
		return last;
	return newest_by_time(json_object_get(entry, "copies"), now_ms);
}

const json_t *backup_claims_newer(const json_t *entry)
{
	const json_t *last = backup_made_last(entry);
	const json_t *first = json_array_get(json_object_get(entry, "copies"), 0);
	return last && first != last ? first : NULL;
}

enum backup_claim backup_ask(const json_t *state, const char *name, int64_t now_ms)
{
	const json_t *running = json_object_get(state_backup(state, name), "running");
	int64_t until_ms;
	if (!json_is_object(running))
		return BACKUP_FREE;
	if (time_parse(json_get_string(running, "until", ""), &until_ms))
		return BACKUP_BUSY;
	return now_ms >= until_ms ? BACKUP_EXPIRED : BACKUP_BUSY;
}

/* --- health ---------------------------------------------------------------------------------- */

struct health {
	const struct config_backup *backup;
	const json_t *copies, *failed, *drilled;
	const json_t *newest;              /* that is sound, or NULL */
	const json_t *bad, *ahead, *early; /* copies, or NULL */
	int64_t age_ms;                    /* of the newest; -1 without one */
	const char *verified_at;
	bool died; /* the attempt on the journal: its time is over, and nobody said how it ended */
	bool late, drill_due;
};

static bool is_configured(const struct config_backup *backup, const char *store)
{
	for (size_t i = 0; i < backup->store_count; i++)
		if (str_equal(backup->stores[i].name, store))
			return true;
	return false;
}

/* In a store that is still one: what became of copies in others concerns nobody any more. */
static bool is_flawed_here(const struct config_backup *backup, const json_t *copy)
{
	const char *store;
	json_t *bad;
	json_object_foreach(json_object_get(copy, "bad"), store, bad) {
		if (is_configured(backup, store))
			return true;
	}
	return false;
}

/* Backups take a while, and cron jobs of GitHub come late. */
static int64_t grace_ms(int64_t every_ms)
{
	return every_ms / 10 > HOUR_MS ? every_ms / 10 : HOUR_MS;
}

static void look_at_copies(struct health *health, int64_t now_ms)
{
	size_t i;
	const json_t *copy;
	json_array_foreach(health->copies, i, copy) {
		const char *store;
		json_t *verified;
		if (!health->bad && is_flawed_here(health->backup, copy))
			health->bad = copy;
		if (!health->ahead && backup_is_ahead(time_of(copy), now_ms))
			health->ahead = copy;
		/* Newest copy first, which may not be the one that was looked at last. */
		json_object_foreach(json_object_get(copy, "verified"), store, verified) {
			const char *at = json_get_string(verified, "at", "");
			if (!health->verified_at || strcmp(at, health->verified_at) > 0)
				health->verified_at = at;
		}
	}
}

/* A copy that is ahead has no age: by that nothing would be late until its date. */
static const json_t *newest_with_age(const json_t *entry, int64_t now_ms)
{
	const json_t *newest = backup_newest(entry, now_ms);
	if (newest && backup_is_ahead(time_of(newest), now_ms))
		return newest_by_time(json_object_get(entry, "copies"), now_ms);
	return newest;
}

static struct health look(const struct config_backup *backup, const json_t *state,
			  int64_t now_ms)
{
	const json_t *entry = state_backup(state, backup->name);
	struct health health = {
		.backup = backup,
		.copies = json_object_get(entry, "copies"),
		.failed = json_object_get(entry, "failed"),
		.drilled = json_object_get(entry, "drilled"),
		.age_ms = -1,
	};
	health.newest = newest_with_age(entry, now_ms);
	health.early = backup_claims_newer(entry);
	if (health.newest) {
		int64_t age_ms = now_ms - time_of(health.newest);
		health.age_ms = age_ms > 0 ? age_ms : 0;
	}
	health.late = backup->every_ms > 0 && health.newest &&
		      health.age_ms > backup->every_ms + grace_ms(backup->every_ms);
	health.drill_due = backup->drill.every_ms > 0 && health.newest &&
			   (!json_is_object(health.drilled) ||
			    now_ms - time_of(health.drilled) > backup->drill.every_ms);
	health.died = backup_ask(state, backup->name, now_ms) == BACKUP_EXPIRED;
	look_at_copies(&health, now_ms);
	return health;
}

/* --- in words -------------------------------------------------------------------------------- */

/* Did the newest attempt make nothing at all? */
static bool failed_wholly(const struct health *health)
{
	const char *id = json_get_string(health->failed, "id", NULL);
	return id && !find_copy(health->copies, id);
}

static void say_failed(struct str *out, const struct health *health)
{
	int64_t count = json_get_int(health->failed, "count", 1);
	if (count > 1)
		str_addf(out, "the last %lld attempts failed: ", (long long)count);
	else
		str_add(out, "the last attempt failed: ");
	str_add(out, json_get_string(health->failed, "reason", "?"));
}

static void say_bad(struct str *out, const struct health *health)
{
	const char *store;
	json_t *bad;
	const char *before = " is bad in ";
	str_addf(out, "copy %s", json_get_string(health->bad, "id", "?"));
	json_object_foreach(json_object_get(health->bad, "bad"), store, bad) {
		const char *reason = json_get_string(bad, "reason", NULL);
		if (!is_configured(health->backup, store))
			continue;
		str_addf(out, "%s%s", before, store);
		if (reason)
			str_addf(out, ": %s", reason);
		before = "; in ";
	}
}

static void say_late(struct str *out, const struct health *health)
{
	str_addf(out, "the newest %scopy is ", health->bad ? "good " : "");
	duration_add(out, health->age_ms);
	str_add(out, " old, promised is one every ");
	duration_add(out, health->backup->every_ms);
}

static bool missing_in_a_store(const struct health *health)
{
	return json_array_size(json_object_get(health->newest, "stores")) <
	       health->backup->store_count;
}

/* The outcome; its reason is added to `out`. */
static const char *judge(const struct health *health, struct str *out)
{
	if (failed_wholly(health)) {
		say_failed(out, health);
		return "fail";
	}
	if (health->died) {
		str_add(out, "the run that was making it ended without a word");
		return "fail";
	}
	if (health->bad) {
		say_bad(out, health);
		str_add(out, health->late ? "; " : "");
		if (health->late)
			say_late(out, health);
		return "fail";
	}
	if (health->late) {
		say_late(out, health);
		return "fail";
	}
	if (!health->newest) {
		str_add(out, "there is none yet");
		return "inconclusive";
	}
	if (json_is_object(health->failed)) {
		str_addf(out, "the last attempt did not reach every store: %s",
			 json_get_string(health->failed, "reason", "?"));
		return "warn";
	}
	if (missing_in_a_store(health))
		str_add(out, "the newest copy is not in every store");
	else if (!health->verified_at)
		str_add(out, "no copy was ever verified");
	else if (str_equal(json_get_string(health->drilled, "outcome", NULL), "fail"))
		str_addf(out, "the last drill failed: %s",
			 json_get_string(health->drilled, "reason", "?"));
	else if (health->drill_due)
		str_add(out, "a drill is due");
	else if (health->ahead)
		str_addf(out, "copy %s is from the future: a clock was wrong",
			 json_get_string(health->ahead, "id", "?"));
	else if (health->early)
		str_addf(out,
			 "copy %s claims to be newer than the one that was made last: a "
			 "clock was wrong",
			 json_get_string(health->early, "id", "?"));
	return out->len ? "warn" : "pass";
}

/* --- as a value ------------------------------------------------------------------------------ */

static json_t *newest_brief(const json_t *newest)
{
	static const char *const members[] = {"id", "at", "stored_bytes", "stores"};
	json_t *brief = newest ? json_object() : json_null();
	for (size_t i = 0; newest && i < ARRAY_SIZE(members); i++)
		json_object_set(brief, members[i], json_object_get(newest, members[i]));
	return brief;
}

static void set_or_null(json_t *to, const char *key, const json_t *value)
{
	json_object_set_new(to, key, value ? json_incref((json_t *)value) : json_null());
}

json_t *backup_health(const struct config_backup *backup, const json_t *state,
		      int64_t now_ms)
{
	_cleanup_str_ struct str reason = STR_INIT;
	const struct health health = look(backup, state, now_ms);
	const json_t *entry = state_backup(state, backup->name);
	json_t *value = json_object();
	json_object_set_new(value, "name", json_string(backup->name));
	json_object_set_new(value, "outcome", json_string(judge(&health, &reason)));
	json_object_set_new(value, "reason",
			    reason.len ? json_string(str_text(&reason)) : json_null());
	json_object_set_new(value, "newest", newest_brief(health.newest));
	json_object_set_new(value, "age_ms",
			    health.newest ? json_integer(health.age_ms) : json_null());
	json_object_set_new(value, "every_ms",
			    backup->every_ms > 0 ? json_integer(backup->every_ms)
						 : json_null());
	json_object_set_new(value, "late", json_boolean(health.late));
	json_object_set_new(value, "verified_at",
			    health.verified_at ? json_string(health.verified_at)
					       : json_null());
	json_object_set_new(value, "drill_due", json_boolean(health.drill_due));
	set_or_null(value, "drilled", health.drilled);
	set_or_null(value, "running", json_object_get(entry, "running"));
	set_or_null(value, "failed", health.failed);
	json_object_set_new(value, "copies",
			    json_integer((json_int_t)json_array_size(health.copies)));
	return value;
}

json_t *backups_health(const struct config *config, const char *environment,
		       const json_t *state, int64_t now_ms)
{
	json_t *list = json_array();
	for (size_t i = 0; i < config->backup_count; i++) {
		const struct config_backup *backup = &config->backups[i];
		if (str_equal(backup->environment, environment))
			json_array_append_new(list, backup_health(backup, state, now_ms));
	}
	return list;
}
