/* Lanes, fan-out, short forms. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "belay/json.h"
#include "fake_layer.h"
#include "test.h"

static struct effects *fake_chain(atomic_uint *asked)
{
	return effects_new(fake_new(asked));
}

TEST(performs_and_fails)
{
	_cleanup_(effects_freep) struct effects *fx = fake_chain(NULL);
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	CHECK_OK(ask(fx, "system", EFFECT_OBSERVE, "{'a': 1}", &answer, &err), &err);
	CHECK_JSON_EQ(answer, "{'echo': {'a': 1}, 'lane': ''}");
	CHECK_FAILS(ask(fx, "fail.auth", EFFECT_ACT, "{}", NULL, &err), &err, ERR_AUTH,
		    "it failed");
	CHECK_STR_EQ(err.hint, "try again");
	struct effect bare = {.kind = "system"};
	CHECK_OK(effects_perform(fx, &bare, NULL, &err), &err);
}

struct visits {
	char *lanes[200];
	atomic_uint running, most;
};

static void visit(struct effects *lane, size_t index, void *context)
{
	struct visits *visits = context;
	unsigned running = atomic_fetch_add(&visits->running, 1) + 1;
	unsigned most = atomic_load(&visits->most);
	while (running > most &&
	       !atomic_compare_exchange_weak(&visits->most, &most, running))
		;
	json_t *answer = NULL;
	struct err err = {0};
	if (ask(lane, "system", EFFECT_OBSERVE, "{}", &answer, &err) == 0)
		visits->lanes[index] = mem_strdup(json_get_string(answer, "lane", "?"));
	json_decref(answer);
	atomic_fetch_sub(&visits->running, 1);
}

TEST(fan_out_runs_every_index_in_its_lane)
{
	_cleanup_(effects_freep) struct effects *fx = fake_chain(NULL);
	static struct visits visits;
	const char *names[ARRAY_SIZE(visits.lanes)];
	char storage[ARRAY_SIZE(visits.lanes)][16];
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(storage[i], sizeof storage[i], "host/%zu", i);
		names[i] = storage[i];
	}
	effects_fan_out(fx, ARRAY_SIZE(names), names, visit, &visits);
	CHECK(atomic_load(&visits.most) <= 64);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CHECK_STR_EQ(visits.lanes[i], names[i]);
		free(visits.lanes[i]);
	}
}

static void nest(struct effects *lane, size_t index, void *context)
{
	static const char *const names[] = {"a", "b", "a"};
	struct visits *all = context;
	effects_fan_out(lane, ARRAY_SIZE(names), names, visit, &all[index]);
}

TEST(nested_lanes_and_equal_names)
{
	_cleanup_(effects_freep) struct effects *fx = fake_chain(NULL);
	static struct visits visits[2];
	static const char *const names[] = {"x", "y"};
	effects_fan_out(fx, 2, names, nest, visits);
	static const char *const want[2][3] = {{"x/a", "x/b", "x/a#2"},
					       {"y/a", "y/b", "y/a#2"}};
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 3; j++) {
			CHECK_STR_EQ(visits[i].lanes[j], want[i][j]);
			free(visits[i].lanes[j]);
		}
}

TEST(fan_out_over_nothing)
{
	_cleanup_(effects_freep) struct effects *fx = fake_chain(NULL);
	effects_fan_out(fx, 0, NULL, visit, NULL);
	CHECK(!effects_cancelled(fx));
}

TEST(clocks)
{
	atomic_uint asked = 5;
	_cleanup_(effects_freep) struct effects *fx = fake_chain(&asked);
	CHECK_INT_EQ(effects_now_ms(fx), 1005);
	CHECK_INT_EQ(effects_mono_ms(fx), 6);
}

/* A chain that fails everything: the time stays what it was, and the failure is reported by the
 * next effect that can. */
static int fail_perform(struct effects_layer *layer, const struct lane *lane,
			const struct effect *effect, json_t **ret_answer, struct err *err)
{
	(void)layer;
	(void)lane;
	(void)ret_answer;
	return err_set(err, ERR_DIVERGED, "no %s here", effect->kind);
}

static const struct effects_layer_ops fail_ops = {
	.name = "fail", .perform = fail_perform, .release = fake_release};

static void read_clock(struct effects *lane, size_t index, void *context)
{
	(void)index;
	(void)context;
	(void)effects_now_ms(lane);
}

TEST(failures_of_short_forms_are_held_back)
{
	struct fake *bottom = mem_new(struct fake);
	bottom->layer.ops = &fail_ops;
	_cleanup_(effects_freep) struct effects *fx = effects_new(&bottom->layer);
	struct err err = {0};
	CHECK_INT_EQ(effects_now_ms(fx), 0);
	CHECK_INT_EQ(effects_mono_ms(fx), 0);
	CHECK_FAILS(effects_sleep(fx, 1, &err), &err, ERR_DIVERGED, "no clock here");
	CHECK_FAILS(effects_sleep(fx, 1, &err), &err, ERR_DIVERGED, "no sleep here");

	static const char *const names[] = {"a", "b"};
	effects_fan_out(fx, 2, names, read_clock, NULL);
	CHECK_FAILS(effects_sleep(fx, 1, &err), &err, ERR_DIVERGED, "no clock here");
}

TEST(text_that_is_not_utf8)
{
	_cleanup_(effects_freep) struct effects *fx = fake_chain(NULL);
	struct err err = {0};
	char *text = NULL;
	CHECK_FAILS(effects_read_file(fx, "\xff", 1, &text, &err), &err, ERR_CONFIG,
		    "UTF-8");
	CHECK_FAILS(effects_write_file(fx, "x", "\xff", 0644, false, &err), &err,
		    ERR_CONFIG, "UTF-8");
	CHECK_FAILS(effects_env(fx, "\xff", &text, &err), &err, ERR_CONFIG, "UTF-8");
}
