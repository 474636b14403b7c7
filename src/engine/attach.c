/* Taking up a transaction that another process began: everything it needs is on the journal, and
 * from here on this run acts in its name, with its generation.
 */
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "transaction.h"

static int find_open(const struct transaction *t, const json_t **ret, struct err *err)
{
	const char *wanted = t->request->transaction;
	const json_t *open = state_transaction(store_documents(t->store)->state);
	const char *id = json_get_string(open, "id", NULL);
	if (id && (!wanted || str_equal(wanted, id))) {
		*ret = open;
		return 0;
	}
	if (id)
		err_set(err, ERR_NOT_FOUND, "transaction %s is not open; open is %s",
			wanted, id);
	else
		err_set(err, ERR_NOT_FOUND, "no transaction is open in '%s'",
			t->engine->environment->name);
	return err_hint(
		err,
		"'belay begin' opens one; 'belay history' tells what became of others");
}

static int attach_part(struct part *part, const json_t *open, struct err *err)
{
	const char *name = part->service->name;
	const json_t *row = json_object_get(json_object_get(open, "services"), name);
	const json_t *from = json_object_get(row, "from");
	if (!part->driver->can_be_wrapped) {
		err_set(err, ERR_FAIL,
			"the open transaction was not opened by 'belay begin'");
		return err_hint(err, "its run may still be working: see 'belay status'");
	}
	str_assign(&part->version, json_get_string(row, "version", ""));
	str_assign(&part->release, json_get_string(row, "release", ""));
	str_assign(&part->previous, json_get_string(from, "version", NULL));
	str_assign(&part->previous_release, json_get_string(from, "release", NULL));
	part->captured =
		json_incref(json_object_get(json_object_get(open, "captured"), name));
	const json_t *notes = json_object_get(json_object_get(open, "notes"), name);
	json_object_update(part->notes, (json_t *)notes);
	part->touched = true;
	return 0;
}

/* Only the services that were begun take part. */
static int attach_parts(struct transaction *t, const json_t *open, struct err *err)
{
	size_t kept = 0;
	if (parts_choose(t, err) < 0)
		return -1;
	for (size_t i = 0; i < t->part_count; i++) {
		struct part *part = &t->parts[i];
		if (!json_object_get(json_object_get(open, "services"),
				     part->service->name))
			continue;
		if (attach_part(part, open, err) < 0)
			return -1;
		const struct part taken = *part;
		*part = t->parts[kept];
		t->parts[kept++] = taken;
	}
	while (t->part_count > kept)
		part_release(&t->parts[--t->part_count]);
	if (kept > 0)
		return 0;
	return err_set(err, ERR_CONFIG,
		       "no service of the open transaction is in %s any more",
		       t->engine->config->file);
}

int transaction_attach(struct transaction *t, struct err *err)
{
	const json_t *open = NULL;
	if (find_open(t, &open, err) < 0 || attach_parts(t, open, err) < 0)
		return -1;
	str_assign(&t->id, json_get_string(open, "id", ""));
	str_assign(&t->version, json_get_string(open, "version", ""));
	str_assign(&t->previous, json_get_string(open, "previous", NULL));
	json_decref(t->run);
	t->run = json_incref(json_object_get(open, "run"));
	t->generation = state_generation(store_documents(t->store)->state);
	time_parse(json_get_string(open, "started_at", ""), &t->begun_ms);
	t->lease_ms = json_get_int(
		json_object_get(store_documents(t->store)->state, "lock"), "lease_ms", 0);
	t->pushed_mono_ms = effects_mono_ms(t->engine->fx);
	t->switch_ms = effects_now_ms(t->engine->fx) - t->begun_ms;
	return 0;
}
