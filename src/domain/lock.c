/* Lock rules: who may take the lock, and how to tell a person about it. The lease is judged by the
 * wall clock that the caller read; a clock that is wrong cannot break the fence, because a run whose
 * lock was taken over is refused by its generation, not by its time.
 */
#include <string.h>

#include "belay/journal.h"
#include "belay/json.h"
#include "belay/str.h"
#include "belay/timefmt.h"

enum lock_answer lock_ask(const json_t *state, const char *run_id, int64_t now_ms)
{
	const json_t *lock = json_object_get(state, "lock");
	int64_t expires_ms;
	if (!json_get_bool(lock, "held", false))
		return LOCK_FREE;
	if (json_is_object(json_object_get(lock, "kept")))
		return LOCK_KEPT;
	if (run_id &&
	    str_equal(json_get_string(json_object_get(lock, "holder"), "id", ""), run_id))
		return LOCK_OURS;
	if (time_parse(json_get_string(lock, "expires_at", ""), &expires_ms))
		return LOCK_BUSY;
	return now_ms >= expires_ms ? LOCK_EXPIRED : LOCK_BUSY;
}

static void add_time(struct str *out, const json_t *object, const char *key,
		     int64_t now_ms)
{
	int64_t at_ms;
	if (time_parse(json_get_string(object, key, ""), &at_ms))
		str_add(out, "at an unknown time");
	else
		time_add_relative(out, at_ms, now_ms);
}

char *lock_describe(const json_t *state, int64_t now_ms)
{
	const json_t *lock = json_object_get(state, "lock");
	const json_t *holder = json_object_get(lock, "holder");
	const json_t *kept = json_object_get(lock, "kept");
	struct str out = STR_INIT;
	if (!json_get_bool(lock, "held", false)) {
		str_add(&out, "free");
		return str_take(&out);
	}
	str_addf(&out, "%s by %s", json_is_object(kept) ? "kept" : "held",
		 json_get_string(holder, "actor", "someone"));
	const char *host = json_get_string(holder, "host", NULL);
	if (host)
		str_addf(&out, "@%s", host);
	str_addf(&out, " (run %s), taken ", json_get_string(holder, "id", "?"));
	add_time(&out, lock, "acquired_at", now_ms);
	if (json_is_object(kept)) {
		str_addf(&out, ", undo failed ");
		add_time(&out, kept, "at", now_ms);
		str_addf(&out, ": %s", json_get_string(kept, "reason", ""));
		return str_take(&out);
	}
	bool over = lock_ask(state, NULL, now_ms) == LOCK_EXPIRED;
	str_add(&out, over ? ", lease ended " : ", lease ends ");
	add_time(&out, lock, "expires_at", now_ms);
	return str_take(&out);
}
