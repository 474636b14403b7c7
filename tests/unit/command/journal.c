/* status, history and verify on a journal in memory: results that keep their schemas, and the text
 * that people see. */
#include "../domain/journey.h"
#include "../state/fake_git.h"
#include "belay/cli.h"
#include "belay/command.h"
#include "belay/embedded.h"
#include "belay/schema.h"
#include "belay/store.h"
#include "belay/timefmt.h"

/* One command line on a world. */
struct stage {
	struct world *world;
	struct effects *fx;
	const char *config_text; /* NULL: there is no file */
	struct config *config;
	json_t *value;
	char *text;
	struct err err;
};

static struct stage stage_new(const char *config_text)
{
	struct stage stage = {.world = world_new(), .config_text = config_text};
	stage.fx = effects_new(&stage.world->layer);
	return stage;
}

static void stage_release(struct stage *stage)
{
	effects_free(stage->fx);
	config_freep(&stage->config);
	json_decref(stage->value);
	free(stage->text);
}

static int load_config(struct command_context *context, const struct config **ret,
		       struct err *err)
{
	struct stage *stage = context->host;
	if (!stage->config_text)
		return err_set(err, ERR_NOT_FOUND, "no configuration found");
	if (!stage->config && config_parse(stage->config_text, strlen(stage->config_text),
					   "belay.yml", &stage->config, NULL, err))
		return -1;
	*ret = stage->config;
	return 0;
}

static void check_shape(const struct command *command, const json_t *value)
{
	char *name = str_format("schemas/%s.schema.json", command->result_schema);
	const struct embedded *file = embedded_find(name);
	struct schema *schema = NULL;
	struct schema_faults faults = {0};
	struct err err = {0};
	json_t *text = NULL;
	if (CHECK(file != NULL) &&
	    CHECK_OK(json_parse(file->data, file->size, name, &text, &err), &err) &&
	    CHECK_OK(schema_compile(text, &schema, &err), &err) &&
	    !CHECK(schema_validate(schema, value, &faults)))
		CHECK_STR_EQ(faults.items[0].message, faults.items[0].pointer);
	schema_faults_release(&faults);
	schema_free(schema);
	json_decref(text);
	free(name);
}

/* "status -e production" → 0 with value and text, or -1 with err. */
static int play(struct stage *stage, const char *line, int64_t now_ms)
{
	char *copy = str_format("belay %s", line);
	char *words[20];
	int count = 0;
	struct request *request = NULL;
	const struct command *command = NULL;
	struct command_result result = {0};
	for (char *rest = copy, *word; (word = strsep(&rest, " "));)
		words[count++] = word;
	json_decref(stage->value);
	stage->value = NULL;
	free(stage->text);
	stage->text = NULL;
	stage->err = (struct err){0};
	int done = cli_parse(count, words, &request, &command, &stage->err);
	if (done == 0) {
		struct command_context context = {
			.fx = stage->fx,
			.request = request,
			.config = load_config,
			.now_ms = request_flag(request, "at")
					  ? request_integer(request, "at", 0)
					  : now_ms,
			.host = stage,
		};
		done = command->run(&context, &result, &stage->err);
	}
	if (done == 0) {
		struct str out = STR_INIT;
		const struct render render = {.now_ms = now_ms};
		check_shape(command, result.value);
		result.render(&out, &render, result.value);
		stage->value = result.value;
		stage->text = str_take(&out);
	}
	request_freep(&request);
	free(copy);
	return done;
}

/* --- what is on the branch -------------------------------------------------------------------- */

static int all_events(const struct journal_documents *documents, json_t *events,
		      void *context, struct err *err)
{
	(void)documents;
	(void)err;
	return json_array_extend(events, context);
}

static void publish(struct stage *stage, const struct journey *journey,
		    const char *environment)
{
	struct config *config = NULL;
	struct store *store = NULL;
	struct err err = {0};
	if (CHECK_OK(config_parse("version: 1\n", 11, "x", &config, NULL, &err), &err) &&
	    CHECK_OK(store_open(stage->fx, config, environment, &store, &err), &err))
		CHECK_OK(store_append(store, all_events, journey->events, &err), &err);
	store_free(store);
	config_free(config);
}

/* Two good deployments and one that was taken back. Returns the time after it. */
static int64_t tell(struct stage *stage, const char *environment)
{
	struct journey j = journey_begin(environment);
	journey_deploy(&j, "d1", "v1", "api");
	journey_deploy(&j, "d2", "v2", "api");
	journey_bad(&j, "d3", "v3", "api");
	int64_t now_ms = j.at_ms;
	publish(stage, &j, environment);
	journey_end(&j);
	return now_ms;
}

#define LOCATION "journal: .belay/state.git belay-state\n"
static const char config_text[] = "version: 1\n"
				  "environments:\n"
				  "  staging: {}\n"
				  "  production: {}\n";

TEST(status_of_nothing)
{
	struct stage stage = stage_new(NULL);
	CHECK_OK(play(&stage, "status", JOURNEY_START_MS), &stage.err);
	CHECK_STR_EQ(stage.text,
		     "Nothing deployed yet.\n"
		     "'belay init' writes a configuration to begin with.\n\n" LOCATION);
	stage.config_text = config_text;
	CHECK_OK(play(&stage, "status", JOURNEY_START_MS), &stage.err);
	CHECK_STR_EQ(stage.text,
		     "staging  nothing deployed yet\n"
		     "  next: belay deploy -e staging --version VERSION\n\n"
		     "production  nothing deployed yet\n"
		     "  next: belay deploy -e production --version VERSION\n\n" LOCATION);
	stage_release(&stage);
}

TEST(status_after_an_undo)
{
	struct stage stage = stage_new(NULL);
	int64_t now_ms = tell(&stage, "production");
	CHECK_OK(play(&stage, "status", now_ms), &stage.err);
	CHECK_STR_EQ(
		stage.text,
		"production\n"
		"  SERVICE  LIVE  SINCE          LAST GOOD  DEPLOYMENT\n"
		"  api      v2    7 minutes ago  v2         d2\n"
		"\n"
		"  ✗  v3  2 minutes ago   ada  rolled back in 5s: gate api-health failed\n"
		"  ✓  v2  7 minutes ago   ada  deployed in 4s\n"
		"  ✓  v1  14 minutes ago  ada  deployed in 4s\n"
		"\n" LOCATION);
	CHECK_OK(play(&stage, "status -e production --limit 1", now_ms), &stage.err);
	CHECK_INT_EQ(json_array_size(json_at(stage.value, "/environments/0/deployments")),
		     1);
	stage.config_text = config_text;
	CHECK_OK(play(&stage, "status", now_ms), &stage.err);
	CHECK_INT_EQ(json_array_size(json_object_get(stage.value, "environments")), 2);
	stage_release(&stage);
}

TEST(status_as_it_was)
{
	struct stage stage = stage_new(NULL);
	int64_t now_ms = tell(&stage, "production");
	char at[TIME_TEXT_BYTES];
	/* In the middle of the first deployment. */
	char *line =
		str_format("status --at %s", time_format(JOURNEY_START_MS + 150000, at));
	CHECK_OK(play(&stage, line, now_ms), &stage.err);
	CHECK_INT_EQ(json_integer_value(json_at(stage.value, "/environments/0/sequence")),
		     3);
	CHECK_STR_EQ(json_string_value(
			     json_at(stage.value, "/environments/0/transaction/phase")),
		     "captured");
	CHECK_STR_EQ(
		json_string_value(json_at(stage.value, "/environments/0/lock/state")),
		"held");
	CHECK_STR_HAS(stage.text, "deployment of v1 is not finished: captured, begun");
	free(line);
	stage_release(&stage);
}

TEST(status_of_a_stuck_one_says_what_to_do)
{
	struct stage stage = stage_new(NULL);
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_open(&j, "deploy", "d2", "v2", "api", "d2");
	journey_go(
		&j, "deployment.stuck", "d2",
		"{'deployment': 'd2', 'reason': 'gate failed', 'undo_error': 'web1 is gone', "
		"'todo': ['bring web1 back', 'deploy v1 again']}");
	journey_go(&j, "lock.kept", NULL, "{'generation': 2, 'reason': 'web1 is gone'}");
	publish(&stage, &j, "production");
	CHECK_OK(play(&stage, "status", j.at_ms), &stage.err);
	CHECK_STR_HAS(stage.text, "lock kept by ada@runner-3 (run 4711)");
	CHECK_STR_HAS(stage.text, "✗ deployment of v2 is not finished: stuck");
	CHECK_STR_HAS(stage.text, "undo failed: web1 is gone");
	CHECK_STR_HAS(stage.text, "1. bring web1 back\n    2. deploy v1 again\n");
	journey_end(&j);
	stage_release(&stage);
}

static const struct {
	const char *name, *line;
	enum err_code code;
	const char *why;
} mistakes[] = {
	{"unknown environment", "status -e prodution", ERR_CONFIG, "prodution"},
	{"a limit too far", "status --limit 51", ERR_USAGE, "--limit"},
	{"negative", "history --limit -1", ERR_USAGE, "--limit"},
};

TEST(mistakes_are_named)
{
	struct stage stage = stage_new(config_text);
	FOR_ROWS(row, mistakes)
		CHECK_FAILS(play(&stage, row->line, JOURNEY_START_MS), &stage.err,
			    row->code, row->why);
	stage_release(&stage);
}

static const struct {
	const char *name, *line;
	size_t count;
	const char *first;
} histories[] = {
	{"all of one", "history -e production --limit 0", 19, "lock.released"},
	{"twenty of all", "history", 20, "lock.released"},
	{"all of all", "history --limit 0", 38, "lock.released"},
	{"three", "history -n 3", 3, "lock.released"},
	{"one type", "history --type deployment.rolled-back", 2,
	 "deployment.rolled-back"},
	{"one kind", "history --type deployment -e staging", 11,
	 "deployment.rolled-back"},
	{"two types", "history -t deployment.committed -t lock.released -e staging -n 0",
	 5, "lock.released"},
	{"few of a type", "history --type deployment.committed -n 1", 1,
	 "deployment.committed"},
	{"since", "history -e staging --since 2023-11-14T22:27:00Z", 5, "lock.released"},
	{"until", "history -e staging --at 2023-11-14T22:14:20Z", 2, "deployment.begun"},
	{"none", "history --type nothing", 0, NULL},
	{"unknown environment", "history -e production --type moon", 0, NULL},
};

TEST(histories_are_filtered)
{
	struct stage stage = stage_new(NULL);
	tell(&stage, "production");
	tell(&stage, "staging");
	FOR_ROWS(row, histories) {
		CHECK_OK(play(&stage, row->line, JOURNEY_START_MS), &stage.err);
		const json_t *events = json_object_get(stage.value, "events");
		CHECK_INT_EQ(json_array_size(events), row->count);
		CHECK_STR_EQ(json_get_string(json_array_get(events, 0), "type", NULL),
			     row->first);
	}
	stage_release(&stage);
}

TEST(history_as_a_table)
{
	struct stage stage = stage_new(NULL);
	tell(&stage, "production");
	CHECK_OK(play(&stage, "history --type deployment -n 2 -e production",
		      JOURNEY_START_MS),
		 &stage.err);
	CHECK_STR_HAS(stage.text,
		      "TIME (UTC)           EVENT                   VERSION  ACTOR  "
		      "COMMIT   WHAT\n"
		      "2023-11-14 22:30:20  deployment.rolled-back  v3       ada    ");
	CHECK_STR_HAS(stage.text, "rolled back api v3 to v2: gate api-health failed\n");
	CHECK_OK(play(&stage, "history --type moon", JOURNEY_START_MS), &stage.err);
	CHECK_STR_EQ(stage.text, "No such event on .belay/state.git belay-state.\n");
	stage_release(&stage);
}

TEST(verify_counts_or_names_the_misfit)
{
	struct stage stage = stage_new(NULL);
	CHECK_OK(play(&stage, "verify", JOURNEY_START_MS), &stage.err);
	CHECK_STR_EQ(stage.text, ".belay/state.git belay-state: nothing on it yet\n");
	tell(&stage, "production");
	CHECK_OK(play(&stage, "verify", JOURNEY_START_MS), &stage.err);
	CHECK_STR_HAS(stage.text, "✓ 19 events of 1 environment add up\n"
				  "  .belay/state.git belay-state at ");
	json_object_set_new(json_array_get(world_branch(stage.world, "belay-state"), 4),
			    "body", json_string("mine"));
	CHECK_FAILS(play(&stage, "verify", JOURNEY_START_MS), &stage.err, ERR_STATE,
		    "does not fit: its message is not an event of belay");
	stage_release(&stage);
}
