/* Delivering to real sites: two processes at once, a process that is killed between two of its steps, slow
 * and broken sites, signatures, and secrets that must appear nowhere. Chats are held against the shapes
 * that their vendors publish (tests/peers/vendors).
 *
 * Where the sites are comes from the environment (tests/peers/sinks.sh): SINKS, SINKS_HTTP. The test skips
 * itself without. The journal is a bare repository in a directory of the test's own. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "effects/layer.h"
#include "engine/aftermath.h"
#include "engine/deliver_send.h"
#include "test.h"

#define SLACK_HOOK "/slack/services/T0000/B0000/XXXXXXXXXXXXXXXXXXXXXXXX"
#define DISCORD_HOOK                                                                     \
	"/discord/api/webhooks/1234567890/abcdefghijklmnopqrstuvwxyz0123456789"
#define SECRET_PATH "/hook/s3cret-path-of-the-hook-0123456789"
#define SIGNING_KEY "s1gning-key-0123456789"

/* --- a clock that the test moves, and a process that dies when it is told to ------------------- */

struct fate {
	struct effects_layer layer;
	int64_t later_ms;    /* added to the clock */
	const char *dies_at; /* kind of effect, or NULL */
	int countdown;       /* … the n-th of them … */
	bool after;          /* … before it is made, or after */
};

static bool dies_now(struct fate *fate, const char *kind)
{
	return fate->dies_at && strcmp(kind, fate->dies_at) == 0 &&
	       --fate->countdown == 0;
}

static int fate_perform(struct effects_layer *layer, const struct lane *lane,
			const struct effect *effect, json_t **ret, struct err *err)
{
	struct fate *fate = (struct fate *)layer;
	bool dies = dies_now(fate, effect->kind);
	if (dies && !fate->after)
		kill(getpid(), SIGKILL);
	int result = layer_perform(layer->below, lane, effect, ret, err);
	if (dies)
		kill(getpid(), SIGKILL);
	if (result == 0 && strcmp(effect->kind, "clock") == 0)
		json_object_set_new(
			*ret, "now_ms",
			json_integer(json_get_int(*ret, "now_ms", 0) + fate->later_ms));
	return result;
}

static void fate_release(struct effects_layer *layer)
{
	free(layer);
}

/* --- one run ---------------------------------------------------------------------------------- */

struct run {
	struct fate *fate;
	struct effects *fx;
	struct config *config;
	struct engine engine;
	struct store *store;
	json_t *run;
	struct courier courier;
	struct err err;
};

static const char *from_environment(const char *name)
{
	const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
	if (!value)
		test_skip("%s is not set", name);
	return value;
}

static struct run run_begin(const char *config, const char *tape)
{
	static const struct effects_layer_ops ops = {
		.name = "fate", .perform = fate_perform, .release = fate_release};
	struct run r = {.fate = mem_new(struct fate)};
	struct effects_layer *below = effects_redact_new(effects_live_new());
	if (tape)
		CHECK_OK(effects_record_new(below, tape, NULL, &below, &r.err), &r.err);
	r.fate->layer = (struct effects_layer){.ops = &ops, .below = below};
	r.fx = effects_new(&r.fate->layer);
	CHECK_OK(config_parse(config, strlen(config), "belay.yml", &r.config, NULL,
			      &r.err),
		 &r.err);
	r.engine = (struct engine){.fx = r.fx,
				   .config = r.config,
				   .environment =
					   config_environment(r.config, "production")};
	CHECK_OK(store_open(r.fx, r.config, "production", &r.store, &r.err), &r.err);
	r.run = json_pack("{s:o}", "id", json_sprintf("run-%d", (int)getpid()));
	return r;
}

/* The courier borrows from the run, which must stay where it is. */
static struct courier *courier_of(struct run *r)
{
	r->courier = (struct courier){&r->engine, r->store, r->run};
	return &r->courier;
}

static void run_end(struct run *r)
{
	store_free(r->store);
	effects_free(r->fx);
	config_free(r->config);
	json_decref(r->run);
}

/* Notifications of production in a configuration of its own. Fresh. */
static char *config_of(const char *names, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static char *config_of(const char *names, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list args;
	_cleanup_free_ char *init = str_format(
		"test -d '%s/journal.git' || git init -q --bare '%s/journal.git'",
		test_directory(), test_directory());
	CHECK_INT_EQ(system(init), 0); /* NOLINT */
	str_addf(&text,
		 "version: 1\nstate: {remote: %s/journal.git}\n"
		 "environments: {production: {notify: [%s]}}\nnotify:\n",
		 test_directory(), names);
	va_start(args, format);
	str_addv(&text, format, args);
	va_end(args);
	return str_take(&text);
}

static int stage_all(const struct journal_documents *documents, json_t *events,
		     void *context, struct err *err)
{
	const json_t *rows = context;
	_cleanup_json_ json_t *run = json_pack("{s:s}", "id", "somebody");
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row) {
		if (store_stage(documents, events, json_get_string(row, "type", ""),
				INT64_C(1763716323000), run, NULL,
				json_deep_copy(json_object_get(row, "data")), err) < 0)
			return -1;
	}
	return 0;
}

/* Puts `count` messages for everybody on the journal, claimed by nobody. */
static void queue(struct run *r, int count, const char *text)
{
	for (int i = 0; i < count; i++) {
		_cleanup_free_ char *key = str_format("alert/%d", i);
		_cleanup_json_ json_t *content = json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:[{s:s, s:s}]}", "title", text,
			"text", text, "version", "v2", "url", "https://ci.example/run/1",
			"at", "2026-11-21T09:52:03Z", "fields", "name", text, "value",
			text);
		const struct occasion occasion = {
			.topic = "degraded", .key = key, .content = content};
		_cleanup_json_ json_t *events = courier_events(
			courier_of(r), store_documents(r->store)->state, &occasion);
		json_array_remove(events, json_array_size(events) - 1);
		CHECK_OK(store_append(r->store, stage_all, events, &r->err), &r->err);
	}
}

static json_t *deliver(struct run *r)
{
	json_t *told = NULL;
	CHECK_OK(store_refresh(r->store, &r->err), &r->err);
	CHECK_OK(courier_deliver(courier_of(r), &told, &r->err), &r->err);
	return told;
}

static size_t count_told(const json_t *told, const char *outcome)
{
	size_t i, count = 0;
	const json_t *row;
	json_array_foreach(told, i, row)
		count += str_equal(json_get_string(row, "outcome", ""), outcome);
	return count;
}

/* --- what the sites were sent ----------------------------------------------------------------- */

/* Requests whose path begins with `path`, in their order. New. */
static json_t *requests(const char *path)
{
	_cleanup_free_ char *name =
		str_format("%s/requests.jsonl", from_environment("SINKS"));
	json_t *found = json_array();
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(name, "re");
	while (file && getline(&line, &size, file) > 0) {
		json_t *request = json_loads(line, 0, NULL);
		if (str_has_prefix(json_get_string(request, "path", ""), path))
			json_array_append(found, request);
		json_decref(request);
	}
	if (file)
		fclose(file);
	free(line);
	return found;
}

static size_t count_requests(const char *path)
{
	json_t *found = requests(path);
	size_t count = json_array_size(found);
	json_decref(found);
	return count;
}

/* How many different messages there are among them. */
static size_t count_different(const json_t *found)
{
	_cleanup_json_ json_t *keys = json_object();
	size_t i;
	const json_t *request;
	json_array_foreach(found, i, request)
		json_object_set_new(keys,
				    json_get_string(json_object_get(request, "headers"),
						    "idempotency-key", "?"),
				    json_true());
	return json_object_size(keys);
}

/* A path that no other test uses. Fresh. */
static char *fresh_path(void)
{
	static int number;
	return str_format("/deliver-%d-%d", (int)getpid(), ++number);
}

static void script(const char *rules)
{
	_cleanup_free_ char *name =
		str_format("%s/script.json", from_environment("SINKS"));
	FILE *file = fopen(name, "we");
	if (CHECK(file != NULL)) {
		for (const char *c = rules; *c; c++)
			fputc(*c == '\'' ? '"' : *c, file);
		fclose(file);
	}
}

static char *hook_config(const char *path)
{
	return config_of("a", "  a: {webhook: {url: '%s%s'}, on: [degraded]}\n",
			 from_environment("SINKS_HTTP"), path);
}

/* --- two processes ---------------------------------------------------------------------------- */

static pid_t deliver_in_child(const char *config, struct fate fate)
{
	fflush(NULL);
	pid_t child = fork();
	if (child != 0)
		return child;
	struct run r = run_begin(config, NULL);
	struct effects_layer layer = r.fate->layer;
	*r.fate = fate;
	r.fate->layer = layer;
	json_decref(deliver(&r));
	run_end(&r);
	_exit(0);
}

static int wait_for(pid_t child)
{
	int status = 0;
	CHECK(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(two_processes_send_each_message_once)
{
	for (int round = 1; round <= 5; round++) {
		test_row("round %d", round);
		_cleanup_free_ char *path = fresh_path();
		_cleanup_free_ char *config = hook_config(path);
		struct run r = run_begin(config, NULL);
		queue(&r, 5, "x");
		pid_t children[3];
		for (int i = 0; i < 3; i++)
			children[i] = deliver_in_child(config, (struct fate){0});
		for (int i = 0; i < 3; i++)
			CHECK_INT_EQ(wait_for(children[i]), 0);
		_cleanup_json_ json_t *sent = requests(path);
		CHECK_INT_EQ(json_array_size(sent), 5);
		CHECK_INT_EQ(count_different(sent), 5);
		run_end(&r);
	}
}

/* --- a process that is killed ----------------------------------------------------------------- */

static const struct {
	const char *name, *kind;
	int nth;
	bool after;
	size_t before, at_once, later; /* requests so far */
	size_t different;
} deaths[] = {
	{"before the claim", "git.append", 1, false, 0, 1, 1, 1},
	{"after the claim", "git.append", 1, true, 0, 0, 1, 1},
	{"before it is sent", "http", 1, false, 0, 0, 1, 1},
	/* The one case in which a message is sent twice: its key is the same both times. */
	{"after it was sent", "http", 1, true, 1, 1, 2, 1},
	{"before it is recorded", "git.append", 2, false, 1, 1, 2, 1},
	{"after it was recorded", "git.append", 2, true, 1, 1, 1, 1},
};

TEST(a_run_that_is_killed_loses_no_message)
{
	FOR_ROWS(row, deaths) {
		_cleanup_free_ char *path = fresh_path();
		_cleanup_free_ char *config = hook_config(path);
		struct run r = run_begin(config, NULL);
		queue(&r, 1, "x");
		const struct fate fate = {
			.dies_at = row->kind, .countdown = row->nth, .after = row->after};
		CHECK_INT_EQ(wait_for(deliver_in_child(config, fate)), 128 + SIGKILL);
		CHECK_INT_EQ(count_requests(path), row->before);
		json_decref(deliver(&r)); /* another run, at once: the claim holds */
		CHECK_INT_EQ(count_requests(path), row->at_once);
		r.fate->later_ms += CLAIM_MS + 1000; /* the claim is over */
		json_decref(deliver(&r));
		CHECK_INT_EQ(count_requests(path), row->later);
		r.fate->later_ms += CLAIM_MS + 1000; /* the claim is over */
		json_decref(deliver(&r));
		_cleanup_json_ json_t *sent = requests(path);
		CHECK_INT_EQ(json_array_size(sent), row->later);
		CHECK_INT_EQ(count_different(sent), row->different);
		CHECK_INT_EQ(json_array_size(json_object_get(
				     store_documents(r.store)->state, "outbox")),
			     0);
		run_end(&r);
	}
}

/* --- slow and broken sites -------------------------------------------------------------------- */

/* The slow site answers its first request after seconds: only then does it get the second one. By then the
 * quick one has had both of its own. */
TEST(a_slow_site_keeps_nobody_else_waiting)
{
	_cleanup_free_ char *slow = fresh_path();
	_cleanup_free_ char *quick = fresh_path();
	const char *http = from_environment("SINKS_HTTP");
	_cleanup_free_ char *config =
		config_of("s, q",
			  "  s: {webhook: {url: '%s%s'}, on: [degraded]}\n"
			  "  q: {webhook: {url: '%s%s'}, on: [degraded]}\n",
			  http, slow, http, quick);
	_cleanup_free_ char *rules = str_format("[{'path': '%s', 'delay': 4}]", slow);
	struct run r = run_begin(config, NULL);
	queue(&r, 2, "x");
	script(rules);
	_cleanup_json_ json_t *told = deliver(&r);
	CHECK_INT_EQ(count_told(told, "sent"), 4);
	_cleanup_json_ json_t *sent = requests("/deliver-");
	size_t last = json_array_size(sent) - 1;
	CHECK_STR_EQ(json_get_string(json_array_get(sent, last), "path", ""), slow);
	CHECK_INT_EQ(count_requests(quick), 2);
	script("[]");
	run_end(&r);
}

static const struct {
	const char *name, *rule; /* behind the path */
	const char *outcome;
	int64_t wait_ms; /* at least, until it is tried again */
} troubles[] = {
	{"429 with Retry-After", "'status': 429, 'headers': {'Retry-After': '90'}",
	 "failed", 90000},
	{"500", "'status': 500", "failed", 30000},
	{"503 with Retry-After", "'status': 503, 'headers': {'Retry-After': '120'}",
	 "failed", 120000},
	{"the connection is cut", "'cut': 'request'", "failed", 30000},
	{"the answer is lost", "'cut': 'answer'", "failed", 30000},
	{"404", "'status': 404", "dropped", 0},
	{"a redirect", "'status': 302, 'headers': {'Location': '/elsewhere'}", "dropped",
	 0},
};

TEST(sites_in_trouble)
{
	FOR_ROWS(row, troubles) {
		_cleanup_free_ char *path = fresh_path();
		_cleanup_free_ char *config = hook_config(path);
		_cleanup_free_ char *rules =
			str_format("[{'path': '%s', %s}]", path, row->rule);
		struct run r = run_begin(config, NULL);
		queue(&r, 1, "x");
		script(rules);
		_cleanup_json_ json_t *told = deliver(&r);
		CHECK_INT_EQ(count_told(told, row->outcome), 1);
		if (row->wait_ms > 0) {
			r.fate->later_ms += row->wait_ms - 5000;
			json_decref(deliver(&r));
			CHECK_INT_EQ(count_requests(path), 1);
			r.fate->later_ms += 10000;
			json_decref(deliver(&r));
			CHECK_INT_EQ(count_requests(path), 2);
		}
		CHECK_INT_EQ(json_array_size(json_object_get(
				     store_documents(r.store)->state, "outbox")),
			     0);
		script("[]");
		run_end(&r);
	}
}

/* --- signatures ------------------------------------------------------------------------------- */

/* What openssl makes of a text. Fresh. */
static char *openssl_hmac(const char *text)
{
	_cleanup_free_ char *file = str_format("%s/signed", test_directory());
	FILE *out = fopen(file, "we");
	fputs(text, out);
	fclose(out);
	_cleanup_free_ char *command = str_format(
		"openssl dgst -sha256 -hmac '%s' -hex '%s'", SIGNING_KEY, file);
	FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c) */
	char line[512] = "";
	CHECK(fgets(line, sizeof line, pipe) != NULL);
	CHECK_INT_EQ(pclose(pipe), 0);
	line[strcspn(line, "\n")] = '\0';
	const char *space = strrchr(line, ' ');
	return mem_strdup(space ? space + 1 : line);
}

TEST(openssl_agrees_with_the_signature)
{
	static const struct {
		const char *name, *sign, *header, *prefix, *stamp;
	} rows[] = {
		{"of the body", "", "x-belay-signature-256", "sha256=", NULL},
		{"with a time",
		 ", timestamp_header: X-Time, prefix: 'v1=', header: X-Sig", "x-sig",
		 "v1=", "x-time"},
	};
	setenv("SIGNING_KEY", SIGNING_KEY, 1); /* NOLINT(concurrency-mt-unsafe) */
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *path = fresh_path();
		_cleanup_free_ char *config = config_of(
			"a",
			"  a: {webhook: {url: '%s%s', sign: {secret: {env: SIGNING_KEY}%s}}, on: "
			"[degraded]}\n",
			from_environment("SINKS_HTTP"), path, row->sign);
		struct run r = run_begin(config, NULL);
		queue(&r, 1, "ä \"quoted\" text");
		_cleanup_json_ json_t *told = deliver(&r);
		CHECK_INT_EQ(count_told(told, "sent"), 1);
		_cleanup_json_ json_t *sent = requests(path);
		const json_t *request = json_array_get(sent, 0);
		const json_t *headers = json_object_get(request, "headers");
		const char *body = json_get_string(request, "body", "");
		const char *stamp =
			row->stamp ? json_get_string(headers, row->stamp, "") : NULL;
		_cleanup_free_ char *text =
			stamp ? str_format("%s.%s", stamp, body) : mem_strdup(body);
		_cleanup_free_ char *hex = openssl_hmac(text);
		_cleanup_free_ char *want = str_format("%s%s", row->prefix, hex);
		CHECK_STR_EQ(json_get_string(headers, row->header, ""), want);
		run_end(&r);
	}
}

/* --- secrets ---------------------------------------------------------------------------------- */

static bool file_has(const char *directory, const char *text)
{
	_cleanup_free_ char *command = str_format(
		"grep -rqF -e '%s' '%s' || { git -C '%s/journal.git' log -p --all "
		"--format=%%B | grep -qF -e '%s'; }",
		text, directory, directory, text);
	return system(command) == 0; /* NOLINT */
}

/* A secret address on a site that quotes it, redirects to it, refuses it, or is not there. */
TEST(a_secret_address_appears_nowhere)
{
	static const struct {
		const char *name, *rule;
		bool away;
	} rows[] = {
		{"taken", NULL, false},
		{"quoted in a refusal",
		 "'status': 404, 'body': 'no such path: " SECRET_PATH "'", false},
		{"redirected",
		 "'status': 302, 'headers': {'Location': '" SECRET_PATH "?again'}",
		 false},
		{"cut", "'cut': 'request'", false},
		{"away", NULL, true},
	};
	const char *http = from_environment("SINKS_HTTP");
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *url = str_format(
			"%s%s", row->away ? "http://127.0.0.1:9" : http, SECRET_PATH);
		_cleanup_free_ char *config = config_of(
			"a, s",
			"  a: {webhook: {url: {env: HOOK_URL}, sign: {secret: {env: "
			"SIGNING_KEY}}}, on: [degraded]}\n"
			"  s: {slack: {webhook: {env: HOOK_URL}}, on: [degraded]}\n");
		_cleanup_free_ char *rules = str_format(
			"[{'path': '" SECRET_PATH "', 'times': 2, 'x': '%s', %s}]",
			row->name, row->rule ? row->rule : "'status': 200");
		_cleanup_free_ char *tape = str_format("%s/%s.tape", test_directory(),
						       row->away ? "away" : row->name);
		setenv("HOOK_URL", url, 1);            /* NOLINT(concurrency-mt-unsafe) */
		setenv("SIGNING_KEY", SIGNING_KEY, 1); /* NOLINT(concurrency-mt-unsafe) */
		struct run r = run_begin(config, tape);
		queue(&r, 1, "x");
		script(rules);
		_cleanup_json_ json_t *told = deliver(&r);
		CHECK_INT_EQ(json_array_size(told), 2);
		_cleanup_free_ char *text = json_text_compact(told);
		CHECK_NULL(strstr(text, SECRET_PATH));
		CHECK_NULL(strstr(text, "s3cret-path"));
		run_end(&r);
		CHECK(file_has(test_directory(), "message.queued"));
		CHECK(file_has(test_directory(), "HOOK_URL"));
		CHECK(!file_has(test_directory(), "s3cret-path"));
		CHECK(!file_has(test_directory(), SIGNING_KEY));
		script("[]");
	}
}

/* --- chats ------------------------------------------------------------------------------------ */

static const char *const sayings[] = {
	"it broke",
	"<!channel> & <@U1> [a](http://evil.example) **b** `c` @everyone\nnext line",
	"",
};

TEST(chats_take_what_they_are_sent)
{
	const char *http = from_environment("SINKS_HTTP");
	_cleanup_free_ char *config = config_of(
		"hook, app, teams, discord",
		"  hook: {slack: {webhook: {env: SLACK_URL}}, on: [degraded]}\n"
		"  app: {slack: {token: {env: SLACK_TOKEN}, channel: '#ops', api_url: "
		"'%s/slack/api'}, on: [degraded]}\n"
		"  teams: {teams: {webhook: {env: TEAMS_URL}}, on: [degraded]}\n"
		"  discord: {discord: {webhook: {env: DISCORD_URL}}, on: [degraded]}\n",
		http);
	static const struct {
		const char *variable, *path;
	} addresses[] = {
		{"SLACK_URL", SLACK_HOOK},
		{"TEAMS_URL",
		 "/teams/workflows/0123456789abcdef/triggers?sig=0123456789"},
		{"DISCORD_URL", DISCORD_HOOK},
	};
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		_cleanup_free_ char *url = str_format("%s%s", http, addresses[i].path);
		setenv(addresses[i].variable, url, 1); /* NOLINT(concurrency-mt-unsafe) */
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe) */
	setenv("SLACK_TOKEN", "xoxb-0123456789-peer", 1);
	struct str longest = STR_INIT;
	for (int i = 0; i < 3000; i++)
		str_add(&longest, "<&>🔴ä");
	for (size_t i = 0; i <= ARRAY_SIZE(sayings); i++) {
		bool last = i == ARRAY_SIZE(sayings);
		const char *text = last ? str_text(&longest) : sayings[i];
		test_row("text %zu", i);
		struct run r = run_begin(config, NULL);
		queue(&r, 1, text);
		_cleanup_json_ json_t *told = deliver(&r);
		_cleanup_free_ char *words = json_text_compact(told);
		if (!CHECK_INT_EQ(count_told(told, "sent"), 4))
			puts(words);
		run_end(&r);
	}
	str_release(&longest);
}
