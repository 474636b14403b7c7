/* Logs of services: folded to their end, shown as they are to nobody's harm. */
#include "logs.h"

#include <string.h>

#include "belay/mem.h"
#include "test.h"

static const struct row {
	const char *name;
	bool verbose;
	const char *text, *want;
} rows[] = {
	{"short", false, "one\ntwo\n", "\napi: build log\n    one\n    two\n"},
	{"without an end of line", false, "one", "\napi: build log\n    one\n"},
	{"folded", false, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n",
	 "\napi: build log (last 8 of 10 lines; --verbose shows all)\n    3\n    4\n    5\n"
	 "    6\n    7\n    8\n    9\n    10\n"},
	{"all of it", true, "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
	 "\napi: build log\n    1\n    2\n    3\n    4\n    5\n    6\n    7\n    8\n    9\n"},
	{"escape sequences", false, "\x1b[2Jgone", "\napi: build log\n    ␛[2Jgone\n"},
	{"nothing", false, "", "\napi: build log\n"},
};

TEST(shows_the_end)
{
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str out = STR_INIT;
		const struct render render = {.verbose = row->verbose};
		json_t *logs = json_pack("[{s:s, s:s, s:s}]", "service", "api", "title",
					 "build log", "text", row->text);
		logs_add(&out, &render, logs);
		CHECK_STR_EQ(str_text(&out), row->want);
		json_decref(logs);
	}
}

TEST(no_logs_nothing_said)
{
	_cleanup_str_ struct str out = STR_INIT;
	const struct render render = {0};
	logs_add(&out, &render, NULL);
	CHECK_STR_EQ(str_text(&out), "");
}
