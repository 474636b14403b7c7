/* The checks of the harness itself, those that pass; the failing ones are in tests/harness/fails.c. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static const struct row {
	const char *name;
	int value;
} rows[] = {
	{"one", 1},
	{"two", 2},
};

TEST(rows_come_in_order)
{
	int sum = 0;
	FOR_ROWS(row, rows)
		sum = sum * 10 + row->value;
	CHECK_INT_EQ(sum, 12);
}

TEST(json_is_compared_as_a_value)
{
	json_t *value = json_pack("{s:i, s:[s]}", "b", 1, "a", "x");
	CHECK_JSON_EQ(value, "{'a': ['x'], 'b': 1}");
	json_decref(value);
}

TEST(errors_are_compared)
{
	struct err err = {0};
	CHECK_FAILS(err_set(&err, ERR_CONFIG, "no key '%s'", "hosts"), &err, ERR_CONFIG,
		    "'hosts'");
}

static char earlier[64];

TEST(directory_is_there)
{
	struct stat status;
	snprintf(earlier, sizeof(earlier), "%s", test_directory());
	CHECK(stat(earlier, &status) == 0 && S_ISDIR(status.st_mode));
	CHECK_STR_EQ(test_directory(), earlier);
}

TEST(directory_is_gone_afterwards)
{
	CHECK(access(earlier, F_OK) < 0);
}
