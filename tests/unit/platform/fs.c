/* Reading with a limit, writing atomically. */
#include "platform/fs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

static char *below(const char *name)
{
	return str_format("%s/%s", test_directory(), name);
}

static int put(const char *path, const char *text, unsigned mode, bool exclusive,
	       struct err *err)
{
	struct fs_write write = {
		.data = text, .len = strlen(text), .mode = mode, .exclusive = exclusive};
	return fs_write(path, &write, err);
}

static size_t count_names(const char *path)
{
	char **names = NULL;
	size_t count = 0;
	struct err err = {0};
	CHECK_OK(fs_list(path, &names, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return count;
}

static const struct row {
	const char *name, *content;
	size_t max_bytes;
	enum err_code code;
} rows[] = {
	{"fits", "12345", 6, ERR_NONE},         {"fits exactly", "12345", 5, ERR_NONE},
	{"too large", "12345", 4, ERR_LIMIT},   {"empty", "", 0, ERR_NONE},
	{"nothing allowed", "1", 0, ERR_LIMIT},
};

TEST(reads_up_to_a_limit)
{
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *path = below("file");
		struct err err = {0};
		_cleanup_free_ char *data = NULL;
		size_t len = 99;
		CHECK_OK(put(path, row->content, 0644, false, &err), &err);
		int result = fs_read(path, row->max_bytes, &data, &len, &err);
		if (row->code != ERR_NONE) {
			CHECK_FAILS(result, &err, row->code, "limit");
			continue;
		}
		CHECK_OK(result, &err);
		CHECK_MEM_EQ(data, len, row->content, strlen(row->content));
	}
}

TEST(reads_what_has_no_size)
{
	struct err err = {0};
	_cleanup_free_ char *data = NULL;
	size_t len = 0;
	CHECK_OK(fs_read("/proc/self/status", 65536, &data, &len, &err), &err);
	CHECK(len > 100);
	CHECK_FAILS(fs_read("/proc/self/status", 10, &data, &len, &err), &err, ERR_LIMIT,
		    "limit");
	CHECK_FAILS(fs_read("/", 10, &data, &len, &err), &err, ERR_FAIL, "directory");
	CHECK_FAILS(fs_read("/no/such", 10, &data, &len, &err), &err, ERR_NOT_FOUND,
		    "/no/such");
}

TEST(writes_atomically)
{
	_cleanup_free_ char *path = below("x/y/file");
	_cleanup_free_ char *directory = below("x/y");
	_cleanup_free_ char *link = below("x/y/link");
	struct err err = {0};
	struct stat status;
	CHECK_OK(put(path, "one", 0604, false, &err), &err);
	CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0604);
	ino_t first = status.st_ino;
	CHECK_OK(put(path, "two", 0600, false, &err), &err);
	CHECK(stat(path, &status) == 0 && status.st_ino != first && status.st_size == 3);

	CHECK(symlink(path, link) == 0);
	CHECK_OK(put(link, "three", 0600, false, &err), &err);
	CHECK(lstat(link, &status) == 0 && S_ISREG(status.st_mode));
	CHECK(stat(path, &status) == 0 && status.st_size == 3);

	CHECK_FAILS(put(path, "four", 0600, true, &err), &err, ERR_FAIL, "exists");
	CHECK_INT_EQ(err.sys_errno, EEXIST);
	CHECK_FAILS(put(directory, "five", 0600, false, &err), &err, ERR_FAIL,
		    "directory");
	_cleanup_free_ char *below_file = below("x/y/file/z");
	CHECK_FAILS(put(below_file, "six", 0600, false, &err), &err, ERR_FAIL,
		    "irectory");
	CHECK_INT_EQ(count_names(directory), 2); /* no temporary files stay */
	_cleanup_free_ char *fresh = below("x/y/fresh");
	CHECK_OK(put(fresh, "seven", 0600, true, &err), &err);
	CHECK_INT_EQ(count_names(directory), 3);
}

TEST(full_disk)
{
	struct err err = {0};
	CHECK_FAILS(put("/proc/no/such", "x", 0600, false, &err), &err, ERR_NOT_FOUND,
		    "/proc");
}

TEST(lists_sorted)
{
	static const char *const wanted[] = {"A", "a", "b"};
	struct err err = {0};
	for (size_t i = ARRAY_SIZE(wanted); i > 0; i--) {
		_cleanup_free_ char *name = str_format("list/%s", wanted[i - 1]);
		_cleanup_free_ char *path = below(name);
		CHECK_OK(put(path, "", 0600, false, &err), &err);
	}
	_cleanup_free_ char *directory = below("list");
	char **names = NULL;
	size_t count = 0;
	CHECK_OK(fs_list(directory, &names, &count, &err), &err);
	CHECK_INT_EQ(count, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < count; i++) {
		CHECK_STR_EQ(names[i], wanted[i]);
		free(names[i]);
	}
	free(names);
}

TEST(stats)
{
	struct err err = {0};
	struct fs_stat status;
	_cleanup_free_ char *file = below("file");
	_cleanup_free_ char *link = below("link");
	_cleanup_free_ char *under_file = below("file/x");
	CHECK_OK(put(file, "12", 0600, false, &err), &err);
	CHECK(symlink("file", link) == 0);
	CHECK_OK(fs_stat(file, &status, &err), &err);
	CHECK_INT_EQ(status.type, FS_FILE);
	CHECK_INT_EQ(status.size_bytes, 2);
	CHECK_OK(fs_stat(link, &status, &err), &err);
	CHECK_INT_EQ(status.type, FS_LINK);
	CHECK_OK(fs_stat("/dev/null", &status, &err), &err);
	CHECK_INT_EQ(status.type, FS_OTHER);
	CHECK_OK(fs_stat(under_file, &status, &err), &err);
	CHECK_INT_EQ(status.type, FS_MISSING);
	CHECK_OK(fs_stat("/no/such/file", &status, &err), &err);
	CHECK_INT_EQ(status.type, FS_MISSING);
}

TEST(real_paths)
{
	static const struct row {
		const char *name;
		const char *path,
			*want; /* below the test's directory; absolute: as it is */
	} places[] = {
		{"there", "real", "/real"},
		{"slashes and dots", ".//real/./", "/real"},
		{"a link", "link", "/real"},
		{"not there yet", "real//new/./st/", "/real/new/st"},
		{"not there yet, behind a link", "link/new", "/real/new"},
		{"not there at all", "none/x", "/none/x"},
		{"nothing", "", ""},
		{"the root", "/", "/"},
		{"below the root", "//no-such//x", "/no-such/x"},
	};
	char before[4096];
	_cleanup_free_ char *real = below("real");
	_cleanup_free_ char *link = below("link");
	_cleanup_free_ char *root = realpath(test_directory(), NULL);
	CHECK(getcwd(before, sizeof before) && chdir(test_directory()) == 0);
	CHECK(mkdir(real, 0700) == 0 && symlink("real", link) == 0);
	FOR_ROWS(row, places) {
		bool relative = *row->path != '/';
		_cleanup_free_ char *want =
			str_format("%s%s", relative ? root : "", row->want);
		_cleanup_free_ char *absolute =
			str_format("%s/%s", relative ? root : "", row->path);
		_cleanup_free_ char *got = fs_real_path(row->path);
		_cleanup_free_ char *same = fs_real_path(absolute);
		CHECK_STR_EQ(got, want);
		CHECK_STR_EQ(same, want);
	}
	CHECK(chdir(before) == 0);
}

TEST(makes_directories)
{
	struct err err = {0};
	_cleanup_free_ char *deep = below("p/q//r/");
	CHECK_OK(fs_make_directories(deep, &err), &err);
	CHECK_OK(fs_make_directories(deep, &err), &err);
	CHECK_OK(fs_make_directories("/", &err), &err);
	CHECK_OK(fs_make_directories(".", &err), &err);
	CHECK_FAILS(fs_make_directories("", &err), &err, ERR_NOT_FOUND, "''");
	CHECK_FAILS(fs_make_directories("/dev/null/x", &err), &err, ERR_FAIL,
		    "/dev/null");
}
