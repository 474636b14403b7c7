/* Every check failing once: tests/harness/run compares what is printed with fails.txt. */
#include <math.h>

#include "test.h"

static const struct row {
	const char *name;
} rows[] = {{"the row"}};

TEST(all_fail)
{
	struct err err = {.code = ERR_NET, .message = "gone", .hint = "look"};
	json_t *value = json_integer(1);
	FOR_ROWS(row, rows)
		CHECK(row->name == NULL);
	CHECK_STR_EQ("a", "b");
	CHECK_STR_EQ(NULL, "b");
	CHECK_STR_EQ("one\ntwo\n", "one\n2\n");
	CHECK_STR_HAS("abc", "x");
	CHECK_INT_EQ((size_t)3, -4);
	CHECK_NEAR(1.0, 2.0, 0.5);
	CHECK_NEAR((double)NAN, 2.0, 0.5);
	CHECK_MEM_EQ("ab", 2, "ac", 2);
	CHECK_MEM_EQ("ab", 2, "a", 1);
	CHECK_JSON_EQ(value, "{'a': 1}");
	CHECK_JSON_EQ(value, "{");
	CHECK_OK(-1, &err);
	CHECK_FAILS(0, &err, ERR_NET, "gone");
	CHECK_FAILS(-1, &err, ERR_AUTH, "gone");
	CHECK_FAILS(-1, &err, ERR_NET, "here");
	json_decref(value);
}

TEST(passes)
{
	CHECK(true);
}
