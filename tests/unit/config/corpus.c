/* The corpus of configurations: good ones bind, bad ones and those that only the checks across the
 * document refuse say what their first line announces ("# expect: LINE:COLUMN message"). The same files
 * are judged by ajv in tests/suite/ajv. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/config.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

#define CORPUS "corpus/config/"

/* Calls `judge` for each file of a directory, as a row of its name. Gives their number. */
static int for_files(const char *directory,
		     void (*judge)(const char *file, const char *text, size_t size))
{
	int count = 0;
	_cleanup_free_ char *path = str_format("tests/" CORPUS "%s", directory);
	DIR *stream = opendir(path);
	if (!CHECK(stream))
		return 0;
	for (struct dirent *entry; (entry = readdir(stream));) {
		if (!str_has_suffix(entry->d_name, ".yml"))
			continue;
		size_t size;
		_cleanup_free_ char *file =
			str_format(CORPUS "%s/%s", directory, entry->d_name);
		_cleanup_free_ char *text = test_read(file, &size);
		test_at_row(entry->d_name);
		judge(entry->d_name, text, size);
		count++;
	}
	test_at_row(NULL);
	closedir(stream);
	return count;
}

static void judge_good(const char *file, const char *text, size_t size)
{
	struct err err = {0};
	_cleanup_(config_freep) struct config *config = NULL;
	struct config_problems problems = {0};
	CHECK_OK(config_parse(text, size, file, &config, &problems, &err), &err);
	CHECK_INT_EQ(problems.count, 0);
	config_problems_release(&problems);
}

static void judge_bad(const char *file, const char *text, size_t size)
{
	static const char lead[] = "# expect: ";
	struct err err = {0};
	_cleanup_(config_freep) struct config *config = NULL;
	struct config_problems problems = {0};
	if (!CHECK(str_has_prefix(text, lead)))
		return;
	const char *start = text + strlen(lead);
	_cleanup_free_ char *want = mem_strndup(start, strcspn(start, "\n"));
	CHECK_INT_EQ(config_parse(text, size, file, &config, &problems, &err), -1);
	CHECK_INT_EQ(err.code, ERR_CONFIG);
	CHECK_NULL(config);
	if (!CHECK(problems.count > 0))
		return;
	_cleanup_free_ char *got =
		str_format("%u:%u %s", problems.items[0].place.line,
			   problems.items[0].place.column, problems.items[0].message);
	CHECK_STR_HAS(got, want);
	/* The error that other verbs show begins with the same place. */
	_cleanup_free_ char *place =
		str_format("%s:%u:%u: ", file, problems.items[0].place.line,
			   problems.items[0].place.column);
	CHECK_STR_HAS(err.message, place);
	config_problems_release(&problems);
}

TEST(good_files_bind)
{
	CHECK(for_files("good", judge_good) >= 29);
}

TEST(bad_files_say_what_is_wrong)
{
	CHECK(for_files("bad", judge_bad) >= 120);
}

TEST(cross_files_say_what_is_wrong)
{
	CHECK(for_files("cross", judge_bad) >= 60);
}
