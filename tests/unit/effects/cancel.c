/* Signals cancel, whoever tidies up acknowledges, a second signal cancels again. The count of
 * signals belongs to the process, so these tests build on one another's state only through their
 * own chains, each of which acknowledges what came before it. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "platform/deadline.h"
#include "test.h"

static struct effects *live_chain(void)
{
	effects_catch_signals();
	struct effects *fx = effects_new(effects_redact_new(effects_live_new()));
	(void)effects_acknowledge_cancel(fx);
	return fx;
}

static int run_shell(struct effects *fx, const char *text, enum effect_mode mode,
		     json_t **ret_answer, struct err *err)
{
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:i, s:i}", "shell", text, "timeout_ms", 20000,
			  "max_output_bytes", 1000);
	struct effect effect = {
		.kind = "run", .mode = mode, .args = args, .summary = "run it"};
	return effects_perform(fx, &effect, ret_answer, err);
}

TEST(a_signal_cancels_until_acknowledged)
{
	_cleanup_(effects_freep) struct effects *fx = live_chain();
	struct err err = {0};
	CHECK(!effects_acknowledge_cancel(fx));
	CHECK_OK(effects_sleep(fx, 1, &err), &err);
	raise(SIGTERM);
	CHECK_FAILS(effects_sleep(fx, 1, &err), &err, ERR_CANCELLED, "signal");
	CHECK(effects_cancelled(fx));
	CHECK_FAILS(run_shell(fx, "true", EFFECT_ACT, NULL, &err), &err, ERR_CANCELLED,
		    "signal");

	/* These never stop. */
	CHECK(effects_now_ms(fx) > 0);
	CHECK(effects_random(fx) != effects_random(fx));
	_cleanup_free_ char *path = NULL;
	CHECK_OK(effects_env(fx, "PATH", &path, &err), &err);
	struct effect system = {.kind = "system"};
	CHECK_OK(effects_perform(fx, &system, NULL, &err), &err);

	CHECK(effects_acknowledge_cancel(fx));
	CHECK(!effects_cancelled(fx));
	CHECK_OK(effects_sleep(fx, 1, &err), &err);
	CHECK(!effects_acknowledge_cancel(fx));

	raise(SIGINT);
	CHECK_FAILS(effects_sleep(fx, 1, &err), &err, ERR_CANCELLED, "signal");
	CHECK(effects_acknowledge_cancel(fx));
	CHECK_OK(run_shell(fx, "true", EFFECT_ACT, NULL, &err), &err);
}

static void *raise_soon(void *unused)
{
	usleep(200 * 1000);
	kill(getpid(), SIGINT);
	return unused;
}

TEST(a_sleep_ends_at_once)
{
	_cleanup_(effects_freep) struct effects *fx = live_chain();
	struct err err = {0};
	pthread_t thread;
	pthread_create(&thread, NULL, raise_soon, NULL);
	int64_t started = deadline_now_ms();
	CHECK_FAILS(effects_sleep(fx, 30000, &err), &err, ERR_CANCELLED, "signal");
	CHECK(deadline_now_ms() - started < 5000);
	pthread_join(thread, NULL);
}

/* A command of ours is told to end, whether it only looks or changes something. */
TEST(commands_are_told_to_end)
{
	static const enum effect_mode modes[] = {EFFECT_ACT, EFFECT_OBSERVE};
	_cleanup_(effects_freep) struct effects *fx = live_chain();
	struct err err = {0};
	for (size_t i = 0; i < 2; i++) {
		int64_t started = deadline_now_ms();
		CHECK_FAILS(
			run_shell(fx, "kill -TERM $PPID; sleep 20", modes[i], NULL, &err),
			&err, ERR_CANCELLED, "signal");
		CHECK(deadline_now_ms() - started < 6000);
		CHECK_FAILS(effects_sleep(fx, 1, &err), &err, ERR_CANCELLED, "signal");
		CHECK(effects_acknowledge_cancel(fx));
	}
}

struct lane_result {
	bool acknowledged, sleeps;
};

static void tidy_up_in_first_lane(struct effects *lane, size_t index, void *context)
{
	struct lane_result *results = context;
	struct err err = {0};
	if (index == 0)
		results[index].acknowledged = effects_acknowledge_cancel(lane);
	results[index].sleeps = effects_sleep(lane, 1, &err) == 0;
}

/* One lane that tidies up must not set the others going again. */
TEST(acknowledging_is_for_a_lane_and_those_below)
{
	_cleanup_(effects_freep) struct effects *fx = live_chain();
	struct lane_result results[2] = {0};
	static const char *const names[] = {"a", "ab"};
	struct err err = {0};
	raise(SIGTERM);
	for (size_t i = 0; i < 2; i++) {
		/* One after the other, so that "ab" certainly comes later. */
		effects_fan_out(fx, i == 0 ? 1 : 2, names, tidy_up_in_first_lane,
				results);
		CHECK(results[0].sleeps);
	}
	CHECK(!results[1].sleeps);
	CHECK(effects_cancelled(fx));
	CHECK_FAILS(effects_sleep(fx, 1, &err), &err, ERR_CANCELLED, "signal");
	CHECK(effects_acknowledge_cancel(fx));
	effects_fan_out(fx, 2, names, tidy_up_in_first_lane, results);
	CHECK(results[1].sleeps);
}
