/* engine_check: judging checks now, outside a transaction. Reads the journal for $version and
 * $previous; writes nothing.
 */
#include <stdlib.h>

#include "belay/check.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "transaction.h"

static int unknown_check(const struct config *config, const char *name, struct err *err)
{
	const char **known = mem_array(const char *, config->check_count + 1);
	for (size_t i = 0; i < config->check_count; i++)
		known[i] = config->checks[i].name;
	const char *nearest = str_nearest(name, known, config->check_count);
	free(known);
	err_set(err, ERR_USAGE, "there is no check '%s' in %s", name, config->file);
	return nearest ? err_hint(err, "did you mean '%s'?", nearest) : -1;
}

static int choose(const struct engine *engine, const char *const *names,
		  struct config_checks *ret_checks, struct err *err)
{
	for (size_t i = 0; names && names[i]; i++) {
		const struct config_check *check = config_check(engine->config, names[i]);
		if (!check)
			return unknown_check(engine->config, names[i], err);
		*vec_push(ret_checks) = check;
	}
	if (ret_checks->count > 0)
		return 0;
	for (size_t i = 0; i < engine->environment->gates.count; i++)
		*vec_push(ret_checks) = engine->environment->gates.items[i];
	if (ret_checks->count > 0)
		return 0;
	err_set(err, ERR_CONFIG, "environment '%s' has no gates to check",
		engine->environment->name);
	return err_hint(err,
			"add 'gates: [NAME, …]' to it, or name checks: belay check NAME");
}

/* The live version of the first service, and the one before it. */
static int variables_of(const struct engine *engine, json_t **ret, struct err *err)
{
	_cleanup_(store_freep) struct store *store = NULL;
	const struct config_environment *environment = engine->environment;
	if (store_open(engine->fx, engine->config, environment->name, &store, err) < 0)
		return -1;
	const json_t *state = store_documents(store)->state;
	const char *service =
		environment->service_count ? environment->services[0].name : "";
	const json_t *row = json_object_get(json_object_get(state, "services"), service);
	*ret = json_pack(
		"{s:s?, s:s?, s:s, s:s?}", "version",
		json_get_string(state_live(state, service), "version", NULL), "previous",
		json_get_string(json_object_get(row, "previous"), "version", NULL),
		"environment", environment->name, "service",
		environment->service_count == 1 ? service : NULL);
	return 0;
}

static enum engine_end end_of(const json_t *gate)
{
	switch (outcome_parse(json_get_string(gate, "outcome", ""))) {
	case OUTCOME_PASS:
	case OUTCOME_WARN:
		return END_PASSED;
	case OUTCOME_FAIL:
		return END_FAILED;
	case OUTCOME_INCONCLUSIVE:
		return END_INCONCLUSIVE;
	}
	return END_FAILED;
}

int engine_check(const struct engine *engine, const char *const *names,
		 enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	struct config_checks checks = {0};
	_cleanup_json_ json_t *variables = NULL;
	const struct check_listener listener = gates_listener(engine);
	int result = choose(engine, names, &checks, err);
	if (result == 0)
		result = secrets_present(engine, err);
	if (result == 0)
		result = variables_of(engine, &variables, err);
	if (result == 0)
		result = check_gate(engine->fx, "check", &checks, variables, &listener,
				    ret_result, err);
	if (result == 0)
		*ret_end = end_of(*ret_result);
	free(checks.items);
	return result;
}
