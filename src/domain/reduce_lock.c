/* Folding the lock's events. The lock is a lease with a generation that only grows: whoever takes
 * it gets the next number, and everything that is done under an older number is refused, here and
 * on the hosts.
 */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "documents.h"
#include "reduce.h"

static const json_t *lock_now(const struct fold *fold)
{
	return json_object_get(fold->documents->state, "lock");
}

int fold_holds_lock(struct fold *fold)
{
	const json_t *lock = lock_now(fold);
	const char *holder = json_get_string(json_object_get(lock, "holder"), "id", NULL);
	const char *run = json_get_string(json_object_get(fold->event, "run"), "id", "");
	if (!json_get_bool(lock, "held", false))
		return fold_refuse(fold, "run '%s' does not hold the lock, nobody does",
				   run);
	if (!str_equal(holder, run))
		return fold_refuse(fold, "run '%s' does not hold the lock, run '%s' does",
				   run, holder ? holder : "?");
	if (json_is_object(json_object_get(lock, "kept")))
		return fold_refuse(fold, "the lock is kept until a person has looked");
	return 0;
}

/* The event speaks about the lock as it is: held, and of this generation. */
static int check_generation(struct fold *fold)
{
	int64_t generation;
	int64_t current = state_generation(fold->documents->state);
	if (fold_integer(fold, "generation", &generation))
		return -1;
	if (!json_get_bool(lock_now(fold), "held", false))
		return fold_refuse(fold, "the lock is not held");
	if (generation != current)
		return fold_refuse(fold, "generation %lld is stale, the lock is at %lld",
				   (long long)generation, (long long)current);
	return 0;
}

int fold_lock_acquired(struct fold *fold)
{
	const json_t *holder;
	const char *expires_at, *reason;
	int64_t generation, lease_ms;
	int64_t next = state_generation(fold->documents->state) + 1;
	if (fold_object(fold, "holder", &holder) ||
	    fold_time(fold, "expires_at", &expires_at) ||
	    fold_integer(fold, "generation", &generation) ||
	    fold_integer(fold, "lease_ms", &lease_ms))
		return -1;
	reason = json_get_string(fold->data, "reason", NULL);
	if (!json_get_string(holder, "id", NULL))
		return fold_refuse(fold, "the holder has no id");
	if (generation != next)
		return fold_refuse(fold, "generation %lld, the next one is %lld",
				   (long long)generation, (long long)next);
	if (lease_ms < 0)
		return fold_refuse(fold, "the lease is negative");
	if (json_get_bool(lock_now(fold), "held", false) &&
	    !json_is_object(json_object_get(fold->data, "taken_over")))
		return fold_refuse(fold,
				   "the lock is held and the event takes nothing over");
	json_t *lock = document_own(fold->documents->state, "lock");
	json_object_set_new(lock, "generation", json_integer(generation));
	json_object_set_new(lock, "held", json_true());
	json_object_set_new(lock, "kept", json_null());
	json_object_set(lock, "holder", (json_t *)holder);
	json_object_set_new(lock, "acquired_at", json_string(fold->at));
	json_object_set_new(lock, "expires_at", json_string(expires_at));
	json_object_set_new(lock, "lease_ms", json_integer(lease_ms));
	json_object_set_new(lock, "reason", reason ? json_string(reason) : json_null());
	return 0;
}

int fold_lock_renewed(struct fold *fold)
{
	const char *expires_at;
	if (check_generation(fold) || fold_holds_lock(fold) ||
	    fold_time(fold, "expires_at", &expires_at))
		return -1;
	json_t *lock = document_own(fold->documents->state, "lock");
	json_object_set_new(lock, "expires_at", json_string(expires_at));
	if (json_is_integer(json_object_get(fold->data, "lease_ms")))
		json_object_set(lock, "lease_ms",
				json_object_get(fold->data, "lease_ms"));
	return 0;
}

/* Also by a run that is not the holder: that is how a person gives back a lock that was kept. */
int fold_lock_released(struct fold *fold)
{
	static const char *const cleared[] = {"kept",       "holder",   "acquired_at",
					      "expires_at", "lease_ms", "reason"};
	if (check_generation(fold))
		return -1;
	json_t *lock = document_own(fold->documents->state, "lock");
	json_object_set_new(lock, "held", json_false());
	for (size_t i = 0; i < ARRAY_SIZE(cleared); i++)
		json_object_set_new(lock, cleared[i], json_null());
	return 0;
}

int fold_lock_kept(struct fold *fold)
{
	const char *reason;
	if (check_generation(fold) || fold_holds_lock(fold) ||
	    fold_text(fold, "reason", &reason))
		return -1;
	json_t *lock = document_own(fold->documents->state, "lock");
	json_object_set_new(lock, "kept",
			    json_pack("{s:s, s:s}", "reason", reason, "at", fold->at));
	return 0;
}
