/* A stage for the engine: the journal of fake_git.h, one service that does what its version says, one
 * check, one webhook, and a clock that tests move. No network, no process, no sleeping.
 *
 *     struct stage *stage = stage_new();
 *     CHECK_INT_EQ(stage_deploy(stage, "bad"), END_ROLLED_BACK);
 *     stage_end(stage);
 *
 * A version that begins with "bad" makes the check answer 503, one that begins with "broken" fails to
 * deploy; `undo_fails` makes going back fail, `health` is what the check answers.
 */
#ifndef TEST_ENGINE_STAGE_H
#define TEST_ENGINE_STAGE_H

#include <pthread.h>

#include "../domain/journey.h"
#include "../state/fake_git.h"
#include "belay/engine.h"
#include "belay/store.h"

#define STAGE_CONFIG                                                                     \
	"version: 1\n"                                                                   \
	"state: {remote: /srv/shop.git}\n"                                               \
	"defaults: {retry: {attempts: 1}}\n"                                             \
	"checks:\n"                                                                      \
	"  health: {http: 'http://shop.test/health', expect: ['.status == 200']}\n"      \
	"environments:\n"                                                                \
	"  production:\n"                                                                \
	"    services:\n"                                                                \
	"      shop: {driver: command, deploy: {run: deploy}, undo: {run: undo}}\n"      \
	"    gates: [health]\n"                                                          \
	"    watch: {fail_after: 2, recover_after: 2, flaps: 6}\n"

struct vault;

struct stage {
	struct effects_layer layer;
	struct vault *vault; /* vault.h; NULL: no stores of backups */
	int (*vault_answer)(struct vault *vault, const struct effect *effect,
			    json_t **ret, struct err *err, bool *ret_ours);
	struct world *world;
	pthread_mutex_t mutex;
	struct effects *fx;
	struct config *config;
	struct engine engine;
	int64_t health, hook; /* statuses that the check and the webhook answer */
	const char
		*github_run; /* what GitHub says of every workflow run; NULL: nothing */
	bool undo_fails;
	int randoms, ticks;
	json_t *posts;  /* bodies that the webhook was sent */
	json_t *notes;  /* progress: texts */
	struct err err; /* of the last call */
	json_t *result; /* of the last call */
};

static void stage_version(struct stage *stage, const char *version)
{
	stage->health = str_has_prefix(version, "bad") ? 503 : 200;
}

static json_t *stage_run(struct stage *stage, const json_t *args)
{
	const char *script = json_get_string(args, "shell", "");
	const char *version =
		json_get_string(json_object_get(args, "env"), "BELAY_VERSION", "");
	bool undo = str_equal(script, "undo");
	bool fails = undo ? stage->undo_fails : str_has_prefix(version, "broken");
	stage_version(stage, version);
	return json_pack("{s:i, s:n, s:b, s:s, s:s, s:b, s:i}", "exit", fails ? 1 : 0,
			 "signal", "timed_out", 0, "stdout", "", "stderr", "",
			 "truncated", 0, "duration_ms", 1);
}

static json_t *stage_http(struct stage *stage, const json_t *args)
{
	if (strstr(json_get_string(args, "url", ""), "/actions/runs/"))
		return json_pack("{s:i, s:{}, s:{s:s?, s:i}, s:i, s:b, s:i}", "status",
				 200, "headers", "body", "status", stage->github_run,
				 "run_attempt", 1, "body_bytes", 9, "truncated", 0,
				 "latency_ms", 1);
	bool hook = strstr(json_get_string(args, "url", ""), "hook") != NULL;
	int64_t status = hook ? stage->hook : stage->health;
	if (hook && status == 200) {
		json_t *body = json_object_get(args, "json");
		json_t *text = json_object_get(args, "body");
		json_t *parsed =
			text ? json_loads(json_string_value(text), JSON_DECODE_ANY, NULL)
			     : NULL;
		if (parsed)
			json_array_append_new(stage->posts, parsed);
		else
			json_array_append(stage->posts, body ? body : text);
	}
	return json_pack("{s:I, s:{}, s:s, s:i, s:b, s:i}", "status", (json_int_t)status,
			 "headers", "body", "", "body_bytes", 0, "truncated", 0,
			 "latency_ms", 1);
}

static int stage_file(struct stage *stage, const json_t *args, json_t **ret,
		      struct err *err)
{
	const char *path = json_get_string(args, "path", "");
	json_t *text = json_object_get(stage->world->written, path);
	if (!text)
		return err_set(err, ERR_NOT_FOUND, "'%s' is not there", path);
	*ret = json_pack("{s:O}", "text", text);
	return 0;
}

static int stage_answer(struct stage *stage, const struct lane *lane,
			const struct effect *effect, json_t **ret, struct err *err)
{
	const char *kind = effect->kind;
	bool ours = false;
	if (stage->vault) {
		int result = stage->vault_answer(stage->vault, effect, ret, err, &ours);
		if (ours)
			return result;
	}
	if (strcmp(kind, "run") == 0)
		*ret = stage_run(stage, effect->args);
	else if (strcmp(kind, "http") == 0)
		*ret = stage_http(stage, effect->args);
	else if (strcmp(kind, "file.read") == 0)
		return stage_file(stage, effect->args, ret, err);
	else if (strcmp(kind, "system") == 0)
		*ret = json_pack("{s:s, s:s, s:i}", "hostname", "desk", "user", "ada",
				 "pid", ++stage->ticks);
	else if (strcmp(kind, "random") == 0) {
		char hex[17];
		snprintf(hex, sizeof hex, "%016x", ++stage->randoms);
		*ret = json_pack("{s:s}", "hex", hex);
	} else if (strcmp(kind, "acknowledge") == 0)
		*ret = json_pack("{s:b}", "cancelled", 0);
	else
		return world_perform(&stage->world->layer, lane, effect, ret, err);
	return 0;
}

static int stage_perform(struct effects_layer *layer, const struct lane *lane,
			 const struct effect *effect, json_t **ret, struct err *err)
{
	struct stage *stage = (struct stage *)layer;
	pthread_mutex_lock(&stage->mutex);
	int result = stage_answer(stage, lane, effect, ret, err);
	pthread_mutex_unlock(&stage->mutex);
	return result;
}

static void stage_released(struct effects_layer *layer)
{
	struct stage *stage = (struct stage *)layer;
	world_release(&stage->world->layer);
}

static void stage_note(void *context, enum progress_kind kind, const char *subject,
		       const char *text)
{
	struct stage *stage = context;
	(void)kind;
	(void)subject;
	pthread_mutex_lock(&stage->mutex);
	json_array_append_new(stage->notes, json_string(text));
	pthread_mutex_unlock(&stage->mutex);
}

/* `more` is appended to STAGE_CONFIG, at the level of its first line. */
__attribute__((unused)) static struct stage *stage_new(const char *more)
{
	static const struct effects_layer_ops ops = {
		.name = "stage", .perform = stage_perform, .release = stage_released};
	struct stage *stage = mem_new(struct stage);
	_cleanup_free_ char *text = str_format("%s%s", STAGE_CONFIG, more);
	struct progress *progress = mem_new(struct progress);
	*progress = (struct progress){stage_note, stage};
	stage->layer.ops = &ops;
	stage->world = world_new();
	json_object_set_new(stage->world->written, "/bin/sh", json_string(""));
	stage->health = stage->hook = 200;
	stage->posts = json_array();
	stage->notes = json_array();
	pthread_mutex_init(&stage->mutex, NULL);
	stage->fx = effects_new(&stage->layer);
	CHECK_OK(config_parse(text, strlen(text), "belay.yml", &stage->config, NULL,
			      &stage->err),
		 &stage->err);
	stage->engine = (struct engine){.fx = stage->fx,
					.config = stage->config,
					.environment = &stage->config->environments[0],
					.progress = progress};
	return stage;
}

__attribute__((unused)) static void stage_end(struct stage *stage)
{
	effects_free(stage->fx);
	config_free(stage->config);
	json_decref(stage->posts);
	json_decref(stage->notes);
	json_decref(stage->result);
	free((void *)stage->engine.progress);
	pthread_mutex_destroy(&stage->mutex);
	free(stage);
}

/* A time later: the lock of a dead run would be over, a floor too. */
__attribute__((unused)) static void stage_later(struct stage *stage, int64_t minutes)
{
	stage->world->now_ms += minutes * 60 * 1000;
}

typedef int stage_transaction(const struct engine *engine,
			      const struct engine_request *request,
			      enum engine_end *ret_end, json_t **ret_result,
			      struct err *err);

__attribute__((unused)) static int stage_do(struct stage *stage, stage_transaction *what,
					    const struct engine_request *request)
{
	enum engine_end end = END_PASSED;
	json_decref(TAKE_PTR(stage->result));
	stage->err = (struct err){0};
	if (!CHECK_OK(what(&stage->engine, request, &end, &stage->result, &stage->err),
		      &stage->err))
		return -1;
	return (int)end;
}

__attribute__((unused)) static int stage_deploy(struct stage *stage, const char *version)
{
	const struct engine_request request = {.version = version, .take_lock = true};
	return stage_do(stage, engine_deploy, &request);
}

__attribute__((unused)) static int stage_watch(struct stage *stage)
{
	enum engine_end end = END_PASSED;
	json_decref(TAKE_PTR(stage->result));
	stage->err = (struct err){0};
	if (engine_watch(&stage->engine, &end, &stage->result, &stage->err) < 0)
		return -1;
	return (int)end;
}

/* The state document on the journal. New reference. */
__attribute__((unused)) static json_t *stage_state(struct stage *stage)
{
	struct store *store = NULL;
	CHECK_OK(store_open(stage->fx, stage->config, "production", &store, &stage->err),
		 &stage->err);
	json_t *state = json_incref(store_documents(store)->state);
	store_free(store);
	return state;
}

/* How many commits the journal has. */
__attribute__((unused)) static size_t stage_commits(const struct stage *stage)
{
	return json_array_size(world_branch(stage->world, "belay-state"));
}

/* Does a text of the list contain the part? */
__attribute__((unused)) static bool stage_has(const json_t *texts, const char *part)
{
	size_t i;
	const json_t *text;
	json_array_foreach(texts, i, text) {
		if (json_is_string(text) && strstr(json_string_value(text), part))
			return true;
	}
	return false;
}

#endif
