/* Files that root makes in somebody's directory belong to that somebody; and appending. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/fs.h"
#include "test.h"

enum { SOMEBODY = 1001, GROUP = 121 };

static bool belongs_to_somebody(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0 && status.st_uid == SOMEBODY &&
	       status.st_gid == GROUP;
}

TEST(what_root_makes)
{
	if (geteuid() != 0)
		test_skip("needs root: only root can give files away");
	struct err err = {0};
	_cleanup_free_ char *directory = str_format("%s/theirs", test_directory());
	_cleanup_free_ char *deeper = str_format("%s/a/b", directory);
	_cleanup_free_ char *file = str_format("%s/file", deeper);
	_cleanup_free_ char *log = str_format("%s/log", directory);
	_cleanup_free_ char *ours = str_format("%s/ours", test_directory());
	const struct fs_write write = {.data = "x", .len = 1, .mode = 0600};
	struct stat status;
	CHECK(mkdir(directory, 0755) == 0 && chown(directory, SOMEBODY, GROUP) == 0);
	CHECK_OK(fs_write(file, &write, &err), &err);
	CHECK(belongs_to_somebody(file));
	CHECK(belongs_to_somebody(deeper));
	CHECK_OK(fs_append(log, "x", 1, &err), &err);
	CHECK(belongs_to_somebody(log));
	CHECK_OK(fs_write(ours, &write, &err), &err);
	CHECK(stat(ours, &status) == 0 && status.st_uid == geteuid());
}

TEST(appending)
{
	struct err err = {0};
	char *text = NULL;
	size_t len = 0;
	_cleanup_free_ char *path = str_format("%s/log", test_directory());
	_cleanup_free_ char *below = str_format("%s/log/x", test_directory());
	CHECK_OK(fs_append(path, "one\n", 4, &err), &err);
	CHECK_OK(fs_append(path, "two\n", 4, &err), &err);
	CHECK_OK(fs_read(path, 100, &text, &len, &err), &err);
	CHECK_STR_EQ(text, "one\ntwo\n");
	free(text);
	CHECK_FAILS(fs_append(below, "x", 1, &err), &err, ERR_FAIL, "cannot write");
	CHECK_FAILS(fs_append("/no/such/file", "x", 1, &err), &err, ERR_NOT_FOUND,
		    "/no/such/file");
}
