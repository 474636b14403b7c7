/* The backups of a deployment: made while the lock is held and before anything is touched, so that there is always a way
 * back for the data, too. One that several services name is made once. Without it nothing is deployed.
 */
#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

#define LAST_TIMES_OVER 4

/* How long it may take, by how long the last one took. Whoever takes the lock over after that takes it from a run that
 * has touched nothing, and that finds out before it does. */
static int64_t work_ms(const struct transaction *t, const struct config_backup *backup)
{
	const json_t *known =
		state_backup(store_documents(t->store)->state, backup->name);
	const json_t *last = json_array_get(json_object_get(known, "copies"), 0);
	int64_t most_ms = backup_attempt_ms(backup);
	int64_t last_ms = json_get_int(last, "duration_ms", 0);
	return last_ms > 0 && last_ms < most_ms / LAST_TIMES_OVER
		       ? last_ms * LAST_TIMES_OVER
		       : most_ms;
}

/* Was the run that holds the backup the one whose lock we took? Then it is gone, or has been told so: whoever took the
 * lock of the environment from it takes this as well. */
static bool is_of_the_dead(const struct transaction *t, const struct store *store,
			   const char *name)
{
	const json_t *known = state_backup(store_documents(store)->state, name);
	const json_t *holder = json_object_get(json_object_get(known, "running"), "run");
	const json_t *dead = json_object_get(t->inherited, "run");
	return holder && str_equal(json_get_string(holder, "id", NULL),
				   json_get_string(dead, "id", NULL));
}

/* Who makes it now has nothing to do with our lock, and --take-lock was not said of them. */
static int fail_busy(const struct config_backup *backup, struct err *err)
{
	err->code = ERR_FAIL;
	*err->hint = '\0';
	return err_hint(err,
			"wait for it; when its run is gone for certain, say so with "
			"'belay backup run -e %s %s --take-lock'",
			backup->environment, backup->name);
}

static int make(struct transaction *t, const struct config_backup *backup,
		json_t **ret_row, struct err *err)
{
	struct engine_backup asked = {.deployment = t->id};
	struct backup_desk desk = {.asked = &asked, .engine = *t->engine, .run = t->run};
	bool ours = str_equal(backup->environment, t->engine->environment->name);
	desk.store = ours ? t->store : NULL;
	int result = backup_desk_turn(&desk, backup, err);
	if (result == 0) {
		asked.take_lock = is_of_the_dead(t, desk.store, backup->name);
		result = backup_make(&desk, backup, ret_row, err);
	}
	if (!ours)
		store_freep(&desk.store);
	return result < 0 && err->code == ERR_LOCKED ? fail_busy(backup, err) : result;
}

static bool is_in_a_store(const json_t *row)
{
	size_t i;
	const json_t *store;
	json_array_foreach(json_object_get(row, "stores"), i, store) {
		if (str_equal(json_get_string(store, "state", ""), "good"))
			return true;
	}
	return false;
}

/* One store that has it is enough to go on; the others are worth a word. */
static int judge(struct transaction *t, const json_t *row, struct err *err)
{
	const char *name = json_get_string(row, "name", "");
	const char *outcome = json_get_string(row, "outcome", "");
	const char *reason = json_get_string(row, "reason", "no reason given");
	if (str_equal(outcome, "made"))
		return 0;
	if (is_in_a_store(row)) {
		record_line(t, "backup", NULL, "warning", 0,
			    "the backup %s is not in all of its stores: %s", name,
			    reason);
		return 0;
	}
	err_set(err, ERR_FAIL, "the backup '%s' failed: %s", name, reason);
	const char *hint = json_get_string(row, "hint", NULL);
	return hint ? err_hint(err, "%s", hint) : -1;
}

/* *ret_id: fresh. */
static int back_up(struct transaction *t, const struct config_backup *backup,
		   char **ret_id, struct err *err)
{
	_cleanup_json_ json_t *row = NULL;
	if (lock_renew_for(t, work_ms(t, backup), err) < 0 ||
	    make(t, backup, &row, err) < 0 || judge(t, row, err) < 0)
		return -1;
	str_assign(ret_id, json_get_string(row, "id", ""));
	return lock_renew(t, err);
}

static void record_backed_up(struct transaction *t, const struct part *part,
			     const char *id, int64_t duration_ms)
{
	const char *service = part->service->name;
	const char *backup = part->service->backup->name;
	record_event(t, "deployment.backed-up",
		     json_pack("{s:s, s:s, s:s}", "service", service, "backup", backup,
			       "id", id));
	record_line(t, "backup", service, "ok", duration_ms, "backed up as %s/%s", backup,
		    id);
}

int backup_phase(struct transaction *t, struct err *err)
{
	_cleanup_json_ json_t *made = json_object(); /* {backup: id} */
	for (size_t i = 0; i < t->part_count && !t->going_back; i++) {
		const struct config_backup *backup = t->parts[i].service->backup;
		if (!backup)
			continue;
		_cleanup_free_ char *id =
			mem_strdup(json_get_string(made, backup->name, ""));
		int64_t begin_ms = effects_mono_ms(t->engine->fx);
		if (!*id && back_up(t, backup, &id, err) < 0)
			return -1;
		json_object_set_new(made, backup->name, json_string(id));
		record_backed_up(t, &t->parts[i], id,
				 effects_mono_ms(t->engine->fx) - begin_ms);
	}
	return 0;
}
