/* Unpacking trees: what is refused, what is replaced, and that nothing is left when it fails. */
#include <errno.h>

#include "trees.h"

static struct str archive_of(const struct tree_entry *entries, size_t max)
{
	struct str tar = STR_INIT;
	for (size_t i = 0; i < max && entries[i].path; i++)
		tree_add_entry(&tar, &entries[i]);
	tree_end_archive(&tar);
	return tar;
}

static int restore_to(const char *directory, const struct str *stream, bool overwrite,
		      struct err *err)
{
	struct tree_unpack unpack = {
		.directory = directory, .overwrite = overwrite, .stop = STOP_NEVER};
	return tree_restore(stream, &unpack, err);
}

/* --- rights -------------------------------------------------------------------------------- */

/* As the kernel keeps it: version 2, then (tag, permissions, id). */
static const unsigned char inherited[] = {
	2,  0, 0, 0,                         /* version */
	1,  0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* user::rwx */
	2,  0, 7, 0, 1,    0,    0,    0,    /* user:1:rwx */
	4,  0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* group::rwx */
	16, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* mask::rwx */
	32, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, /* other::r-x */
};

static void inherit_in(const char *name)
{
	_cleanup_free_ char *path = tree_below(name);
	if (setxattr(path, "system.posix_acl_default", inherited, sizeof inherited, 0) <
	    0)
		CHECK_INT_EQ(errno, 0);
}

/* Nobody gets more rights than the archive says, also where new files get some of their own. */
TEST(a_restored_tree_inherits_no_acl)
{
	static const struct tree_entry entries[] = {
		{"d/", '5', .mode = 0750}, {"d/f", '0', NULL, "x", 0640}, {0}};
	_cleanup_str_ struct str tar = archive_of(entries, ARRAY_SIZE(entries));
	_cleanup_free_ char *fresh = tree_below("inherits/fresh"),
			    *used = tree_below("inherits/used");
	struct err err = {0};
	CHECK_INT_EQ(tree_shell("mkdir -p inherits/used/d && echo old >inherits/used/d/f "
				"&& echo own >inherits/used/own"),
		     0);
	inherit_in("inherits");
	inherit_in("inherits/used");
	inherit_in("inherits/used/d");
	CHECK_OK(restore_to(fresh, &tar, false, &err), &err);
	CHECK_OK(restore_to(used, &tar, true, &err), &err);
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *whole =
			tree_describe(i ? used : fresh, TREE_ATTRIBUTES);
		CHECK_STR_HAS(whole, "d 40750 ");
		CHECK_STR_HAS(whole, "d/f 100640 ");
		CHECK_NULL(strstr(strstr(whole, "d 40750 "), "posix_acl"));
	}
}

/* --- what is refused ------------------------------------------------------------------------- */

static const char endless[] =
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
	"nnnnnnnnnnnn";

TEST(refuses_entries)
{
	static const struct row {
		const char *name;
		struct tree_entry entries[4];
		const char *message; /* NULL: accepted */
	} rows[] = {
		{"files and links",
		 {{"a/", '5'},
		  {"a/b", '0', NULL, "x"},
		  {"a/l", '2', "b"},
		  {"h", '1', "a/b"}},
		 NULL},
		{"links out",
		 {{"l", '2', "../../secret"}, {"m", '2', "/etc/passwd"}},
		 NULL},
		{"hard link to a link", {{"l", '2', "/etc"}, {"m", '1', "l"}}, NULL},
		{"a name twice", {{"a", '0', NULL, "x"}, {"a", '0', NULL, "y"}}, NULL},
		{"parent", {{"../secret", '0', NULL, "x"}}, "'..' in its path"},
		{"parent inside",
		 {{"a/../../secret", '0', NULL, "x"}},
		 "'..' in its path"},
		{"parent alone", {{"..", '5'}}, "'..' in its path"},
		{"absolute", {{"/tmp/secret", '0', NULL, "x"}}, "absolute path"},
		{"through a link",
		 {{"l", '2', ".."}, {"l/secret", '0', NULL, "x"}},
		 "behind a symbolic link"},
		{"through an absolute link",
		 {{"l", '2', "/tmp"}, {"l/secret", '0', NULL, "x"}},
		 "behind a symbolic link"},
		{"through a link, a directory",
		 {{"l", '2', ".."}, {"l/d/", '5'}},
		 "behind a symbolic link"},
		{"through a hard link to a link",
		 {{"l", '2', ".."}, {"m", '1', "l"}, {"m/secret", '0', NULL, "x"}},
		 "behind a symbolic link"},
		{"a directory over a link",
		 {{"l", '2', ".."}, {"l", '5'}, {"l/secret", '0', NULL, "x"}},
		 "something else is already"},
		{"hard link out", {{"h", '1', "../secret"}}, "points outside"},
		{"hard link to an absolute name",
		 {{"h", '1', "/etc/passwd"}},
		 "points outside"},
		{"hard link through a link",
		 {{"l", '2', ".."}, {"h", '1', "l/secret"}},
		 "behind a symbolic link"},
		{"hard link to nothing", {{"h", '1', "nothing"}}, "not there"},
		{"hard link to a directory", {{"d/", '5'}, {"h", '1', "d"}}, "'h'"},
		{"character device", {{"dev", '3'}}, "device"},
		{"block device", {{"dev", '4'}}, "device"},
		{"FIFO", {{"fifo", '6'}}, "FIFO"},
		{"no name", {{"", '0', NULL, "x"}}, "name"},
		{"the root as a file", {{".", '0', NULL, "x"}}, "replaces the root"},
		{"the root as a link", {{"./", '2', "/etc"}}, "replaces the root"},
		{"below a file",
		 {{"a", '0', NULL, "x"}, {"a/b", '0', NULL, "x"}},
		 "no directory"},
		{"a directory below a file",
		 {{"a", '0', NULL, "x"}, {"a/b/", '5'}},
		 "no directory"},
		{"a file over a directory",
		 {{"a/", '5'}, {"a", '0', NULL, "x"}},
		 "'a' is a directory"},
		{"a link over a directory",
		 {{"a/", '5'}, {"a", '2', "x"}},
		 "'a' is a directory"},
	};
	_cleanup_free_ char *target = tree_below("around/target");
	_cleanup_free_ char *around = tree_below("around");
	CHECK_INT_EQ(tree_shell("mkdir around && echo mine >around/secret"), 0);
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str tar =
			archive_of(row->entries, ARRAY_SIZE(row->entries));
		struct err err = {0};
		int result = restore_to(target, &tar, false, &err);
		_cleanup_free_ char *left = tree_names(around);
		if (row->message) {
			CHECK_FAILS(result, &err, ERR_CONFIG, row->message);
			CHECK_STR_EQ(left, "secret");
		} else {
			CHECK_OK(result, &err);
			CHECK_STR_EQ(left, "secret target");
		}
		CHECK_INT_EQ(tree_shell("rm -rf around/target && test \"$(cat "
					"around/secret)\" = mine"),
			     0);
	}
}

/* GNU tar's long names: an entry of type L whose content is the next one's name. */
TEST(refuses_names_that_are_too_long)
{
	_cleanup_str_ struct str path = STR_INIT;
	for (int i = 0; i < 600; i++)
		str_add(&path, "dir/two/");
	str_add(&path, "x");
	const struct row {
		const char *name;
		const char *path;
	} rows[] = {{"one name", endless}, {"all of them", str_text(&path)}};
	_cleanup_free_ char *target = tree_below("target");
	FOR_ROWS(row, rows) {
		const struct tree_entry entries[] = {
			{"././@LongLink", 'L', NULL, row->path}, {"x", '0', NULL, "x"}};
		_cleanup_str_ struct str tar = archive_of(entries, 2);
		struct err err = {0};
		CHECK_FAILS(restore_to(target, &tar, false, &err), &err, ERR_CONFIG,
			    "too long");
		_cleanup_free_ char *left = tree_names(test_directory());
		CHECK_STR_EQ(left, "");
	}
}

TEST(refuses_what_is_no_archive)
{
	static const char zeros[512];
	static const struct row {
		const char *name;
		const char *content;
		size_t len;
	} rows[] = {
		{"nothing", "", 0},
		{"text", "this is no archive\n", 19},
		{"one block of zeros", zeros, sizeof zeros},
		{"compressed", "\050\265\057\375\000\000\000\000\000\000", 10},
	};
	_cleanup_free_ char *target = tree_below("target");
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str stream = STR_INIT;
		struct err err = {0};
		str_add_bytes(&stream, row->content, row->len);
		CHECK_FAILS(restore_to(target, &stream, false, &err), &err, ERR_CONFIG,
			    "no usable tar archive");
		_cleanup_free_ char *left = tree_names(test_directory());
		CHECK_STR_EQ(left, "");
	}
}

TEST(an_archive_without_entries_is_an_empty_directory)
{
	_cleanup_free_ char *target = tree_below("target");
	_cleanup_str_ struct str stream = STR_INIT;
	struct err err = {0};
	tree_end_archive(&stream);
	CHECK_OK(restore_to(target, &stream, false, &err), &err);
	_cleanup_free_ char *names = tree_names(test_directory());
	CHECK_STR_EQ(names, "target");
}

static struct str small_archive(void)
{
	static const struct tree_entry entries[] = {
		{"d/", '5', .mode = 0500},
		{"d/a", '0', NULL, "some content"},
		{"d/b", '0', NULL, "more content"},
		{"l", '2', "d/a"},
		{"h", '1', "d/a"},
	};
	return archive_of(entries, ARRAY_SIZE(entries));
}

TEST(truncated_anywhere)
{
	_cleanup_str_ struct str whole = small_archive();
	_cleanup_free_ char *target = tree_below("target");
	size_t refused = 0;
	for (size_t len = 0; len < whole.len;
	     len += len % 512 == 511 ? 1 : 511 - len % 512) {
		test_row("%zu bytes", len);
		_cleanup_str_ struct str cut = STR_INIT;
		struct err err = {0};
		str_add_bytes(&cut, whole.data, len);
		if (CHECK_FAILS(restore_to(target, &cut, false, &err), &err, ERR_CONFIG,
				"no usable tar archive"))
			refused++;
		_cleanup_free_ char *left = tree_names(test_directory());
		CHECK_STR_EQ(left, "");
	}
	test_at_row(NULL);
	CHECK_INT_EQ(refused, 2 * whole.len / 512);
}

/* --- where it goes --------------------------------------------------------------------------- */

TEST(targets)
{
	static const struct row {
		const char *name;
		const char *before, *target;
		bool overwrite;
		const char *message; /* NULL: good */
		const char *after;   /* a shell command that has to agree */
	} rows[] = {
		{"does not exist", "true", "new", false, NULL,
		 "test \"$(stat -c %a new)\" = 755"},
		{"parents do not exist", "true", "x/y/new", false, NULL,
		 "test -f x/y/new/d/a"},
		{"slash at the end", "true", "new//", false, NULL, "test -f new/d/a"},
		{"is empty", "mkdir -m 711 new", "new", false, NULL,
		 "test \"$(stat -c %a new)\" = 711"},
		{"is empty, overwriting", "mkdir new", "new", true, NULL,
		 "test -f new/d/a"},
		{"is not empty", "mkdir new && touch new/x", "new", false, "is not empty",
		 "test \"$(ls -A new)\" = x"},
		{"has a hidden file", "mkdir new && touch new/.x", "new", false,
		 "is not empty", "test \"$(ls -A new)\" = .x"},
		{"is not empty, overwriting", "mkdir new && touch new/x", "new", true,
		 NULL, "test -f new/x && test -f new/d/a"},
		{"is a file", "touch new", "new", false, "cannot unpack into",
		 "test -f new && ! test -s new"},
		{"is below a file", "touch x", "x/new", false, "x", "test -f x"},
		{"is a link to an empty directory", "mkdir real && ln -s real new", "new",
		 false, NULL,
		 "test -L new && test -f real/d/a && test \"$(stat -c %a real/d)\" = 500"},
		{"is a link to nothing", "ln -s nothing new", "new", false,
		 "is a link to something that is not there",
		 "test -L new && ! test -e nothing"},
		{"is a link to nothing, with a slash", "ln -s nothing new", "new/", true,
		 "is a link to something that is not there",
		 "test -L new && ! test -e nothing"},
		{"is the working directory", "mkdir new", "new/.", false, NULL,
		 "test -f new/d/a && test \"$(ls -A new | wc -w)\" = 3"},
		{"has a long name", "true",
		 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
		 false, NULL, "test -f n*/d/a"},
	};
	_cleanup_str_ struct str stream = small_archive();
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *target =
			str_format("%s/w/%s", test_directory(), row->target);
		_cleanup_free_ char *before =
			str_format("umask 022; mkdir w && cd w && %s", row->before);
		_cleanup_free_ char *after =
			str_format("cd w && %s && test -z \"$(find . -name '.*belay*')\"",
				   row->after);
		struct err err = {0};
		CHECK_INT_EQ(tree_shell(before), 0);
		int result = restore_to(target, &stream, row->overwrite, &err);
		if (!row->message)
			CHECK_OK(result, &err);
		else if (CHECK(result < 0))
			CHECK_STR_HAS(err.message, row->message);
		if (row->message && strcmp(row->message, "is not empty") == 0)
			CHECK_INT_EQ(err.sys_errno, EEXIST);
		CHECK_INT_EQ(tree_shell(after), 0);
		CHECK_INT_EQ(tree_shell("chmod -R u+rwx w; rm -rf w"), 0);
	}
}

TEST(a_relative_target)
{
	_cleanup_str_ struct str stream = small_archive();
	char before[4096];
	struct err err = {0};
	CHECK(getcwd(before, sizeof before) && chdir(test_directory()) == 0);
	CHECK_OK(restore_to("new", &stream, false, &err), &err);
	CHECK(chdir(before) == 0);
	CHECK_INT_EQ(tree_shell("test -f new/d/a && chmod 700 new/d"), 0);
}

TEST(replacing)
{
	static const struct row {
		const char *name;
		const char *before;
		struct tree_entry entries[3];
		const char *message; /* NULL: good */
		const char *after;
	} rows[] = {
		{"a file by a file",
		 "echo old >a && ln a b",
		 {{"a", '0', NULL, "new"}},
		 NULL,
		 "test \"$(cat a)\" = new && test \"$(cat b)\" = old"},
		{"a link by a file",
		 "echo old >b && ln -s b a",
		 {{"a", '0', NULL, "new"}},
		 NULL,
		 "test ! -L a && test \"$(cat a)\" = new && test \"$(cat b)\" = old"},
		{"a file by a link",
		 "echo old >a",
		 {{"a", '2', "b"}},
		 NULL,
		 "test \"$(readlink a)\" = b"},
		{"a FIFO by a file",
		 "mkfifo a",
		 {{"a", '0', NULL, "new"}},
		 NULL,
		 "test \"$(cat a)\" = new"},
		{"a file by a hard link",
		 "echo old >a",
		 {{"b", '0', NULL, "new"}, {"a", '1', "b"}},
		 NULL,
		 "test a -ef b"},
		{"a hard link by the same one",
		 "echo old >b && ln b a",
		 {{"b", '0', NULL, "new"}, {"a", '1', "b"}, {"a", '1', "b"}},
		 NULL,
		 "test a -ef b && test \"$(cat a)\" = new"},
		{"a directory stays",
		 "mkdir -m 700 a && echo old >a/x",
		 {{"a/", '5', .mode = 0750}, {"a/y", '0', NULL, "new"}},
		 NULL,
		 "test \"$(cat a/x)\" = old && test \"$(cat a/y)\" = new && test \"$(stat -c %a a)\" = 750"},
		{"a directory that forbids",
		 "mkdir -m 500 a",
		 {{"a/", '5', .mode = 0500}, {"a/x", '0', NULL, "new"}},
		 NULL,
		 "test -f a/x && test \"$(stat -c %a a)\" = 500"},
		{"a directory by a file",
		 "mkdir a && echo old >a/x",
		 {{"a", '0', NULL, "new"}},
		 "'a' is a directory",
		 "test \"$(cat a/x)\" = old"},
		{"an empty directory by a link",
		 "mkdir a",
		 {{"a", '2', "x"}},
		 "'a' is a directory",
		 "test -d a"},
		{"a file by a directory",
		 "echo old >a",
		 {{"a/", '5'}},
		 "something else is already",
		 "test \"$(cat a)\" = old"},
		{"a link by a directory",
		 "mkdir b && ln -s b a",
		 {{"a/", '5'}},
		 "something else is already",
		 "test -L a"},
		{"through a link",
		 "mkdir ../out && ln -s ../out a",
		 {{"a/x", '0', NULL, "new"}},
		 "behind a symbolic link",
		 "test -z \"$(ls ../out)\""},
		{"through a link, deeper",
		 "mkdir -p ../out/b && ln -s ../out a",
		 {{"a/b/c/x", '0', NULL, "new"}},
		 "behind a symbolic link",
		 "test -z \"$(ls ../out/b)\""},
		{"a directory behind a link",
		 "mkdir ../out && ln -s ../out a",
		 {{"a/x/", '5'}},
		 "behind a symbolic link",
		 "test -z \"$(ls ../out)\""},
		{"a hard link to something behind a link",
		 "mkdir ../out && echo old >../out/x && ln -s ../out a",
		 {{"h", '1', "a/x"}},
		 "behind a symbolic link",
		 "test ! -e h"},
		{"below a file",
		 "echo old >a",
		 {{"a/x", '0', NULL, "new"}},
		 "no directory",
		 "test \"$(cat a)\" = old"},
		{"what comes before a failure stays",
		 "echo old >a",
		 {{"a", '0', NULL, "new"}, {"b", '6'}},
		 "FIFO",
		 "test \"$(cat a)\" = new"},
	};
	_cleanup_free_ char *target = tree_below("w/t");
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str tar =
			archive_of(row->entries, ARRAY_SIZE(row->entries));
		_cleanup_free_ char *before = str_format(
			"mkdir -p w/t && cd w/t && touch -d @1 keep && %s && touch -d @1 .",
			row->before);
		_cleanup_free_ char *after = str_format(
			"cd w/t && %s && test -f keep && test -z \"$(find .. -name '.*belay*')\"",
			row->after);
		struct err err = {0};
		CHECK_INT_EQ(tree_shell(before), 0);
		int result = restore_to(target, &tar, true, &err);
		if (row->message)
			CHECK_FAILS(result, &err, ERR_CONFIG, row->message);
		else
			CHECK_OK(result, &err);
		CHECK_INT_EQ(tree_shell(after), 0);
		CHECK_INT_EQ(tree_shell("chmod -R u+rwx w; rm -rf w"), 0);
	}
}

TEST(a_whole_tree_over_itself)
{
	_cleanup_free_ char *tree = tree_below("tree"), *back = tree_below("back");
	CHECK_INT_EQ(
		tree_shell(
			"mkdir -p tree/d/e && cd tree && echo a >a && ln a d/b && ln -s "
			"a l && echo x >d/e/x && chmod 550 d/e"),
		0);
	struct tree_source source = {.directory = tree};
	_cleanup_str_ struct str stream = tree_stream(&source, 1);
	struct err err = {0};
	CHECK_OK(restore_to(back, &stream, false, &err), &err);
	_cleanup_free_ char *want = tree_describe(tree, TREE_ALL);
	for (int i = 0; i < 2; i++) {
		CHECK_INT_EQ(
			tree_shell(
				"echo more >>back/a; chmod 700 back/d/e; rm back/d/e/x; "
				"touch -d \"$(stat -c %y tree)\" back"),
			0);
		CHECK_OK(restore_to(back, &stream, true, &err), &err);
		_cleanup_free_ char *times = str_format("touch -r tree back");
		CHECK_INT_EQ(tree_shell(times), 0);
		_cleanup_free_ char *got = tree_describe(back, TREE_ALL);
		CHECK_STR_EQ(got, want);
	}
	CHECK_INT_EQ(tree_shell("chmod 700 tree/d/e back/d/e"), 0);
}

/* --- permissions and owners ------------------------------------------------------------------ */

static bool become_nobody(void)
{
	enum { NOBODY = 65534 };
	if (geteuid() == 0)
		CHECK(chown(test_directory(), NOBODY, NOBODY) == 0 &&
		      setegid(NOBODY) == 0 && seteuid(NOBODY) == 0);
	return geteuid() != 0;
}

static void become_root(void)
{
	if (getuid() == 0)
		CHECK(seteuid(0) == 0 && setegid(0) == 0);
}

TEST(restrictive_directories_without_root)
{
	static const struct tree_entry entries[] = {
		{"./", '5', .mode = 0500},   {"a/", '5', .mode = 0100},
		{"a/b/", '5', .mode = 0400}, {"a/b/c/", '5', .mode = 01000},
		{"a/b/c/x", '0', NULL, "x"}, {"z/y/x", '0', NULL, "implied"},
	};
	_cleanup_str_ struct str tar = archive_of(entries, ARRAY_SIZE(entries));
	_cleanup_free_ char *target = tree_below("target");
	if (!become_nobody())
		return;
	struct err err = {0};
	CHECK_OK(restore_to(target, &tar, false, &err), &err);
	CHECK_INT_EQ(
		tree_shell(
			"test \"$(stat -c %a target)\" = 500 && test \"$(stat -c %a "
			"target/a)\" = 100 && cat target/z/y/x && chmod 700 target/a && "
			"test \"$(stat -c %a target/a/b)\" = 400"),
		0);
	CHECK_INT_EQ(
		tree_shell(
			"chmod 700 target/a/b && test \"$(stat -c %a target/a/b/c)\" = 1000 "
			"&& chmod -R 700 target && rm -r target && mkdir target"),
		0);
	/* A directory that may not be replaced, since its parent may not be read or changed. The shell is root. */
	CHECK_INT_EQ(
		tree_shell(
			"mkdir -p p/target && chmod 311 p && if test $(id -u) = 0; then chmod 111 p; chown 65534 p/target; fi"),
		0);
	_cleanup_free_ char *inside = tree_below("p/target");
	CHECK_OK(restore_to(inside, &tar, false, &err), &err);
	CHECK_INT_EQ(
		tree_shell(
			"test \"$(stat -c %a p/target)\" = 500 && test \"$(stat -c %a "
			"p/target/a)\" = 100 && test \"$(ls -A p/target)\" = \"$(printf 'a\\nz')\" && "
			"chmod -R 700 p"),
		0);
	become_root();
}

TEST(failing_removes_restrictive_directories)
{
	static const struct tree_entry entries[] = {
		{"a/", '5', .mode = 0},
		{"a/b/", '5', .mode = 0},
		{"a/b/c/x", '0', NULL, "x"},
		{"fifo", '6'},
	};
	_cleanup_str_ struct str tar = archive_of(entries, ARRAY_SIZE(entries));
	_cleanup_free_ char *target = tree_below("target");
	if (!become_nobody())
		return;
	struct err err = {0};
	CHECK_FAILS(restore_to(target, &tar, false, &err), &err, ERR_CONFIG, "FIFO");
	_cleanup_free_ char *left = tree_names(test_directory());
	CHECK_STR_EQ(left, "");
	become_root();
}

TEST(set_id_only_with_owners)
{
	static const struct tree_entry entries[] = {
		{"d/", '5', .mode = 03775},
		{"d/s", '0', NULL, "x", .mode = 06755},
	};
	static const struct row {
		const char *name;
		bool owners;
		const char *modes;
	} rows[] = {{"without", false, "1775 755"}, {"with", true, "3775 6755"}};
	_cleanup_str_ struct str tar = archive_of(entries, ARRAY_SIZE(entries));
	_cleanup_free_ char *target = tree_below("target");
	FOR_ROWS(row, rows) {
		struct tree_unpack unpack = {
			.directory = target, .owners = row->owners, .stop = STOP_NEVER};
		struct err err = {0};
		if (row->owners && geteuid() != 0)
			continue;
		CHECK_OK(tree_restore(&tar, &unpack, &err), &err);
		_cleanup_free_ char *check = str_format(
			"test \"$(stat -c %%a target/d target/d/s | xargs)\" = '%s' && rm -r target",
			row->modes);
		CHECK_INT_EQ(tree_shell(check), 0);
	}
}

TEST(owners)
{
	static const struct row {
		const char *name;
		const char *prepare;
		bool owners;
		const char *options;
		const char *who;
	} rows[] = {
		{"nobody asked", "true", false, "--owner=daemon --group=daemon", "0:0"},
		{"by name", "true", true, "--owner=daemon:4711 --group=daemon:4711",
		 "1:1"},
		{"by number", "true", true,
		 "--owner=no-such-user:4711 --group=no-such:4712", "4711:4712"},
		{"no names", "true", true, "--owner=:4711 --group=:4712", "4711:4712"},
		{"somebody's directory", "mkdir -p back && chown 1001:121 back", false,
		 "", "1001:121"},
		{"in somebody's directory", "chown 1001:121 .", false, "", "1001:121"},
		{"somebody's directory, with owners", "chown 1001:121 .", true,
		 "--owner=:4711 --group=:4712", "4711:4712"},
	};
	if (geteuid() != 0) {
		puts("not root: owners are not tested");
		return;
	}
	_cleanup_free_ char *back = tree_below("w/back"), *file = tree_below("w/x.tar");
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *prepare = str_format(
			"rm -rf w && mkdir -p w/tree/d && cd w && touch tree/d/a && ln -s a tree/d/l && tar "
			"-C tree %s -cf x.tar d d/a && %s",
			row->options, row->prepare);
		_cleanup_free_ char *check = str_format(
			"test \"$(find w/back/d -printf '%%U:%%G\\n' | sort -u)\" = %s",
			row->who);
		struct tree_unpack unpack = {
			.directory = back, .owners = row->owners, .stop = STOP_NEVER};
		struct str stream = STR_INIT;
		struct err err = {0};
		CHECK_INT_EQ(tree_shell(prepare), 0);
		if (CHECK_OK(fs_read(file, 1 << 20, &stream.data, &stream.len, &err),
			     &err) &&
		    CHECK_OK(tree_restore(&stream, &unpack, &err), &err))
			CHECK_INT_EQ(tree_shell(check), 0);
		str_release(&stream);
	}
}

TEST(an_empty_directory_keeps_its_owner)
{
	_cleanup_str_ struct str tar = small_archive();
	_cleanup_free_ char *target = tree_below("target");
	struct err err = {0};
	if (geteuid() != 0) {
		puts("not root: owners are not tested");
		return;
	}
	CHECK_INT_EQ(
		tree_shell("mkdir target && chown 0:121 target && chmod 2750 target"), 0);
	CHECK_OK(restore_to(target, &tar, false, &err), &err);
	CHECK_INT_EQ(
		tree_shell("test \"$(stat -c %u:%g:%a target)\" = 0:121:2750 && test -f "
			   "target/d/a"),
		0);
}

/* --- ends ------------------------------------------------------------------------------------ */

/* Counts down to the answer yes. */
static bool countdown(const void *context)
{
	int *left = *(int *const *)context;
	return --*left < 0;
}

static ssize_t fails_later(void *context, const void **ret_data, struct err *err)
{
	struct tree_feed *feed = context;
	if (feed->at + feed->piece_bytes > feed->stream->len)
		return err_set(err, ERR_STATE, "chunk 3 is not what it should be");
	return tree_feed_next(context, ret_data, err);
}

TEST(stops_and_leaves_nothing)
{
	_cleanup_str_ struct str stream = small_archive();
	_cleanup_free_ char *target = tree_below("target");
	int stops = 0;
	struct tree_counts counts = {0};
	struct err err = {0};
	for (;; stops++) {
		int left = stops, *pointer = &left;
		test_row("asked %d times", stops);
		struct tree_unpack unpack = {
			.directory = target,
			.stop = {.asked = countdown, .context = &pointer, .wake_fd = -1}};
		struct tree_feed feed = {.stream = &stream, .piece_bytes = 700};
		err = (struct err){0};
		if (tree_unpack(&unpack, (struct spring){tree_feed_next, &feed}, &counts,
				&err) == 0)
			break;
		CHECK_INT_EQ(err.code, ERR_CANCELLED);
		_cleanup_free_ char *names = tree_names(test_directory());
		CHECK_STR_EQ(names, "");
	}
	test_at_row(NULL);
	CHECK(stops > 8);
	CHECK_INT_EQ(tree_shell("chmod -R 700 target; rm -r target"), 0);

	struct tree_unpack unpack = {.directory = target, .stop = STOP_NEVER};
	struct tree_feed feed = {.stream = &stream, .piece_bytes = 1000};
	err = (struct err){0};
	CHECK_FAILS(
		tree_unpack(&unpack, (struct spring){fails_later, &feed}, &counts, &err),
		&err, ERR_STATE, "chunk 3");
	_cleanup_free_ char *names = tree_names(test_directory());
	CHECK_STR_EQ(names, "");
}
