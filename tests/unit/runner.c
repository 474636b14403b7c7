/*
 * Runs the tests of one executable and reports: a line for each failing check, a summary at the end.
 * Exit status 0 all passed, 1 something failed or nothing ran, 77 skipped.
 */
#include "test.h"

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"

static struct test *tests;
static struct test **tests_end = &tests;
static const struct test *current;
static char current_row[256];
static bool current_failed;
static unsigned checks_done;
static char directory[64];

void test_register(struct test *test)
{
	*tests_end = test;
	tests_end = &test->next;
}

bool test_at_row(const char *name)
{
	snprintf(current_row, sizeof(current_row), "%s", name ? name : "");
	return name != NULL;
}

void test_row(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(current_row, sizeof(current_row), format, arguments);
	va_end(arguments);
}

__attribute__((format(printf, 3, 4))) static bool report(const char *file, int line,
							 const char *format, ...)
{
	current_failed = true;
	printf("%s:%d: %s", file, line, current ? current->name : "?");
	if (current_row[0])
		printf(" [%s]", current_row);
	fputs(": ", stdout);
	va_list arguments;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	return false;
}

bool test_check(bool passed, const char *what, const char *file, int line)
{
	checks_done++;
	return passed || report(file, line, "not true: %s", what);
}

/* Long texts differ somewhere in the middle: both are shown from the line that differs. */
static void skip_common_lines(const char **a, const char **b, int *ret_line)
{
	const char *start_a = *a;
	const char *start_b = *b;
	*ret_line = 1;
	for (size_t i = 0; start_a[i] && start_a[i] == start_b[i]; i++) {
		if (start_a[i] != '\n')
			continue;
		*a = start_a + i + 1;
		*b = start_b + i + 1;
		(*ret_line)++;
	}
}

bool test_check_str(const char *got, const char *want, const char *what, const char *file,
		    int line)
{
	checks_done++;
	if (got == want || (got && want && strcmp(got, want) == 0))
		return true;
	if (!got || !want)
		return report(file, line, "%s is %s%.200s%s, wanted %s%.200s%s", what,
			      got ? "\"" : "", got ? got : "NULL", got ? "\"" : "",
			      want ? "\"" : "", want ? want : "NULL", want ? "\"" : "");
	int at_line = 1;
	skip_common_lines(&got, &want, &at_line);
	if (at_line > 1 || strchr(got, '\n') || strchr(want, '\n'))
		return report(
			file, line,
			"%s differs from line %d on\n  got:  \"%.400s\"\n  want: \"%.400s\"",
			what, at_line, got, want);
	return report(file, line, "%s is \"%.400s\", wanted \"%.400s\"", what, got, want);
}

bool test_check_has(const char *got, const char *part, const char *what, const char *file,
		    int line)
{
	checks_done++;
	if (got && strstr(got, part))
		return true;
	return report(file, line, "%s does not contain \"%s\": \"%.800s\"", what, part,
		      got ? got : "NULL");
}

bool test_check_int(intmax_t got, intmax_t want, const char *what, const char *file,
		    int line)
{
	checks_done++;
	return got == want ||
	       report(file, line, "%s is %jd, wanted %jd", what, got, want);
}

bool test_check_near(double got, double want, double within, const char *what,
		     const char *file, int line)
{
	checks_done++;
	return fabs(got - want) <= within ||
	       report(file, line, "%s is %.17g, wanted %.17g ± %g", what, got, want,
		      within);
}

bool test_check_mem(const void *got, size_t got_size, const void *want, size_t want_size,
		    const char *what, const char *file, int line)
{
	checks_done++;
	const unsigned char *a = got;
	const unsigned char *b = want;
	for (size_t i = 0; i < got_size && i < want_size; i++)
		if (a[i] != b[i])
			return report(file, line,
				      "%s differs at byte %zu: 0x%02x, wanted 0x%02x",
				      what, i, (unsigned)a[i], (unsigned)b[i]);
	return got_size == want_size || report(file, line, "%s has %zu bytes, wanted %zu",
					       what, got_size, want_size);
}

static json_t *json_from_loose_text(const char *text)
{
	char *strict = mem_strdup(text);
	if (!strchr(strict, '"'))
		for (char *quote = strict; (quote = strchr(quote, '\'')) != NULL;)
			*quote = '"';
	json_t *value =
		json_loads(strict, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	free(strict);
	return value;
}

bool test_check_json(const json_t *got, const char *want, const char *what,
		     const char *file, int line)
{
	checks_done++;
	json_t *wanted = json_from_loose_text(want);
	if (!wanted)
		return report(file, line, "the wanted value is not JSON: %s", want);
	bool passed = got && json_equal(got, wanted);
	if (!passed) {
		const size_t flags = JSON_ENCODE_ANY | JSON_SORT_KEYS;
		char *got_text = got ? json_dumps(got, flags) : NULL;
		char *want_text = json_dumps(wanted, flags);
		report(file, line, "%s\n  is     %s\n  wanted %s", what,
		       got_text ? got_text : "NULL", want_text);
		free(got_text);
		free(want_text);
	}
	json_decref(wanted);
	return passed;
}

bool test_check_ok(int result, const struct err *err, const char *what, const char *file,
		   int line)
{
	checks_done++;
	return result == 0 || report(file, line, "%s returned %d: %s: %s%s%s", what,
				     result, err_code_name(err->code), err->message,
				     err->hint[0] ? " — " : "", err->hint);
}

bool test_check_fails(int result, const struct err *err, enum err_code code,
		      const char *part, const char *what, const char *file, int line)
{
	checks_done++;
	if (result == 0)
		return report(file, line, "%s succeeded, wanted an error about \"%s\"",
			      what, part);
	if (err->code != code)
		return report(file, line, "%s failed with %s, wanted %s: %s", what,
			      err_code_name(err->code), err_code_name(code),
			      err->message);
	if (!strstr(err->message, part) && !strstr(err->hint, part))
		return report(file, line,
			      "%s says \"%s\" (hint \"%s\"), wanted \"%s\" in it", what,
			      err->message, err->hint, part);
	return true;
}

char *test_read(const char *path_below_tests, size_t *ret_size)
{
	char path[1024];
	snprintf(path, sizeof(path), "tests/%s",
		 path_below_tests); /* ctest starts us at the top */
	FILE *stream = fopen(path, "rb");
	if (!stream) {
		fprintf(stderr, "test_read: '%s': %s\n", path, strerror(errno));
		exit(1);
	}
	size_t size = 0;
	size_t room = 4096;
	char *text = mem_alloc(room);
	for (size_t n; (n = fread(text + size, 1, room - size - 1, stream)) > 0;) {
		size += n;
		if (size + 1 == room)
			text = mem_realloc(text, room *= 2);
	}
	fclose(stream);
	text[size] = '\0';
	if (ret_size)
		*ret_size = size;
	return text;
}

const char *test_directory(void)
{
	if (!directory[0]) {
		snprintf(directory, sizeof(directory), "/tmp/belay-unit.XXXXXX");
		if (!mkdtemp(directory)) {
			fprintf(stderr, "test_directory: %s\n", strerror(errno));
			exit(1);
		}
	}
	return directory;
}

static int remove_entry(const char *path, const struct stat *status, int kind,
			struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void remove_directory(void)
{
	if (directory[0])
		nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	directory[0] = '\0';
}

void test_skip(const char *format, ...)
{
	fputs("skipped: ", stdout);
	va_list arguments;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	remove_directory();
	exit(77);
}

static bool wanted(const struct test *test, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(test->name, argv[i]))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	mem_init();
	if (argc == 2 && strcmp(argv[1], "-l") == 0) {
		for (const struct test *test = tests; test; test = test->next)
			puts(test->name);
		return 0;
	}
	unsigned ran = 0;
	unsigned failed = 0;
	for (const struct test *test = tests; test; test = test->next) {
		if (!wanted(test, argc, argv))
			continue;
		current = test;
		current_failed = false;
		current_row[0] = '\0';
		test->run();
		remove_directory();
		ran++;
		failed += current_failed;
	}
	printf("%u tests, %u checks, %u failed\n", ran, checks_done, failed);
	return ran == 0 || failed > 0 ? 1 : 0;
}
