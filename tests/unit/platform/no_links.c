/* A file system without hard links, as FAT is one: link(2) says EPERM, by a filter of system calls. What must not
 * overwrite anything still does not, and what is made is there once. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/depot.h"
#include "platform/depot_directory.h"
#include "platform/fs.h"
#include "platform/stage.h"
#include "test.h"

/* For the rest of this process. */
static void forbid_links(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef SYS_link
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_link, 2, 0),
#else
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_linkat, 2, 0),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_linkat, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	const struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		test_skip("no filter of system calls here");
	CHECK(link("/dev/null", "/tmp/never") < 0 && errno == EPERM);
}

static char *in_test(const char *name)
{
	return str_format("%s/%s", test_directory(), name);
}

static void check_text(const char *path, const char *want)
{
	struct err err = {0};
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	CHECK_OK(fs_read(path, 100, &text, &len, &err), &err);
	CHECK_STR_EQ(text, want);
}

/* How many names are in the directory of this test. */
static size_t names_in(const char *directory)
{
	struct err err = {0};
	char **names = NULL;
	size_t count = 0;
	CHECK_OK(fs_list(directory, &names, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return count;
}

static int write_key(const char *path, const char *text, struct err *err)
{
	const struct fs_write write = {
		.data = text, .len = 1, .mode = 0600, .exclusive = true};
	return fs_write(path, &write, err);
}

TEST(a_new_file)
{
	struct err err = {0};
	_cleanup_free_ char *directory = in_test("keys");
	_cleanup_free_ char *path = in_test("keys/key");
	forbid_links();
	CHECK_OK(write_key(path, "1", &err), &err);
	CHECK_FAILS(write_key(path, "2", &err), &err, ERR_FAIL, "File exists");
	check_text(path, "1");
	CHECK_INT_EQ(names_in(directory), 1);
}

static int stage_text(const char *path, bool in_the_way, struct err *err)
{
	_cleanup_(stage_closep) struct stage *stage = NULL;
	if (stage_open(path, false, &stage, err) < 0 ||
	    stage_add(stage, "staged", 6, err) < 0)
		return -1;
	if (in_the_way && write_key(path, "1", err) < 0)
		return -1;
	return stage_commit(stage, err);
}

TEST(a_staged_file)
{
	struct err err = {0};
	_cleanup_free_ char *directory = in_test("staged");
	_cleanup_free_ char *path = in_test("staged/one");
	_cleanup_free_ char *other = in_test("staged/two");
	forbid_links();
	CHECK_OK(stage_text(path, false, &err), &err);
	check_text(path, "staged");
	CHECK_FAILS(stage_text(other, true, &err), &err, ERR_FAIL, "File exists");
	check_text(other, "1");
	CHECK_INT_EQ(names_in(directory), 2);
}

TEST(a_store)
{
	struct err err = {0};
	_cleanup_free_ char *path = in_test("store");
	_cleanup_free_ char *object = in_test("store/db/1/data");
	_cleanup_free_ char *uploads = in_test("store/.belay-uploads");
	_cleanup_(depot_freep) struct depot *depot = NULL;
	forbid_links();
	CHECK_OK(depot_directory_new(path, 0600, &depot, &err), &err);
	CHECK_OK(depot->ops->put(depot, "db/1/data", "1", 1, &err), &err);
	CHECK_FAILS(depot->ops->put(depot, "db/1/data", "2", 1, &err), &err, ERR_FAIL,
		    "already");
	check_text(object, "1");
	CHECK_INT_EQ(names_in(uploads), 0);
}
