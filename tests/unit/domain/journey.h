/* Tells a story in events and folds it on the way. For tests of the fold and of the store.
 *
 *     struct journey j = journey_begin("production");
 *     journey_deploy(&j, "d1", "v1", "api");
 *     journey_step(&j, "lock.acquired", NULL, "{'holder': …}");
 *     journey_end(&j);
 *
 * Data is JSON text in which ' stands for ". Each step is a minute after the one before.
 */
#ifndef TEST_JOURNEY_H
#define TEST_JOURNEY_H

#include <string.h>

#include "belay/journal.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

#define JOURNEY_START_MS ((int64_t)1700000000 * 1000)

struct journey {
	struct journal_documents documents;
	json_t *events;
	json_t *run;
	int64_t at_ms;
	struct err err; /* of the last step */
};

__attribute__((unused)) static json_t *journey_json(const char *text)
{
	char *copy = mem_strdup(text);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	json_t *value = json_loads(copy, JSON_DECODE_ANY, NULL);
	if (!value)
		test_check(false, copy, TEST_AT);
	free(copy);
	return value;
}

__attribute__((unused)) static json_t *journey_run(const char *id)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "id", id, "actor", "ada", "host",
			 "runner-3", "version", "0.1.0");
}

__attribute__((unused)) static struct journey journey_begin(const char *environment)
{
	struct journey journey = {.events = json_array(),
				  .run = journey_run("4711"),
				  .at_ms = JOURNEY_START_MS};
	journal_documents_init(&journey.documents, environment);
	return journey;
}

__attribute__((unused)) static void journey_end(struct journey *journey)
{
	journal_documents_release(&journey->documents);
	json_decref(journey->events);
	json_decref(journey->run);
}

/* 0, or -1 with journey->err; then nothing has changed. */
__attribute__((unused)) static int journey_step(struct journey *journey, const char *type,
						const char *transaction, const char *data)
{
	struct journal_documents after;
	json_t *event = journal_event(journey->documents.state, type, journey->at_ms,
				      journey->run, transaction, journey_json(data));
	journey->at_ms += 60000;
	journey->err = (struct err){0};
	int result = journal_reduce(&journey->documents, event, &after, &journey->err);
	if (result == 0) {
		journal_documents_release(&journey->documents);
		journey->documents = after;
		json_array_append(journey->events, event);
	}
	json_decref(event);
	return result;
}

/* A step that has to fit. */
__attribute__((unused, format(printf, 4, 5))) static void journey_go(
	struct journey *journey, const char *type, const char *transaction,
	const char *format, ...)
{
	struct str data = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&data, format, args);
	va_end(args);
	CHECK_OK(journey_step(journey, type, transaction, str_text(&data)),
		 &journey->err);
	str_release(&data);
}

__attribute__((unused)) static void journey_lock(struct journey *journey)
{
	journey_go(
		journey, "lock.acquired", NULL,
		"{'holder': {'id': '%s', 'actor': 'ada', 'host': 'runner-3'}, 'generation': "
		"%lld, 'lease_ms': 900000, 'expires_at': '2023-11-14T23:00:00Z', 'reason': "
		"'deploy'}",
		json_get_string(journey->run, "id", ""),
		(long long)state_generation(journey->documents.state) + 1);
}

__attribute__((unused)) static void journey_unlock(struct journey *journey)
{
	journey_go(journey, "lock.released", NULL, "{'generation': %lld}",
		   (long long)state_generation(journey->documents.state));
}

/* Opens a transaction with one service, under the lock. */
__attribute__((unused)) static void journey_open(struct journey *journey,
						 const char *kind, const char *id,
						 const char *version, const char *service,
						 const char *release)
{
	const json_t *live = state_live(journey->documents.state, service);
	char *from = live ? json_text_compact(live) : mem_strdup("null");
	char *previous = live ? str_format("'%s'", json_get_string(live, "version", ""))
			      : mem_strdup("null");
	journey_lock(journey);
	journey_go(
		journey, "deployment.begun", id,
		"{'kind': '%s', 'deployment': '%s', 'version': '%s', 'previous': %s, 'commit': "
		"'c0ffee', 'services': {'%s': {'driver': 'command', 'version': '%s', 'release': "
		"'%s', 'from': %s, 'hosts': ['web1'], 'generation': 1}}}",
		kind, id, version, previous, service, version, release, from);
	free(from);
	free(previous);
}

/* From lock to lock, and everything is fine. */
__attribute__((unused)) static void journey_deploy(struct journey *journey,
						   const char *id, const char *version,
						   const char *service)
{
	journey_open(journey, "deploy", id, version, service, id);
	journey_go(journey, "deployment.captured", id,
		   "{'services': {'%s': {'hosts': {'web1': {'version': 'v0'}}}}}",
		   service);
	journey_go(journey, "deployment.switched", id,
		   "{'service': '%s', 'hosts': {'web1': {'switched': true, 'ms': 20}}}",
		   service);
	journey_go(
		journey, "gate.judged", id,
		"{'phase': 'gates', 'gate': {'name': 'gates', 'outcome': 'pass', 'passed': 3}}");
	journey_go(journey, "deployment.committed", id,
		   "{'deployment': '%s', 'duration_ms': 4000, 'switch_ms': 120}", id);
	journey_unlock(journey);
}

/* A person goes back to an earlier release. */
__attribute__((unused)) static void journey_back(struct journey *journey, const char *id,
						 const char *version, const char *service,
						 const char *release)
{
	journey_open(journey, "rollback", id, version, service, release);
	journey_go(journey, "deployment.committed", id,
		   "{'deployment': '%s', 'duration_ms': 900, 'switch_ms': 80}", id);
	journey_unlock(journey);
}

/* Switched, judged bad, taken back. */
__attribute__((unused)) static void journey_bad(struct journey *journey, const char *id,
						const char *version, const char *service)
{
	journey_open(journey, "deploy", id, version, service, id);
	journey_go(journey, "deployment.switched", id, "{'service': '%s', 'hosts': {}}",
		   service);
	journey_go(
		journey, "deployment.rolled-back", id,
		"{'deployment': '%s', 'reason': 'gate api-health failed', 'step': 'gates', "
		"'duration_ms': 5000, 'undo_ms': 300, 'restored': {}}",
		id);
	journey_unlock(journey);
}

#endif
