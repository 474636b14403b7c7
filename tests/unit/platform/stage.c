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
