/* Unpacking: whatever a stream holds, nothing outside of the directory is touched, and nothing is left of a failure.
 *
 * Each input is unpacked twice: into a directory that does not exist, and over one in which links lead out. Around them
 * stands what must not change. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/fs.h"
#include "platform/scratch.h"
#include "platform/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char around[64];
enum { MARK = 1000000000 };

static char *below(const char *name)
{
	return str_format("%s/%s", around, name);
}

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s: %s: %s\n", around, what, strerror(errno));
	abort();
}

static void make_link(const char *name, const char *target)
{
	_cleanup_free_ char *path = below(name);
	require(symlink(target, path) == 0, name);
}

static void mark(const char *name)
{
	_cleanup_free_ char *path = below(name);
	const struct timespec times[2] = {{.tv_sec = MARK}, {.tv_sec = MARK}};
	require(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0, name);
}

/* A directory around two targets, of which one is there already. */
static void prepare(void)
{
	static const char *const directories[] = {"outside", "old", "old/d"};
	/* In memory, as each success waits for the disk. */
	snprintf(around, sizeof around, "%s/belay-fuzz.XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	require(mkdtemp(around) != NULL, "mkdtemp");
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = below(directories[i]);
		require(mkdir(path, 0755) == 0, path);
	}
	_cleanup_free_ char *file = below("outside/file");
	struct err err = {0};
	require(fs_write(file, &(struct fs_write){.data = "mine", .len = 4, .mode = 0600},
			 &err) == 0,
		"file");
	make_link("old/l", "../outside");
	make_link("old/d/l", around);
	make_link("old/f", "../outside/file");
	mark("outside/file");
	mark("outside");
}

static void check_outside(bool made)
{
	struct err err = {0};
	struct stat status;
	_cleanup_free_ char *file = below("outside/file"), *directory = below("outside");
	_cleanup_free_ char *content = NULL;
	size_t len = 0, count = 0;
	char **names = NULL;
	require(fs_read(file, 100, &content, &len, &err) == 0 && len == 4 &&
			memcmp(content, "mine", 4) == 0,
		"the content outside");
	require(lstat(file, &status) == 0 && status.st_mtim.tv_sec == MARK &&
			status.st_nlink == 1 && (status.st_mode & 07777) == 0600,
		"the file outside");
	require(lstat(directory, &status) == 0 && status.st_mtim.tv_sec == MARK &&
			(status.st_mode & 07777) == 0755,
		"the directory outside");
	require(fs_list(around, &names, &count, &err) == 0, "list");
	require(count == (made ? 3U : 2U), "names outside");
	require(!made || strcmp(names[0], "new") == 0, "the new directory");
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

struct input {
	const uint8_t *data;
	size_t left;
};

static ssize_t next(void *context, const void **ret_data, struct err *err)
{
	struct input *input = context;
	size_t bytes = input->left < 700 ? input->left : 700;
	(void)err;
	*ret_data = input->data;
	input->data += bytes;
	input->left -= bytes;
	return (ssize_t)bytes;
}

/* Returns whether it was unpacked. */
static bool unpack(const char *name, bool overwrite, const uint8_t *data, size_t size)
{
	_cleanup_free_ char *directory = below(name);
	struct tree_unpack options = {.directory = directory,
				      .overwrite = overwrite,
				      .owners = overwrite && geteuid() == 0,
				      .stop = STOP_NEVER};
	struct input input = {data, size};
	struct tree_counts counts = {0};
	struct err err = {0};
	int result = tree_unpack(&options, (struct spring){next, &input}, &counts, &err);
	require(result == 0 ? counts.bytes == size : err.code && err.message[0],
		"the result");
	return result == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prepare();
	bool made = unpack("new", false, data, size);
	check_outside(made);
	unpack("old", true, data, size);
	check_outside(made);
	struct err err = {0};
	require(scratch_remove(around, &err) == 0, err.message);
	return 0;
}
