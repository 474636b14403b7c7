/* `belay watch`: how many rounds, and what is said of words that make no sense. The engine's own rounds are
 * in unit/engine/watch.c. */
#include "../engine/stage.h"
#include "belay/cli.h"

static struct stage *the_stage;

static int environment(struct command_context *context, const struct config **ret_config,
		       const struct config_environment **ret, struct err *err)
{
	(void)context;
	(void)err;
	*ret_config = the_stage->config;
	*ret = the_stage->engine.environment;
	return 0;
}

/* Runs `belay watch WORDS`. */
static int watch(struct stage *stage, const char *words, struct command_result *result,
		 struct err *err)
{
	char belay[] = "belay", verb[] = "watch";
	char *argv[8] = {belay, verb};
	int argc = 2;
	_cleanup_free_ char *copy = mem_strdup(words);
	for (char *word = copy; word && *word && argc < 7; argc++) {
		argv[argc] = word;
		word = strchr(word, ' ');
		if (word)
			*word++ = '\0';
	}
	_cleanup_(request_freep) struct request *request = NULL;
	const struct command *command = NULL;
	if (cli_parse(argc, argv, &request, &command, err) < 0)
		return -1;
	struct command_context context = {.fx = stage->fx,
					  .request = request,
					  .progress = stage->engine.progress,
					  .environment = environment};
	the_stage = stage;
	return command->run(&context, result, err);
}

static const struct {
	const char *name, *words;
	int64_t rounds,
		minutes; /* slept; rounds take a little of the stage's time, too */
} rows[] = {
	{"one", "", 1, 0},
	{"an hour", "--for 1h --every 5m", 12, 55},
	{"every minute", "--for 10m", 10, 9},
	{"a pause that is too long", "--for 3m --every 5m", 1, 0},
};

TEST(rounds_and_pauses)
{
	FOR_ROWS(row, rows) {
		struct stage *stage = stage_new("");
		struct command_result result = {0};
		struct err err = {0};
		CHECK_OK(watch(stage, row->words, &result, &err), &err);
		CHECK_INT_EQ(json_get_int(result.value, "rounds", 0), row->rounds);
		CHECK_INT_EQ(stage->world->slept_ms, row->minutes * 60000);
		json_decref(result.value);
		stage_end(stage);
	}
}

TEST(a_round_without_the_journal_is_lost_and_the_watch_goes_on)
{
	struct stage *stage = stage_new("");
	struct command_result result = {0};
	struct err err = {0};
	stage->world->failing = 1;
	CHECK_OK(watch(stage, "--for 10m --every 5m", &result, &err), &err);
	CHECK(stage_has(stage->notes, "a round was lost"));
	CHECK(result.value != NULL);
	json_decref(result.value);
	stage_end(stage);
}

static const struct {
	const char *name, *words, *why;
} faults[] = {
	{"no duration", "--for soon", "--for: 'soon' is no duration"},
	{"no time at all", "--for 0s", "is no duration"},
	{"a pause of one round", "--every 5m", "--every needs --for"},
};

TEST(words_that_make_no_sense)
{
	FOR_ROWS(row, faults) {
		struct stage *stage = stage_new("");
		struct command_result result = {0};
		struct err err = {0};
		CHECK_FAILS(watch(stage, row->words, &result, &err), &err, ERR_USAGE,
			    row->why);
		stage_end(stage);
	}
}
