/* Gates: attempts, pauses, lanes, errors, what listeners hear. */
#include "belay/check.h"

#include "test.h"
#include "world.h"

static const char config_text[] =
	"version: 1\n"
	"defaults: {retry: {attempts: 3, delay: 1s, backoff: 2, jitter: 0}}\n"
	"checks:\n"
	"  a: {http: 'http://a/', expect: ['.status == 200'], warn: ['.latency_ms < 100']}\n"
	"  b: {tcp: 'b:1', severity: warning}\n"
	"  c: {tls: 'c:443', on_no_data: pass}\n"
	"  v: {http: 'http://v/', expect: ['.body == $version and $now > 900']}\n"
	"  steep: {tcp: 's:1', retry: {attempts: 6, delay: 5m, backoff: 10}}\n"
	"  shy: {tcp: 'y:1', retry: {attempts: 2, delay: 10s, jitter: 0.5}}\n";

static struct config *load(void)
{
	struct err err = {0};
	struct config *config = NULL;
	CHECK_OK(config_parse(config_text, strlen(config_text), "t.yml", &config, NULL,
			      &err),
		 &err);
	return config;
}

struct heard {
	pthread_mutex_t lock;
	int waiting, judged;
};

static void hear_waiting(void *context, const struct config_check *check, int attempt,
			 const json_t *verdict)
{
	struct heard *heard = context;
	pthread_mutex_lock(&heard->lock);
	heard->waiting++;
	CHECK(check && attempt >= 1 && verdict);
	pthread_mutex_unlock(&heard->lock);
}

static void hear_judged(void *context, const struct config_check *check,
			const json_t *verdict)
{
	struct heard *heard = context;
	pthread_mutex_lock(&heard->lock);
	heard->judged++;
	CHECK_STR_EQ(json_get_string(verdict, "check", NULL), check->name);
	pthread_mutex_unlock(&heard->lock);
}

/* Runs the named checks ("a b") as gate "g" in the scripted world. */
static int run(const char *names, const char *script, struct world **ret_world,
	       struct effects **ret_fx, struct heard *heard, json_t **ret_gate,
	       struct err *err)
{
	static const char variables[] = "{'version': 'v2'}";
	_cleanup_(config_freep) struct config *config = load();
	struct config_checks checks = {0};
	const struct check_listener listener = {hear_waiting, hear_judged, heard};
	_cleanup_json_ json_t *bound = world_json(variables);
	*ret_fx = world_new(script, ret_world);
	const struct config_check *items[8];
	while (config && *names) {
		size_t len = strcspn(names, " ");
		_cleanup_free_ char *name = mem_strndup(names, len);
		items[checks.count++] = config_check(config, name);
		names += len + (names[len] == ' ');
	}
	checks.items = items;
	return check_gate(*ret_fx, "g", &checks, bound, heard ? &listener : NULL,
			  ret_gate, err);
}

static const struct row {
	const char *name, *checks, *script;
	const char *outcome; /* of the gate */
	int attempts;        /* of the first verdict */
	const char *slept;   /* in the lane of the first check; NULL = not at all */
} rows[] = {
	{"passes at once", "a", "{'http://a/': [{'status': 200, 'latency_ms': 1}]}",
	 "pass", 1, NULL},
	{"a warning is not tried again", "a",
	 "{'http://a/': [{'status': 200, 'latency_ms': 500}]}", "warn", 1, NULL},
	{"passes at the third try", "a",
	 "{'http://a/': [{'status': 503}, {'status': 503}, {'status': 200, 'latency_ms': 1}]}",
	 "pass", 3, "[1000, 2000]"},
	{"fails after all tries", "a", "{'http://a/': [{'status': 503}]}", "fail", 3,
	 "[1000, 2000]"},
	{"a failing look is tried again", "a",
	 "{'http://a/': [{'fail': 'net'}, {'status': 200, 'latency_ms': 1}]}", "pass", 2,
	 "[1000]"},
	{"nothing to see", "a", "{'http://a/': [{'fail': 'net'}]}", "inconclusive", 3,
	 "[1000, 2000]"},
	{"no data passes, but only after all tries", "c", "{'c:443': [{'fail': 'net'}]}",
	 "pass", 3, "[1000, 2000]"},
	{"severity warning", "b", "{'b:1': [{'connected': false}]}", "warn", 3,
	 "[1000, 2000]"},
	{"assumed is not tried again", "a", "{'http://a/': [{'assumed': true}]}", "pass",
	 1, NULL},
	{"variables are bound", "v", "{'http://v/': [{'status': 200, 'body': 'v2'}]}",
	 "pass", 1, NULL},
	{"pauses end growing", "steep", "{'s:1': [{'connected': false}]}", "fail", 6,
	 "[300000, 600000, 600000, 600000, 600000]"},
	{"jitter shortens", "shy", "{'y:1': [{'connected': false}]}", "fail", 2,
	 "[7500]"},
};

TEST(tries_until_it_passes)
{
	FOR_ROWS(row, rows) {
		struct world *world;
		_cleanup_(effects_freep) struct effects *fx = NULL;
		_cleanup_json_ json_t *gate = NULL;
		struct err err = {0};
		struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
		int result =
			run(row->checks, row->script, &world, &fx, &heard, &gate, &err);
		if (!CHECK_OK(result, &err))
			continue;
		const json_t *verdict = json_at(gate, "/verdicts/0");
		_cleanup_free_ char *lane = str_format("g/%s", row->checks);
		json_t *slept = json_object_get(world->slept, lane);
		CHECK_STR_EQ(json_get_string(gate, "outcome", NULL), row->outcome);
		CHECK_INT_EQ(json_get_int(verdict, "attempts", 0), row->attempts);
		CHECK_INT_EQ(heard.waiting, row->attempts - 1);
		CHECK_INT_EQ(heard.judged, 1);
		if (row->slept)
			CHECK_JSON_EQ(slept, row->slept);
		else
			CHECK_NULL(slept);
	}
}

TEST(several_checks_run_in_lanes_of_their_own)
{
	struct world *world;
	_cleanup_(effects_freep) struct effects *fx = NULL;
	_cleanup_json_ json_t *gate = NULL;
	_cleanup_json_ json_t *lanes = json_object();
	struct err err = {0};
	size_t i;
	json_t *asked;
	int result = run(
		"c a b",
		"{'http://a/': [{'status': 200, 'latency_ms': 1}],"
		" 'b:1': [{'connected': true}],"
		" 'c:443': [{'connected': true, 'chain_valid': true, 'name_match': true,"
		"            'days_left': 40}]}",
		&world, &fx, NULL, &gate, &err);
	if (!CHECK_OK(result, &err))
		return;
	json_array_foreach(world->asked, i, asked) {
		CHECK(!json_get_bool(asked, "act", true));
		json_object_set_new(lanes, json_get_string(asked, "lane", "?"),
				    json_true());
	}
	CHECK_JSON_EQ(lanes, "{'g/a': true, 'g/b': true, 'g/c': true}");
	CHECK_STR_EQ(json_get_string(gate, "name", NULL), "g");
	CHECK_INT_EQ(json_get_int(gate, "passed", 0), 3);
	CHECK_STR_EQ(json_string_value(json_at(gate, "/verdicts/0/check")), "c");
	CHECK_STR_EQ(json_string_value(json_at(gate, "/verdicts/2/check")), "b");
}

static const struct error_row {
	const char *name, *script;
	enum err_code code;
	const char *message;
} errors[] = {
	{"cancelled", "{'http://a/': [{'fail': 'cancelled'}]}", ERR_CANCELLED,
	 "check 'a'"},
	{"a secret is missing", "{'http://a/': [{'fail': 'config'}]}", ERR_CONFIG,
	 "check 'a'"},
	{"the tape diverged", "{'http://a/': [{'fail': 'diverged'}]}", ERR_DIVERGED,
	 "check 'a'"},
};

TEST(some_errors_end_the_run)
{
	FOR_ROWS(row, errors) {
		struct world *world;
		_cleanup_(effects_freep) struct effects *fx = NULL;
		json_t *gate = NULL;
		struct err err = {0};
		int result = run("a", row->script, &world, &fx, NULL, &gate, &err);
		CHECK_FAILS(result, &err, row->code, row->message);
		CHECK_NULL(gate);
		CHECK_INT_EQ(json_array_size(world->asked), 1);
	}
}

TEST(an_empty_gate_passes)
{
	struct world *world;
	_cleanup_(effects_freep) struct effects *fx = NULL;
	_cleanup_json_ json_t *gate = NULL;
	struct err err = {0};
	CHECK_OK(run("", "{}", &world, &fx, NULL, &gate, &err), &err);
	CHECK_STR_EQ(json_get_string(gate, "outcome", NULL), "pass");
}
