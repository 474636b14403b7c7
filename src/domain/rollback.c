/* Where a rollback goes. Each service has a stack of releases that were live: a deployment pushes
 * its release, a rollback pops down to the one it went back to. The target of "the one before" is
 * what lies under the top, so rolling back twice goes back two steps, and never forward again to the
 * release that somebody had just left.
 */
#include <string.h>

#include "belay/journal.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

static bool passed(const json_t *row)
{
	return strcmp(json_get_string(row, "outcome", ""), "passed") == 0;
}

static bool is_deploy(const json_t *row)
{
	return strcmp(json_get_string(row, "kind", ""), "deploy") == 0;
}

static bool same_release(const json_t *a, const json_t *b)
{
	return str_equal(json_get_string(a, "release", ""),
			 json_get_string(b, "release", ""));
}

/* What the service got in that deployment: {version, release, deployment}. New reference. */
static json_t *release_of(const json_t *row, const json_t *service)
{
	return json_pack("{s:s, s:s, s:s}", "version",
			 json_get_string(service, "version", ""), "release",
			 json_get_string(service, "release", ""), "deployment",
			 json_get_string(row, "deployment", ""));
}

/* The service's stack, top last, from the deployments that recent still remembers. */
static json_t *release_stack(const json_t *recent, const char *name)
{
	const json_t *rows = json_object_get(recent, "deployments");
	json_t *stack = json_array();
	for (size_t i = json_array_size(rows); i-- > 0;) {
		const json_t *row = json_array_get(rows, i);
		const json_t *service =
			json_object_get(json_object_get(row, "services"), name);
		if (!service || !passed(row))
			continue;
		size_t top = json_array_size(stack);
		while (top > 0 && !same_release(json_array_get(stack, top - 1), service))
			top--;
		if (top > 0 && !is_deploy(row)) {
			while (json_array_size(stack) > top)
				json_array_remove(stack, json_array_size(stack) - 1);
			continue;
		}
		if (top == 0 || top < json_array_size(stack))
			json_array_append_new(stack, release_of(row, service));
	}
	return stack;
}

/* Is a deployment of the service open: broken off, or stuck when it was taken back? Then nobody knows
 * what is served, and going back means: to what was live when it began. */
static bool is_half_way(const json_t *state, const char *name)
{
	const json_t *open = state_transaction(state);
	return open && is_deploy(open) &&
	       json_object_get(json_object_get(open, "services"), name);
}

/* NULL when the service has nothing to go back to. New reference. */
static json_t *release_before(const json_t *state, const json_t *recent, const char *name)
{
	_cleanup_json_ json_t *stack = release_stack(recent, name);
	const json_t *live = state_live(state, name);
	size_t top = json_array_size(stack);
	if (!live)
		return NULL;
	if (is_half_way(state, name))
		return release_of(live, live);
	while (top > 0 && !same_release(json_array_get(stack, top - 1), live))
		top--;
	if (top > 1)
		return json_incref(json_array_get(stack, top - 2));
	const json_t *services = json_object_get(state, "services");
	const json_t *service = json_object_get(services, name);
	const json_t *good = json_object_get(service, "last_good");
	/* What is live never passed (or an undo found it): the last one that did. */
	if (top == 0 && json_is_object(good) && !same_release(good, live))
		return release_of(good, good);
	/* Recent does not reach back far enough; the state knows one step by itself. */
	const json_t *previous = json_object_get(service, "previous");
	if (!json_is_object(previous) || !is_deploy(live))
		return NULL;
	return release_of(previous, previous);
}

json_t *rollback_target(const json_t *state, const json_t *recent)
{
	json_t *target = json_object();
	const char *name;
	json_t *service;
	json_object_foreach(json_object_get(state, "services"), name, service) {
		json_t *release = release_before(state, recent, name);
		if (release)
			json_object_set_new(target, name, release);
	}
	return target;
}

/* --- the data ---------------------------------------------------------------------------------- */

static bool went_live(const json_t *row)
{
	return passed(row) ||
	       strcmp(json_get_string(row, "outcome", ""), "unproven") == 0;
}

static const json_t *service_of(const json_t *row, const char *name)
{
	return json_object_get(json_object_get(row, "services"), name);
}

/* What the first deployment since `release` was live says of the service. NULL: none, or nobody remembers the release. */
static const json_t *first_since(const json_t *recent, const char *name,
				 const char *release)
{
	const json_t *first = NULL;
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(recent, "deployments"), i, row) {
		const json_t *service = service_of(row, name);
		if (!service || !went_live(row))
			continue;
		if (str_equal(json_get_string(service, "release", ""), release))
			return first;
		if (is_deploy(row))
			first = service;
	}
	return NULL;
}

static const json_t *row_of(const json_t *recent, const char *deployment)
{
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(recent, "deployments"), i, row) {
		if (str_equal(json_get_string(row, "deployment", ""), deployment))
			return row;
	}
	return NULL;
}

const json_t *rollback_backup(const json_t *state, const json_t *recent,
			      const char *service, const char *release)
{
	const json_t *live = state_live(state, service);
	const json_t *first = first_since(recent, service, release);
	if (first)
		return json_object_get(first, "backup");
	if (is_half_way(state, service))
		return json_object_get(
			json_object_get(state_transaction(state), "backups"), service);
	if (str_equal(json_get_string(live, "release", ""), release))
		return NULL;
	const json_t *row = row_of(recent, json_get_string(live, "deployment", ""));
	return json_object_get(service_of(row, service), "backup");
}

static void add_copy(json_t *ids, const json_t *made, const char *backup)
{
	if (str_equal(json_get_string(made, "backup", NULL), backup))
		json_object_set_new(ids, json_get_string(made, "id", ""), json_true());
}

json_t *rollback_copies(const json_t *state, const json_t *recent, const char *backup)
{
	_cleanup_json_ json_t *targets = rollback_target(state, recent);
	const json_t *open = json_object_get(state_transaction(state), "backups");
	json_t *ids = json_object();
	const char *name;
	json_t *service;
	json_object_foreach(json_object_get(state, "services"), name, service) {
		const json_t *target = json_object_get(targets, name);
		const json_t *row =
			row_of(recent, json_get_string(state_live(state, name),
						       "deployment", ""));
		add_copy(ids, json_object_get(service_of(row, name), "backup"), backup);
		if (target)
			add_copy(ids,
				 rollback_backup(state, recent, name,
						 json_get_string(target, "release", "")),
				 backup);
	}
	json_object_foreach((json_t *)open, name, service)
		add_copy(ids, service, backup);
	return ids;
}

/* --- what there is ----------------------------------------------------------------------------- */

/* Is everything that this deployment brought live now? */
static bool is_live(const json_t *state, const json_t *row)
{
	const char *name;
	json_t *service;
	const json_t *services = json_object_get(row, "services");
	json_object_foreach((json_t *)services, name, service) {
		const json_t *live = state_live(state, name);
		if (!live || !same_release(live, service))
			return false;
	}
	return json_object_size(services) > 0;
}

json_t *rollback_candidates(const json_t *state, const json_t *recent)
{
	json_t *candidates = json_array();
	size_t index;
	json_t *row;
	json_array_foreach(json_object_get(recent, "deployments"), index, row) {
		if (!passed(row) || !is_deploy(row))
			continue;
		json_t *candidate = json_object();
		json_object_set(candidate, "deployment",
				json_object_get(row, "deployment"));
		json_object_set(candidate, "version", json_object_get(row, "version"));
		json_object_set(candidate, "at", json_object_get(row, "finished_at"));
		json_object_set(candidate, "services", json_object_get(row, "services"));
		json_object_set_new(candidate, "live", json_boolean(is_live(state, row)));
		json_array_append_new(candidates, candidate);
	}
	return candidates;
}

static json_t *target_of(const json_t *row)
{
	json_t *target = json_object();
	const char *name;
	json_t *service;
	json_object_foreach(json_object_get(row, "services"), name, service)
		json_object_set_new(target, name, release_of(row, service));
	return target;
}

static int not_found(const json_t *recent, const json_t *candidates, const char *id,
		     struct err *err)
{
	size_t index, count = json_array_size(candidates);
	const json_t *row;
	json_array_foreach(json_object_get(recent, "deployments"), index, row) {
		if (strcmp(json_get_string(row, "deployment", ""), id) != 0 ||
		    passed(row))
			continue;
		err_set(err, ERR_CONFIG,
			"deployment '%s' ended as '%s', there is nothing good in it", id,
			json_get_string(row, "outcome", "?"));
		return err_hint(err,
				"belay rollback --list shows what can be gone back to");
	}
	_cleanup_free_ const char **known = mem_array(const char *, 2 * count + 1);
	for (size_t i = 0; i < count; i++) {
		const json_t *candidate = json_array_get(candidates, i);
		known[2 * i] = json_get_string(candidate, "version", "");
		known[2 * i + 1] = json_get_string(candidate, "deployment", "");
	}
	const char *nearest = str_nearest(id, known, 2 * count);
	err_set(err, ERR_NOT_FOUND, "no deployment or version '%s' to go back to", id);
	if (nearest)
		return err_hint(err, "did you mean '%s'? belay rollback --list shows all",
				nearest);
	return err_hint(err, "belay rollback --list shows what can be gone back to");
}

int rollback_target_to(const json_t *state, const json_t *recent, const char *id,
		       json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *candidates = rollback_candidates(state, recent);
	const json_t *found = NULL;
	size_t index;
	json_t *row;
	/* Newest first: a version that was deployed more than once means its newest deployment. */
	json_array_foreach(candidates, index, row) {
		if (strcmp(json_get_string(row, "deployment", ""), id) == 0) {
			found = row;
			break;
		}
		if (!found && strcmp(json_get_string(row, "version", ""), id) == 0)
			found = row;
	}
	if (!found)
		return not_found(recent, candidates, id, err);
	*ret = target_of(found);
	return 0;
}
