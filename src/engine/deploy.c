/* engine_deploy and engine_rollback: what differs between them is settled here, before the transaction
 * that both share. Nothing has been touched when one of these steps refuses.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "transaction.h"

#define VERSION_MAX_LEN 128

int version_check(const char *version, struct err *err)
{
	size_t len = version ? strlen(version) : 0;
	bool good =
		len > 0 && len <= VERSION_MAX_LEN && isalnum((unsigned char)version[0]);
	for (size_t i = 0; good && i < len; i++)
		good = isalnum((unsigned char)version[i]) ||
		       strchr("._+:/@-", version[i]);
	if (good)
		return 0;
	err_set(err, ERR_USAGE, "'%.*s' cannot be a version", VERSION_MAX_LEN,
		version ? version : "");
	return err_hint(
		err,
		"a version is 1 to %d letters, digits and . _ + : / @ -, and starts with "
		"a letter or digit",
		VERSION_MAX_LEN);
}

static void transaction_init(struct transaction *t, const struct engine *engine,
			     const struct engine_request *request, bool going_back)
{
	*t = (struct transaction){
		.engine = engine,
		.request = request,
		.going_back = going_back,
		.switch_ms = -1,
		.undo_ms = -1,
		.pending = json_array(),
		.gates = json_array(),
		.timeline = json_array(),
		.step = "begin",
	};
	t->begun_ms = effects_now_ms(engine->fx);
	t->id = identity_new_id(engine->fx, t->begun_ms);
	t->run = identity_of_run(engine->fx);
	t->commit = identity_commit(engine->fx);
	if (request->version && !going_back)
		t->version = mem_strdup(request->version);
}

/* `requires`: the same version must have passed in those environments first. */
static int check_requires(const struct transaction *t, struct err *err)
{
	const struct config_names *requires = &t->engine->environment->requires;
	for (size_t i = 0; i < requires->count; i++) {
		struct journal_documents other = {0};
		if (store_other(t->store, requires->items[i], &other, err) < 0)
			return -1;
		bool passed = state_has_passed(other.state, other.recent, t->version);
		journal_documents_release(&other);
		if (passed)
			continue;
		err_set(err, ERR_FAIL,
			"version %s has not passed in '%s', which '%s' requires",
			t->version, requires->items[i], t->engine->environment->name);
		return err_hint(err, "run 'belay deploy -e %s --version %s' first",
				requires->items[i], t->version);
	}
	return 0;
}

static int open_store(struct transaction *t, struct err *err)
{
	const struct engine *engine = t->engine;
	return store_open(engine->fx, engine->config, engine->environment->name,
			  &t->store, err);
}

int engine_deploy(const struct engine *engine, const struct engine_request *request,
		  enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	_cleanup_(transaction_release) struct transaction t;
	transaction_init(&t, engine, request, false);
	if (version_check(request->version, err) < 0 || parts_choose(&t, err) < 0 ||
	    secrets_present(engine, err) < 0 || parts_inspect_artifacts(&t, err) < 0 ||
	    open_store(&t, err) < 0 || check_requires(&t, err) < 0 ||
	    parts_look(&t, err) < 0)
		return -1;
	return transaction_run(&t, STAGE_OPEN | STAGE_MOVE | STAGE_PROVE, ret_end,
			       ret_result, err);
}

int engine_rollback(const struct engine *engine, const struct engine_request *request,
		    enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	_cleanup_(transaction_release) struct transaction t;
	transaction_init(&t, engine, request, true);
	if (parts_choose(&t, err) < 0 || secrets_present(engine, err) < 0 ||
	    open_store(&t, err) < 0 || parts_look(&t, err) < 0 ||
	    restore_prepare(&t, err) < 0)
		return -1;
	return transaction_run(&t, STAGE_OPEN | STAGE_MOVE | STAGE_PROVE, ret_end,
			       ret_result, err);
}

static int check_wrapped(const struct transaction *t, struct err *err)
{
	for (size_t i = 0; i < t->part_count; i++) {
		const struct part *part = &t->parts[i];
		if (part->driver->can_be_wrapped)
			continue;
		err_set(err, ERR_CONFIG,
			"service '%s' has the driver %s, which cannot be wrapped",
			part->service->name, part->driver->name);
		return err_hint(
			err,
			"use 'belay deploy' for it, or choose services with --service");
	}
	return 0;
}

int engine_begin(const struct engine *engine, const struct engine_request *request,
		 enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	_cleanup_(transaction_release) struct transaction t;
	transaction_init(&t, engine, request, false);
	if (version_check(request->version, err) < 0 || parts_choose(&t, err) < 0 ||
	    check_wrapped(&t, err) < 0 || secrets_present(engine, err) < 0 ||
	    open_store(&t, err) < 0 || check_requires(&t, err) < 0)
		return -1;
	return transaction_run(&t, STAGE_OPEN, ret_end, ret_result, err);
}

int engine_finish(const struct engine *engine, const struct engine_request *request,
		  enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	_cleanup_(transaction_release) struct transaction t;
	transaction_init(&t, engine, request, false);
	if (secrets_present(engine, err) < 0 || open_store(&t, err) < 0 ||
	    transaction_attach(&t, err) < 0)
		return -1;
	return transaction_run(&t, STAGE_PROVE, ret_end, ret_result, err);
}

int engine_restart(const struct engine *engine, const struct engine_request *request,
		   const char *const *components, enum engine_end *ret_end,
		   json_t **ret_result, struct err *err)
{
	_cleanup_(transaction_release) struct transaction t;
	transaction_init(&t, engine, request, false);
	t.restarting = true;
	if (parts_choose(&t, err) < 0 || secrets_present(engine, err) < 0 ||
	    open_store(&t, err) < 0)
		return -1;
	return restart_run(&t, components, ret_end, ret_result, err);
}

int engine_rollback_list(const struct engine *engine, json_t **ret_result,
			 struct err *err)
{
	_cleanup_(store_freep) struct store *store = NULL;
	if (store_open(engine->fx, engine->config, engine->environment->name, &store,
		       err) < 0)
		return -1;
	const struct journal_documents *documents = store_documents(store);
	*ret_result = rollback_candidates(documents->state, documents->recent);
	return 0;
}
