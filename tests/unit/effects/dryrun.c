/* Acts are noted in an order that does not depend on threads; the world after them is assumed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/json.h"
#include "fake_layer.h"
#include "test.h"

static struct effects *dry_chain(atomic_uint *asked)
{
	return effects_new(effects_dryrun_new(fake_new(asked)));
}

static const struct act_row {
	const char *name, *args, *want;
} act_rows[] = {
	{"run", "{}",
	 "{'assumed': true, 'exit': 0, 'signal': null, 'timed_out': false, 'stdout': '',"
	 " 'stderr': '', 'truncated': false, 'duration_ms': 0}"},
	{"ssh.run", "{}",
	 "{'assumed': true, 'exit': 0, 'signal': null, 'timed_out': false, 'stdout': '',"
	 " 'stderr': '', 'truncated': false, 'duration_ms': 0}"},
	{"http", "{}", "{'assumed': true, 'status': 0, 'headers': {}, 'body': null}"},
	{"git.append", "{'commits': [{}, {}]}",
	 "{'assumed': true, 'raced': false, 'tip': '0000000000000000000000000000000000000000', 'ids':"
	 " ['0000000000000000000000000000000000000000', '0000000000000000000000000000000000000000']}"},
	{"file.write", "{'path': 'x'}", "{'assumed': true}"},
	{"scratch.make", "{}", "{'assumed': true, 'path': 'SCRATCH'}"},
	{"scratch.remove", "{'path': 'SCRATCH'}", "{'assumed': true}"},
	{"object.write", "{'store': {'name': 's'}, 'name': 'a'}", "{'assumed': true}"},
	{"object.remove", "{'store': {'name': 's'}, 'name': 'a'}", "{'assumed': true}"},
	{"backup.write", "{'kind': 'tar', 'stores': [{'name': 's'}], 'object': 'a'}",
	 "{'assumed': true, 'kind': 'tar', 'stores': [{'name': 's', 'ok': true}], 'chunks': [],"
	 " 'recipients': [], 'left_out': [], 'missing': [], 'warnings': [], 'tools': {}}"},
	{"backup.read",
	 "{'store': {'name': 's'}, 'object': 'a', 'to': {'directory': 'd'}}",
	 "{'assumed': true}"},
};

TEST(acts_are_not_performed)
{
	atomic_uint asked = 0;
	_cleanup_(effects_freep) struct effects *fx = dry_chain(&asked);
	FOR_ROWS(row, act_rows) {
		_cleanup_json_ json_t *answer = NULL;
		struct err err = {0};
		CHECK_OK(ask(fx, row->name, EFFECT_ACT, row->args, &answer, &err), &err);
		CHECK_JSON_EQ(answer, row->want);
		CHECK(answer_is_assumed(answer));
	}
	CHECK_INT_EQ(asked, 0);
	_cleanup_json_ json_t *noted = effects_noted(fx);
	CHECK_INT_EQ(json_array_size(noted), ARRAY_SIZE(act_rows));
	CHECK_JSON_EQ(
		json_array_get(noted, 0),
		"{'kind': 'run', 'subject': 'web1', 'summary': 'change web1', 'lane': ''}");
}

static const struct observe_row {
	const char *name;
	bool assumed; /* once something was noted */
} observe_rows[] = {
	{"http", true},
	{"tcp", true},
	{"tls", true},
	{"run", true},
	{"ssh.run", true},
	{"sleep", true},
	{"clock", false},
	{"random", false},
	{"env", false},
	{"secret", false},
	{"system", false},
	{"file.read", false},
	{"file.stat", false},
	{"artifact", false},
	{"git.read", false},
	{"git.log", false},
	{"git.repository", false},
};

TEST(the_world_after_an_act_is_assumed)
{
	_cleanup_(effects_freep) struct effects *fx = dry_chain(NULL);
	struct err err = {0};
	FOR_ROWS(row, observe_rows) {
		_cleanup_json_ json_t *answer = NULL;
		CHECK_OK(ask(fx, row->name, EFFECT_OBSERVE, "{}", &answer, &err), &err);
		CHECK(!answer_is_assumed(answer));
	}
	CHECK_OK(ask(fx, "git.append", EFFECT_ACT, "{'commits': []}", NULL, &err), &err);
	CHECK_OK(ask(fx, "file.write", EFFECT_ACT, "{}", NULL, &err), &err);
	FOR_ROWS(row, observe_rows) {
		_cleanup_json_ json_t *answer = NULL;
		CHECK_OK(ask(fx, row->name, EFFECT_OBSERVE, "{}", &answer, &err), &err);
		CHECK(!answer_is_assumed(answer)); /* no probe looks at the journal */
	}
	CHECK_OK(ask(fx, "run", EFFECT_ACT, "{}", NULL, &err), &err);
	FOR_ROWS(row, observe_rows) {
		_cleanup_json_ json_t *answer = NULL;
		CHECK_OK(ask(fx, row->name, EFFECT_OBSERVE, "{}", &answer, &err), &err);
		CHECK_INT_EQ(answer_is_assumed(answer), row->assumed);
	}
}

/* What is seen of stores after an act there: only what the act is about cannot be true any more. */
static const struct store_row {
	const char *name;
	const char *act, *act_args;
	const char *look, *look_args;
	bool assumed;
} store_rows[] = {
	{"the object that was written", "object.write",
	 "{'store': {'s': 1}, 'name': 'a/m'}", "object.read",
	 "{'store': {'s': 1}, 'name': 'a/m'}", true},
	{"another object", "object.write", "{'store': {'s': 1}, 'name': 'a/m'}",
	 "object.head", "{'store': {'s': 1}, 'name': 'a/n'}", false},
	{"the same object of another store", "object.write",
	 "{'store': {'s': 1}, 'name': 'a/m'}", "object.read",
	 "{'store': {'s': 2}, 'name': 'a/m'}", false},
	{"a list with it", "object.remove", "{'store': {'s': 1}, 'name': 'a/m'}",
	 "object.list", "{'store': {'s': 1}, 'prefix': 'a/'}", true},
	{"a list without it", "object.remove", "{'store': {'s': 1}, 'name': 'a/m'}",
	 "object.list", "{'store': {'s': 1}, 'prefix': 'b/'}", false},
	{"what was abandoned", "object.abandon", "{'store': {'s': 1}, 'name': 'a/m'}",
	 "object.unfinished", "{'store': {'s': 1}, 'prefix': ''}", true},
	{"a backup that was made", "backup.write",
	 "{'stores': [{'s': 1}, {'s': 2}], 'object': 'a/1/d'}", "backup.read",
	 "{'store': {'s': 2}, 'object': 'a/1/d'}", true},
	{"an older backup", "backup.write", "{'stores': [{'s': 1}], 'object': 'a/2/d'}",
	 "backup.read", "{'store': {'s': 1}, 'object': 'a/1/d'}", false},
	{"a store after a command", "run", "{}", "object.list",
	 "{'store': {'s': 1}, 'prefix': ''}", false},
	{"a host after a backup was made", "backup.write",
	 "{'stores': [{'s': 1}], 'object': 'a/2/d'}", "http", "{}", false},
	{"a host after a backup came back", "backup.read",
	 "{'store': {'s': 1}, 'object': 'a/1/d'}", "run", "{}", true},
	{"a store after a backup came back", "backup.read",
	 "{'store': {'s': 1}, 'object': 'a/1/d'}", "object.list",
	 "{'store': {'s': 1}, 'prefix': ''}", false},
};

TEST(what_an_act_changes_in_a_store_is_assumed)
{
	FOR_ROWS(row, store_rows) {
		_cleanup_(effects_freep) struct effects *fx = dry_chain(NULL);
		_cleanup_json_ json_t *before = NULL;
		_cleanup_json_ json_t *after = NULL;
		struct err err = {0};
		CHECK_OK(
			ask(fx, row->look, EFFECT_OBSERVE, row->look_args, &before, &err),
			&err);
		CHECK_OK(ask(fx, row->act, EFFECT_ACT, row->act_args, NULL, &err), &err);
		CHECK_OK(ask(fx, row->look, EFFECT_OBSERVE, row->look_args, &after, &err),
			 &err);
		CHECK(!answer_is_assumed(before));
		CHECK_INT_EQ(answer_is_assumed(after), row->assumed);
	}
}

/* Each host: look, act, look, then two steps inside; later lanes are quicker. */
struct looks {
	bool before, after;
};

static void inner(struct effects *lane, size_t index, void *context)
{
	(void)context;
	struct err err = {0};
	usleep((useconds_t)(2 - index) * 1000);
	(void)ask(lane, "ssh.run", EFFECT_ACT, "{}", NULL, &err);
}

static void deploy(struct effects *lane, size_t index, void *context)
{
	struct looks *looks = context;
	struct err err = {0};
	json_t *before = NULL, *after = NULL;
	static const char *const names[] = {"one", "two"};
	usleep((useconds_t)(4 - index) * 3000);
	(void)ask(lane, "http", EFFECT_OBSERVE, "{}", &before, &err);
	(void)ask(lane, "run", EFFECT_ACT, "{}", NULL, &err);
	(void)ask(lane, "http", EFFECT_OBSERVE, "{}", &after, &err);
	looks[index] =
		(struct looks){answer_is_assumed(before), answer_is_assumed(after)};
	json_decref(before);
	json_decref(after);
	effects_fan_out(lane, 2, names, inner, NULL);
	(void)ask(lane, "http", EFFECT_ACT, "{}", NULL, &err);
}

TEST(order_does_not_depend_on_threads)
{
	_cleanup_(effects_freep) struct effects *fx = dry_chain(NULL);
	struct err err = {0};
	struct looks looks[4];
	static const char *const names[] = {"d", "b", "c", "a"};
	_cleanup_json_ json_t *answer = NULL;
	effects_fan_out(fx, 4, names, deploy, looks);
	for (size_t i = 0; i < 4; i++) {
		test_row("lane %zu", i);
		CHECK(!looks[i].before); /* what siblings note does not count */
		CHECK(looks[i].after);
	}
	CHECK_OK(ask(fx, "http", EFFECT_OBSERVE, "{}", &answer, &err), &err);
	CHECK(answer_is_assumed(answer)); /* what lanes below noted does */
	CHECK_OK(ask(fx, "file.write", EFFECT_ACT, "{}", NULL, &err), &err);
	effects_fan_out(fx, 4, names, deploy, looks);
	CHECK(looks[0].before);

	struct str order = STR_INIT;
	_cleanup_json_ json_t *noted = effects_noted(fx);
	for (size_t i = 0; i < json_array_size(noted); i++)
		str_addf(&order, "%s:%s ",
			 json_get_string(json_array_get(noted, i), "lane", "?"),
			 json_get_string(json_array_get(noted, i), "kind", "?"));
	static const char round[] = "d:run d/one:ssh.run d/two:ssh.run d:http "
				    "b:run b/one:ssh.run b/two:ssh.run b:http "
				    "c:run c/one:ssh.run c/two:ssh.run c:http "
				    "a:run a/one:ssh.run a/two:ssh.run a:http ";
	char *want = str_format("%s:file.write %s", round, round);
	CHECK_STR_EQ(str_text(&order), want);
	free(want);
	str_release(&order);
}
