/* The parts of a transaction: which services take part and where each of them goes. What can be
 * refused without touching anything is refused here: names, artifacts, secrets.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "transaction.h"

static bool is_wanted(const struct engine_request *request, const char *service)
{
	if (!request->services || !request->services[0])
		return true;
	for (size_t i = 0; request->services[i]; i++)
		if (strcmp(request->services[i], service) == 0)
			return true;
	return false;
}

static int check_names(const struct transaction *t, struct err *err)
{
	const struct config_environment *environment = t->engine->environment;
	const char **known = mem_array(const char *, environment->service_count + 1);
	int result = 0;
	for (size_t i = 0; i < environment->service_count; i++)
		known[i] = environment->services[i].name;
	for (size_t i = 0; t->request->services && t->request->services[i]; i++) {
		const char *name = t->request->services[i];
		if (config_service(environment, name))
			continue;
		const char *nearest =
			str_nearest(name, known, environment->service_count);
		result = err_set(err, ERR_USAGE, "environment '%s' has no service '%s'",
				 environment->name, name);
		if (nearest)
			err_hint(err, "did you mean '%s'?", nearest);
		break;
	}
	free(known);
	return result;
}

int parts_choose(struct transaction *t, struct err *err)
{
	const struct config_environment *environment = t->engine->environment;
	if (check_names(t, err) < 0)
		return -1;
	if (environment->service_count == 0) {
		err_set(err, ERR_CONFIG,
			"environment '%s' has no services: nothing to deploy",
			environment->name);
		return err_hint(
			err, "add 'services:' to it; 'belay docs environments.services'");
	}
	t->parts = mem_array(struct part, environment->service_count);
	for (size_t i = 0; i < environment->service_count; i++) {
		const struct config_service *service = &environment->services[i];
		if (!is_wanted(t->request, service->name))
			continue;
		struct part *part = &t->parts[t->part_count++];
		part->owner = t;
		part->notes = json_object();
		part->service = service;
		part->driver = driver_find(service->driver);
		part->artifact = json_get_string(service->settings, "artifact", NULL);
	}
	return 0;
}

static int override_artifact(struct transaction *t, struct err *err)
{
	struct part *only = NULL;
	size_t takers = 0;
	if (!t->request->artifact)
		return 0;
	for (size_t i = 0; i < t->part_count; i++)
		if (t->parts[i].driver->needs_artifact || t->part_count == 1) {
			only = &t->parts[i];
			takers++;
		}
	if (takers != 1) {
		err_set(err, ERR_USAGE,
			"--artifact fits one service, and %zu are being deployed",
			takers);
		return err_hint(err,
				"name one with --service, or give each its 'artifact:'");
	}
	only->artifact = t->request->artifact;
	return 0;
}

static int inspect(struct transaction *t, struct part *part, struct err *err)
{
	if (!part->artifact && !part->driver->needs_artifact)
		return 0;
	if (!part->artifact) {
		err_set(err, ERR_USAGE, "service '%s' needs an artifact",
			part->service->name);
		return err_hint(
			err, "give --artifact PATH, or 'artifact:' in the configuration");
	}
	if (!part->driver->needs_artifact)
		return 0; /* its commands make of the path what they like */
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", part->artifact);
	const struct effect effect = {.kind = "artifact",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = part->artifact};
	return effects_perform(t->engine->fx, &effect, &part->artifact_info, err);
}

int parts_inspect_artifacts(struct transaction *t, struct err *err)
{
	if (override_artifact(t, err) < 0)
		return -1;
	for (size_t i = 0; i < t->part_count; i++)
		if (inspect(t, &t->parts[i], err) < 0)
			return -1;
	return 0;
}

void part_release(struct part *part)
{
	free(part->version);
	free(part->release);
	free(part->previous);
	free(part->previous_release);
	json_decref(part->artifact_info);
	json_decref(part->captured);
	json_decref(part->report);
	json_decref(part->undone);
	json_decref(part->notes);
}

void parts_release(struct transaction *t)
{
	for (size_t i = 0; i < t->part_count; i++)
		part_release(&t->parts[i]);
	free(t->parts);
	t->parts = NULL;
	t->part_count = 0;
}

/* A rollback leaves out services that have nowhere to go back to. */
static void keep_targets(struct transaction *t, const json_t *targets)
{
	size_t kept = 0;
	for (size_t i = 0; i < t->part_count; i++) {
		struct part *part = &t->parts[i];
		const json_t *target = json_object_get(targets, part->service->name);
		if (!target) {
			part_release(part);
			continue;
		}
		str_assign(&part->version, json_get_string(target, "version", ""));
		str_assign(&part->release, json_get_string(target, "release", ""));
		t->parts[kept++] = *part;
	}
	t->part_count = kept;
}

int parts_targets(const struct transaction *t, const struct journal_documents *documents,
		  json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *targets = NULL;
	if (!t->request->to)
		targets = rollback_target(documents->state, documents->recent);
	else if (rollback_target_to(documents->state, documents->recent, t->request->to,
				    &targets, err) < 0)
		return -1;
	for (size_t i = 0; i < t->part_count; i++) {
		if (!json_object_get(targets, t->parts[i].service->name))
			continue;
		*ret = TAKE_PTR(targets);
		return 0;
	}
	err_set(err, ERR_NOT_FOUND, "there is no earlier deployment to go back to");
	return err_hint(err, "see 'belay rollback --list'");
}

/* The journal may have moved since the last look: targets are chosen on what it says now. */
static int bind_rollback(struct transaction *t, const struct journal_documents *documents,
			 struct err *err)
{
	_cleanup_json_ json_t *targets = NULL;
	parts_release(t);
	if (parts_choose(t, err) < 0 || parts_targets(t, documents, &targets, err) < 0)
		return -1;
	keep_targets(t, targets);
	assert(t->parts && t->part_count > 0); /* parts_targets() has seen one */
	str_assign(&t->version, t->parts[0].version);
	return 0;
}

int parts_bind(struct transaction *t, const struct journal_documents *documents,
	       struct err *err)
{
	if (t->going_back && bind_rollback(t, documents, err) < 0)
		return -1;
	for (size_t i = 0; i < t->part_count; i++) {
		struct part *part = &t->parts[i];
		const json_t *live = state_live(documents->state, part->service->name);
		if (t->restarting) {
			str_assign(&part->version,
				   json_get_string(live, "version", "what is live"));
			str_assign(&part->release, json_get_string(live, "release", ""));
		} else if (!t->going_back) {
			str_assign(&part->version, t->version);
			str_assign(&part->release, t->id);
		}
		str_assign(&part->previous, json_get_string(live, "version", NULL));
		str_assign(&part->previous_release,
			   json_get_string(live, "release", NULL));
	}
	assert(t->parts && t->part_count > 0); /* parts_choose() sees to it */
	if (t->restarting)
		str_assign(&t->version, t->parts[0].version);
	str_assign(&t->previous, t->parts[0].previous);
	return 0;
}

/* A look at the hosts before the lock: a key that is refused, an unknown host key or a path that is
 * not ours is bad input, and bad input leaves no trace. Everything else is met again, and recorded,
 * in the transaction. */
int parts_look(struct transaction *t, struct err *err)
{
	for (size_t i = 0; i < t->part_count; i++) {
		struct part *part = &t->parts[i];
		const struct driver_job job = part_job(t, part, NULL);
		_cleanup_json_ json_t *seen = NULL;
		struct err failure = {0};
		if (part->driver->capture(t->engine->fx, &job, &seen, &failure) == 0 ||
		    err_exit_status(failure.code) != err_exit_status(ERR_CONFIG))
			continue;
		*err = failure;
		return -1;
	}
	return 0;
}

/* --- what a driver is told -------------------------------------------------------------------- */

json_t *parts_notes_of(const json_t *transaction, const char *service)
{
	json_t *notes = json_object_get(json_object_get(transaction, "notes"), service);
	json_t *before = json_object_get(notes, "before");
	if (!notes)
		return NULL;
	/* That run had added nothing of its own to what it had taken over. */
	if (before && json_object_size(notes) == 1)
		return json_incref(notes);
	_cleanup_json_ json_t *own = json_copy(notes);
	json_object_del(own, "before");
	return json_pack("{s:O}", "before", own);
}

static int keep_note(const struct driver_job *job, json_t *notes, struct err *err)
{
	struct part *part = job->context;
	json_object_update(part->notes, notes);
	record_event(
		part->owner, "deployment.noted",
		json_pack("{s:s, s:o}", "service", part->service->name, "notes", notes));
	return record_flush(part->owner, err);
}

static int keep_lease(const struct driver_job *job, struct err *err)
{
	const struct part *part = job->context;
	return lock_renew(part->owner, err);
}

struct driver_job part_job(const struct transaction *t, const struct part *part,
			   const json_t *protect)
{
	return (struct driver_job){
		.environment = t->engine->environment,
		.service = part->service,
		.deployment = t->id,
		.version = part->version,
		.previous = part->previous,
		.previous_release = part->previous_release,
		.going_back = t->going_back,
		.now_ms = effects_now_ms(t->engine->fx),
		.release = part->release,
		.artifact = part->artifact,
		.artifact_info = part->artifact_info,
		.generation = t->generation,
		.captured = part->captured,
		.protect = protect,
		.notes = part->notes,
		.note = t->generation ? keep_note : NULL,
		.renew = t->generation ? keep_lease : NULL,
		.context = (void *)part,
		.progress = t->engine->progress,
	};
}

static json_t *hosts_of(const struct config_service *service)
{
	json_t *hosts = json_array();
	for (size_t i = 0; i < service->host_count; i++)
		json_array_append_new(hosts, json_string(service->hosts[i]->name));
	return hosts;
}

json_t *parts_to_json(const struct transaction *t)
{
	json_t *services = json_object();
	for (size_t i = 0; i < t->part_count; i++) {
		const struct part *part = &t->parts[i];
		json_t *from = part->previous ? json_pack("{s:s, s:s*}", "version",
							  part->previous, "release",
							  part->previous_release)
					      : json_null();
		json_t *row = json_pack("{s:s, s:s, s:s, s:o, s:o}", "driver",
					part->driver->name, "version", part->version,
					"release", part->release, "from", from, "hosts",
					hosts_of(part->service));
		const char *sha256 = json_get_string(part->artifact_info, "sha256", NULL);
		if (sha256)
			json_object_set_new(row, "sha256", json_string(sha256));
		json_object_set_new(services, part->service->name, row);
	}
	return services;
}
