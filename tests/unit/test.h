/*
 * Unit tests: one executable per file, tests/unit/ROOM/NAME.c for src/ROOM/NAME.c.
 *
 *     static const struct row {
 *         const char *name;
 *         const char *text;
 *         int want;
 *     } rows[] = {
 *         {"plain number", "42", 42},
 *         {"leading zero", "007", 7},
 *     };
 *
 *     TEST(parses_numbers)
 *     {
 *         FOR_ROWS (row, rows) {
 *             struct err err = {0};
 *             int got = 0;
 *             CHECK_OK(number_parse(row->text, &got, &err), &err);
 *             CHECK_INT_EQ(got, row->want);
 *         }
 *     }
 *
 * A check that fails prints one line with file, line, test, row and both values, and the test goes
 * on; every check yields whether it passed, so `if (!CHECK(p)) return;` guards what follows. Run an
 * executable with words to run only the tests whose names contain one of them, with -l for a list.
 */
#ifndef BELAY_TEST_H
#define BELAY_TEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"

struct test {
	const char *name;
	const char *file;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *test);

/* Starts a test; it registers itself and runs in the order of the file. */
#define TEST(test_name)                                                                  \
	static void test_run_##test_name(void);                                          \
	__attribute__((constructor)) static void test_register_##test_name(void)         \
	{                                                                                \
		static struct test test = {#test_name, __FILE__, test_run_##test_name,   \
					   NULL};                                        \
		test_register(&test);                                                    \
	}                                                                                \
	static void test_run_##test_name(void)

/* Walks a table whose rows have a .name, which failing checks then show. */
#define FOR_ROWS(row, table)                                                             \
	for (__typeof__(&(table)[0]) row = (table);                                      \
	     test_at_row(row < (table) + sizeof(table) / sizeof((table)[0]) ? row->name  \
									    : NULL);     \
	     row++)

/* Names the row by hand, for loops of another kind. NULL ends it. Yields whether there is one. */
bool test_at_row(const char *name);
__attribute__((format(printf, 1, 2))) void test_row(const char *format, ...);

/* The file below tests/ as a NUL-terminated string, read whole; the process ends if it cannot be.
 * Free with free(). */
char *test_read(const char *path_below_tests, size_t *ret_size);

/* A directory of this test's own, removed with everything in it when the test is over. */
const char *test_directory(void);

/* Skips the rest of the run: the executable ends with ctest's status for "skipped". For a tool or a
 * permission that is missing; say which. */
__attribute__((format(printf, 1, 2), noreturn)) void test_skip(const char *format, ...);

#define TEST_AT __FILE__, __LINE__

#define CHECK(condition) test_check((condition) ? true : false, #condition, TEST_AT)
#define CHECK_STR_EQ(got, want) test_check_str((got), (want), #got, TEST_AT)
#define CHECK_STR_HAS(got, part) test_check_has((got), (part), #got, TEST_AT)
#define CHECK_INT_EQ(got, want)                                                          \
	test_check_int((intmax_t)(got), (intmax_t)(want), #got, TEST_AT)
#define CHECK_NEAR(got, want, within)                                                    \
	test_check_near((got), (want), (within), #got, TEST_AT)
#define CHECK_MEM_EQ(got, got_size, want, want_size)                                     \
	test_check_mem((got), (got_size), (want), (want_size), #got, TEST_AT)
#define CHECK_NULL(pointer) test_check((pointer) == NULL, #pointer " == NULL", TEST_AT)

/* JSON values compared as values; want is JSON text in which ' may stand for ". Borrows got. */
#define CHECK_JSON_EQ(got, want) test_check_json((got), (want), #got, TEST_AT)

/* A call that returns 0, or -1 with err filled: shows the error when there is one. */
#define CHECK_OK(call, err) test_check_ok((call), (err), #call, TEST_AT)
/* A call that must fail, with that code and a message (or hint) that contains part. */
#define CHECK_FAILS(call, err, want_code, part)                                          \
	test_check_fails((call), (err), (want_code), (part), #call, TEST_AT)

bool test_check(bool passed, const char *what, const char *file, int line);
bool test_check_str(const char *got, const char *want, const char *what, const char *file,
		    int line);
bool test_check_has(const char *got, const char *part, const char *what, const char *file,
		    int line);
bool test_check_int(intmax_t got, intmax_t want, const char *what, const char *file,
		    int line);
bool test_check_near(double got, double want, double within, const char *what,
		     const char *file, int line);
bool test_check_mem(const void *got, size_t got_size, const void *want, size_t want_size,
		    const char *what, const char *file, int line);
bool test_check_json(const json_t *got, const char *want, const char *what,
		     const char *file, int line);
bool test_check_ok(int result, const struct err *err, const char *what, const char *file,
		   int line);
bool test_check_fails(int result, const struct err *err, enum err_code code,
		      const char *part, const char *what, const char *file, int line);

#endif
