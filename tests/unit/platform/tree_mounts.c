/* Trees and file systems: staying on one, a target that is a mount point, a full disk. In a mount namespace of its own. */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "trees.h"

static void need_mounts(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		test_skip("needs root: only root can mount");
}

static void mount_memory(const char *path, const char *size)
{
	_cleanup_free_ char *options = str_format("size=%s,mode=755", size);
	CHECK((mkdir(path, 0755) == 0 || errno == EEXIST) &&
	      mount("none", path, "tmpfs", 0, options) == 0);
}

TEST(one_file_system)
{
	need_mounts();
	_cleanup_free_ char *tree = tree_below("tree"), *mounted = tree_below("tree/m");
	CHECK(mkdir(tree, 0755) == 0);
	mount_memory(mounted, "64k");
	CHECK_INT_EQ(
		tree_shell("touch tree/m/x && touch tree/file tree/n && mount --bind "
			   "tree/m/x tree/n"),
		0);
	static const struct row {
		const char *name;
		bool one;
		uint64_t entries;
		const char *told;
	} rows[] = {
		{"all of them", false, 5, ""},
		{"one", true, 3,
		 "left out: tree/m: is on another file system\n"
		 "left out: tree/n: is on another file system\n"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str told = STR_INIT, stream = STR_INIT;
		struct tree_source source = {.directory = tree,
					     .one_file_system = row->one};
		struct tree_pack pack = {.sources = &source,
					 .source_count = 1,
					 .tell = tree_note,
					 .context = &told,
					 .stop = STOP_NEVER};
		struct tree_counts counts = {0};
		struct err err = {0};
		CHECK_OK(tree_pack(&pack, (struct drain){tree_keep, NULL, &stream},
				   &counts, &err),
			 &err);
		CHECK_INT_EQ(counts.entries, row->entries);
		CHECK_STR_EQ(str_text(&told), row->told);
	}
	CHECK_INT_EQ(tree_shell("umount tree/n tree/m"), 0);
}

static struct str archive_with(const char *name, size_t bytes)
{
	_cleanup_free_ char *content = mem_alloc(bytes + 1);
	memset(content, 'x', bytes);
	const struct tree_entry entries[] = {{"./", '5', .mode = 0710},
					     {"d/", '5', .mode = 0500},
					     {"d/a", '0', NULL, "x"},
					     {"z", '0', NULL, "x"},
					     {name, '0', NULL, content}};
	struct str tar = STR_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		tree_add_entry(&tar, &entries[i]);
	tree_end_archive(&tar);
	return tar;
}

TEST(a_mount_point)
{
	need_mounts();
	_cleanup_free_ char *target = tree_below("m");
	mount_memory(target, "1m");
	_cleanup_str_ struct str tar = archive_with("big", 1000);
	struct tree_unpack unpack = {.directory = target, .stop = STOP_NEVER};
	struct err err = {0};
	CHECK_OK(tree_restore(&tar, &unpack, &err), &err);
	CHECK_INT_EQ(
		tree_shell(
			"mountpoint -q m && test \"$(ls -A m | xargs)\" = 'big d z' && "
			"test \"$(stat -c %a m m/d | xargs)\" = '710 500' && umount m"),
		0);
}

TEST(a_full_disk)
{
	static const struct row {
		const char *name;
		const char *size, *target;
		bool overwrite;
		size_t bytes;
	} rows[] = {
		{"new directory", "64k", "m/new", false, 200000},
		{"empty directory", "16k", "m/empty", false, 100000},
		{"mount point", "64k", "m", false, 200000},
		{"overwriting", "64k", "m/full", true, 200000},
	};
	need_mounts();
	_cleanup_free_ char *mounted = tree_below("m");
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *target = tree_below(row->target);
		bool mount_point = strcmp(row->target, "m") == 0;
		mount_memory(mounted, row->size);
		if (!mount_point)
			CHECK_INT_EQ(
				tree_shell("mkdir m/empty m/full && touch m/full/mine"),
				0);
		_cleanup_str_ struct str tar = archive_with("big", row->bytes);
		struct tree_unpack unpack = {.directory = target,
					     .overwrite = row->overwrite,
					     .stop = STOP_NEVER};
		struct err err = {0};
		CHECK_FAILS(tree_restore(&tar, &unpack, &err), &err, ERR_FAIL,
			    "cannot write 'big': No space left on device");
		CHECK_INT_EQ(err.sys_errno, ENOSPC);
		_cleanup_free_ char *left = tree_names(mounted);
		CHECK_STR_EQ(left, mount_point ? "" : "empty full");
		CHECK_INT_EQ(
			tree_shell(
				"test -z \"$(find m -name big -o -name '.*belay*')\" && "
				"umount m"),
			0);
	}
}

/* File systems without attributes get everything else. */
TEST(attributes_that_a_file_system_does_not_take)
{
	need_mounts();
	_cleanup_free_ char *tree = tree_below("tree"), *file = tree_below("tree/a");
	_cleanup_free_ char *mounted = tree_below("m"), *target = tree_below("m/back");
	CHECK_INT_EQ(tree_shell("mkdir tree && echo content >tree/a"), 0);
	CHECK(setxattr(file, "user.x", "y", 1, 0) == 0 || errno == ENOTSUP);
	mount_memory(mounted, "1m");
	struct tree_source source = {.directory = tree};
	_cleanup_str_ struct str stream = tree_stream(&source, 1);
	struct tree_unpack unpack = {.directory = target, .stop = STOP_NEVER};
	struct err err = {0};
	CHECK_OK(tree_restore(&stream, &unpack, &err), &err);
	CHECK_INT_EQ(tree_shell("cmp m/back/a tree/a && umount m"), 0);
}
