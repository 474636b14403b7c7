/* What becomes of a command's output: the line that is shown, and the error. */
#include "driver/table.h"

#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "test.h"

static const struct line_row {
	const char *name;
	const char *out, *err;
	const char *want;
} line_rows[] = {
	{"nothing", "", "", ""},
	{"standard output", "one\ntwo\n", "", "two"},
	{"standard error first", "one\n", "bad\n", "bad"},
	{"blank lines at the end", "one\n", "bad\n\n  \n", "bad"},
	{"blank standard error", "one\n", "\n", "one"},
	{"no newline", "one", "", "one"},
};

TEST(shows_the_last_line)
{
	FOR_ROWS(row, line_rows) {
		_cleanup_json_ json_t *answer =
			json_pack("{s:s, s:s}", "stdout", row->out, "stderr", row->err);
		char *line = output_last_line(answer);
		CHECK_STR_EQ(line, row->want);
		free(line);
	}
}

static const struct error_row {
	const char *name;
	const char *answer;
	const char *subject;
	const char *want;
	enum err_code code;
} error_rows[] = {
	{"status", "{\"exit\": 3, \"stderr\": \"belay: no space\\n\"}", "web1",
	 "web1: step failed with status 3: no space", ERR_FAIL},
	{"no subject", "{\"exit\": 1, \"stderr\": \"\"}", NULL,
	 "step failed with status 1", ERR_FAIL},
	{"signal", "{\"exit\": 0, \"signal\": 9}", "web1",
	 "web1: step was ended by signal 9", ERR_FAIL},
	{"time", "{\"exit\": 0, \"signal\": 9, \"timed_out\": true}", "web1",
	 "web1: step did not end in time", ERR_TIMEOUT},
};

TEST(says_how_it_ended)
{
	FOR_ROWS(row, error_rows) {
		struct err err = {0};
		_cleanup_json_ json_t *answer = NULL;
		CHECK_OK(json_parse(row->answer, strlen(row->answer), "row", &answer,
				    &err),
			 &err);
		CHECK_INT_EQ(output_failed(answer, row->subject, "step", &err), -1);
		CHECK_STR_EQ(err.message, row->want);
		CHECK_INT_EQ(err.code, row->code);
	}
}

TEST(every_driver_is_whole)
{
	for (size_t i = 0; drivers[i]; i++) {
		CHECK(drivers[i]->name && drivers[i]->summary);
		CHECK(drivers[i]->plan && drivers[i]->capture);
		CHECK(drivers[i]->activate && drivers[i]->undo);
		CHECK(driver_find(drivers[i]->name) == drivers[i]);
	}
	CHECK(driver_find("no-such-driver") == NULL);
}
