/* Staging files: what may be replaced, and what never is. */
#include "platform/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

/* In a directory of its own that holds `there`. */
static void make(const char *directory)
{
	static const char *const files[] = {"file", "target"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = str_format("%s/%s", directory, files[i]);
		FILE *file = fopen(path, "w");
		if (CHECK(file != NULL))
			fclose(file);
	}
	_cleanup_free_ char *link = str_format("%s/link", directory);
	_cleanup_free_ char *loose = str_format("%s/loose", directory);
	_cleanup_free_ char *fifo = str_format("%s/fifo", directory);
	_cleanup_free_ char *folder = str_format("%s/folder", directory);
	CHECK_INT_EQ(symlink("target", link), 0);
	CHECK_INT_EQ(symlink("nowhere", loose), 0);
	CHECK_INT_EQ(mkfifo(fifo, 0600), 0);
	CHECK_INT_EQ(mkdir(folder, 0700), 0);
}

static void clear(const char *directory)
{
	static const char *const names[] = {"file", "target", "link", "loose", "fifo"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = str_format("%s/%s", directory, names[i]);
		CHECK_INT_EQ(unlink(path), 0);
	}
	_cleanup_free_ char *folder = str_format("%s/folder", directory);
	CHECK_INT_EQ(rmdir(folder), 0);
	CHECK_INT_EQ(rmdir(directory), 0);
}

static const struct {
	const char *name, *path;
	bool overwrite;
	const char *message; /* NULL: it may be written */
} rows[] = {
	{"nothing there", "new", false, NULL},
	{"nothing there, overwriting", "new", true, NULL},
	{"a file", "file", false, "File exists"},
	{"a file, overwriting", "file", true, NULL},
	{"a directory", "folder", true, "Is a directory"},
	{"a link", "link", true, "is a symbolic link"},
	{"a link to nothing", "loose", true, "is a symbolic link"},
	{"a link, not overwriting", "link", false, "is a symbolic link"},
	{"a pipe", "fifo", true, "is no regular file"},
};

TEST(only_regular_files_are_replaced)
{
	char directory[] = "/tmp/belay-stage-XXXXXX";
	if (!CHECK(mkdtemp(directory) != NULL))
		return;
	make(directory);
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_free_ char *path = str_format("%s/%s", directory, row->path);
		int result = stage_check(path, row->overwrite, &err);
		CHECK_INT_EQ(result, row->message ? -1 : 0);
		if (row->message)
			CHECK_STR_HAS(err.message, row->message);
	}
	clear(directory);
}

TEST(a_device_is_left_alone)
{
	struct err err = {0};
	CHECK_FAILS(stage_check("/dev/null", true, &err), &err, ERR_CONFIG,
		    "no regular file");
}

/* What an owner made readable stays so, and nothing becomes it. */
static const struct mode_row {
	const char *name;
	mode_t before; /* 0: nothing there */
	uid_t owner;
	gid_t group;
	bool overwrite;
	mode_t after;
} mode_rows[] = {
	{"new", 0, 0, 0, false, 0600},
	{"new, to be overwritten", 0, 0, 0, true, 0600},
	{"readable", 0644, 0, 1, true, 0644},
	{"of somebody", 0640, 1001, 121, true, 0640},
	{"rights of another owner", 04755, 1001, 121, true, 0755},
};

static void replace(const char *path, const struct mode_row *row)
{
	struct err err = {0};
	_cleanup_(stage_closep) struct stage *stage = NULL;
	struct stat status;
	if (row->before) {
		FILE *file = fopen(path, "w");
		if (CHECK(file != NULL))
			fclose(file);
		CHECK(chown(path, row->owner, row->group) == 0);
		CHECK(chmod(path, row->before) == 0);
	}
	CHECK_OK(stage_open(path, row->overwrite, &stage, &err), &err);
	CHECK_OK(stage_add(stage, "new", 3, &err), &err);
	CHECK_OK(stage_commit(stage, &err), &err);
	CHECK(stat(path, &status) == 0);
	CHECK_INT_EQ(status.st_mode & 07777, row->after);
	CHECK_INT_EQ(status.st_uid, row->owner);
	CHECK_INT_EQ(status.st_gid, row->group);
	CHECK_INT_EQ(status.st_size, 3);
	CHECK_INT_EQ(unlink(path), 0);
}

TEST(owner_and_mode_of_what_is_replaced)
{
	if (geteuid() != 0)
		test_skip("needs root: only root can give files away");
	_cleanup_free_ char *path = str_format("%s/file", test_directory());
	FOR_ROWS(row, mode_rows)
		replace(path, row);
}

/* Root restores into the directory of somebody, which lies in one of root's; and the reverse. */
TEST(owner_of_a_new_one)
{
	if (geteuid() != 0)
		test_skip("needs root: only root can give files away");
	_cleanup_free_ char *theirs = str_format("%s/theirs", test_directory());
	_cleanup_free_ char *ours = str_format("%s/theirs/ours", test_directory());
	CHECK(mkdir(theirs, 0755) == 0 && chown(theirs, 1001, 121) == 0);
	CHECK(mkdir(ours, 0755) == 0);
	const struct mode_row in_theirs = {"", 0, 1001, 121, false, 0600};
	const struct mode_row in_ours = {"", 0, 0, 0, false, 0600};
	_cleanup_free_ char *their_file = str_format("%s/file", theirs);
	_cleanup_free_ char *our_file = str_format("%s/file", ours);
	replace(their_file, &in_theirs);
	replace(our_file, &in_ours);
}
