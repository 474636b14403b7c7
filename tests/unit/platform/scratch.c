/* Scratch directories are removed whatever is in them, and nothing else is. */
#include "platform/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

static bool exists(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0;
}

static char *made(void)
{
	struct err err = {0};
	char *path = NULL;
	CHECK_OK(scratch_make(test_directory(), &path, &err), &err);
	return path;
}

static char *in(const char *path, const char *name)
{
	return str_format("%s/%s", path, name);
}

static void put_file(const char *path, const char *name)
{
	_cleanup_free_ char *file = in(path, name);
	FILE *stream = fopen(file, "w");
	CHECK(stream != NULL);
	if (stream)
		fclose(stream);
}

static void put_directory(const char *path, const char *name)
{
	_cleanup_free_ char *directory = in(path, name);
	CHECK_INT_EQ(mkdir(directory, 0700), 0);
}

static void forbid(const char *path, const char *name)
{
	_cleanup_free_ char *directory = in(path, name);
	CHECK_INT_EQ(chmod(directory, 0), 0);
}

TEST(it_is_new_empty_and_private)
{
	struct err err = {0};
	struct stat status;
	_cleanup_free_ char *one = made();
	_cleanup_free_ char *two = made();
	CHECK(strcmp(one, two) != 0);
	CHECK(stat(one, &status) == 0 && (status.st_mode & 07777) == 0700);
	CHECK_OK(scratch_remove(one, &err), &err);
	CHECK(!exists(one));
	CHECK_OK(scratch_remove(two, &err), &err);
	CHECK_OK(scratch_remove(two, &err), &err);
}

TEST(what_is_in_it_goes_with_it_and_nothing_else)
{
	struct err err = {0};
	_cleanup_free_ char *path = made();
	_cleanup_free_ char *outside = in(test_directory(), "outside");
	_cleanup_free_ char *kept = in(outside, "kept");
	_cleanup_free_ char *link = in(path, "a/link");
	_cleanup_free_ char *to_file = in(path, "to-file");
	CHECK_INT_EQ(mkdir(outside, 0700), 0);
	put_file(outside, "kept");
	put_directory(path, "a");
	put_directory(path, "a/b");
	put_directory(path, "a/b/c");
	put_directory(path, "a/empty");
	put_directory(path, ".belay-remove-0"); /* a name that removing uses itself */
	put_file(path, "file");
	put_file(path, "a/b/c/file");
	CHECK_INT_EQ(symlink(outside, link), 0);
	CHECK_INT_EQ(symlink(kept, to_file), 0);
	forbid(path, "a/b/c");
	forbid(path, "a/b");
	CHECK_OK(scratch_remove(path, &err), &err);
	CHECK(!exists(path));
	CHECK(exists(kept));
}

/* Deeper than a path may be long, with fewer descriptors than that. */
TEST(depth_does_not_matter)
{
	struct err err = {0};
	struct rlimit before, few = {0};
	_cleanup_free_ char *path = made();
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 3000 && fd >= 0; i++) {
		CHECK_INT_EQ(mkdirat(fd, "deep", 0700), 0);
		int next = openat(fd, "deep", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
	}
	CHECK(fd >= 0);
	close(fd);
	getrlimit(RLIMIT_NOFILE, &before);
	few = (struct rlimit){16, before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &few);
	CHECK_OK(scratch_remove(path, &err), &err);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK(!exists(path));
}

TEST(a_place_is_made_and_one_that_cannot_be_is_an_error)
{
	struct err err = {0};
	char *path = NULL;
	_cleanup_free_ char *place = in(test_directory(), "not/yet");
	_cleanup_free_ char *file = in(test_directory(), "file");
	CHECK_OK(scratch_make(place, &path, &err), &err);
	CHECK(exists(path));
	free(path);
	put_file(test_directory(), "file");
	CHECK_FAILS(scratch_make(file, &path, &err), &err, ERR_FAIL, "file");
}
