/* What GNU tar packs and is joined is what is packed here: nothing is lost on the way. */
#include "platform/tar_join.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "belay/tar_pattern.h"
#include "platform/tar_writer.h"
#include "platform/tree_pattern.h"
#include "trees.h"

/* As the kernel keeps it: version 2, then (tag, permissions, id). */
static const unsigned char access_acl[] = {
	2,  0, 0, 0,                         /* version */
	1,  0, 6, 0, 0xff, 0xff, 0xff, 0xff, /* user::rw- */
	2,  0, 7, 0, 1,    0,    0,    0,    /* user:1:rwx, who has a name */
	2,  0, 4, 0, 0x39, 0x30, 0,    0,    /* user:12345:r--, who has none */
	4,  0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* group::r-- */
	16, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* mask::rwx */
	32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* other::--- */
};
static const unsigned char default_acl[] = {
	2,  0, 0, 0,                         /* version */
	1,  0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* user::rwx */
	4,  0, 5, 0, 0xff, 0xff, 0xff, 0xff, /* group::r-x */
	8,  0, 5, 0, 4,    0,    0,    0,    /* group:4:r-x */
	16, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, /* mask::r-x */
	32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* other::--- */
};

static void set_attribute(const char *path, const char *name, const void *value,
			  size_t len)
{
	_cleanup_free_ char *whole = tree_below(path);
	if (setxattr(whole, name, value, len, 0) < 0)
		CHECK_INT_EQ(errno, 0);
}

/* --- joining ---------------------------------------------------------------------------------- */

struct joining {
	const char *const *exclude; /* NULL-terminated */
	struct str told;
};

static void tell(void *context, enum tree_event event, const char *path,
		 const char *reason)
{
	tree_note(&((struct joining *)context)->told, event, path, reason);
}

static bool skip(void *context, const char *path)
{
	const struct joining *joining = context;
	for (const char *const *at = joining->exclude; at && *at; at++)
		if (tar_pattern_is_for_directories(*at) &&
		    tree_pattern_matches(*at, path, true))
			return true;
	return false;
}

static int64_t number_of(void *context, bool group, const char *name)
{
	(void)context;
	return !group && strcmp(name, "daemon") == 0 ? 1 : group ? 4 : -1;
}

/* What tar makes of a directory, joined. */
static struct str join(const char *directory, const char *options,
		       struct joining *joining)
{
	struct str stream = STR_INIT, tar = STR_INIT;
	struct err err = {0};
	size_t size = 0;
	struct tar_join_options with = {
		.drain = {tree_keep, NULL, &stream},
		.tell = tell,
		.skip = skip,
		.context = joining,
		.owners = {.number = number_of},
	};
	_cleanup_free_ char *command = str_format(
		"cd '%s' && tar --format=posix --sort=name --xattrs --acls --sparse %s "
		"-cf ../x.tar . 2>../said",
		directory, options);
	_cleanup_free_ char *path = tree_below("x.tar");
	CHECK_INT_EQ(tree_shell(command), 0);
	CHECK_OK(fs_read(path, 64U << 20, &tar.data, &size, &err), &err);
	tar.len = size;
	struct tree_feed feed = {.stream = &tar, .piece_bytes = 10000};
	_cleanup_(tar_join_freep) struct tar_join *into = tar_join_new(&with);
	CHECK_OK(tar_join_add(into, (struct spring){tree_feed_next, &feed}, "", &err),
		 &err);
	CHECK_OK(tar_join_end(into, &err), &err);
	str_release(&tar);
	return stream;
}

static void restore(const struct str *stream, const char *directory)
{
	struct tree_unpack unpack = {
		.directory = directory, .owners = geteuid() == 0, .stop = STOP_NEVER};
	struct err err = {0};
	CHECK_OK(tree_restore(stream, &unpack, &err), &err);
}

static void make_socket(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_free_ char *path = tree_below(name);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
	close(fd);
}

static void make_tree(void)
{
	static const char name[] =
		"ümläut-and-a-name-that-is-longer-than-the-hundred-bytes-which-the-"
		"oldest-header-of-a-tar-has-room-for";
	_cleanup_free_ char *command = str_format(
		"mkdir -p tree/d tree/%s && cd tree && echo acl >f && echo x >%s/%s\n"
		"truncate -s 60M hole && truncate -s 40M sparse && printf 'bad\\377' >d/b\n"
		"for at in 0 5000000 39999990; do printf 0123456789 | dd of=sparse bs=1 seek=$at "
		"conv=notrunc status=none; done\n"
		"printf Z | dd of=ends-in-data bs=1 seek=1999999 status=none; seq 100000 >full\n"
		"cp --sparse=always sparse d/%s; ln sparse zz; ln -s f link; ln -P link link2",
		name, name, name, name);
	CHECK_INT_EQ(tree_shell(command), 0);
	set_attribute("tree/f", "system.posix_acl_access", access_acl, sizeof access_acl);
	set_attribute("tree/d", "system.posix_acl_default", default_acl,
		      sizeof default_acl);
	set_attribute("tree/d", "user.of-directory", "x", 1);
	set_attribute("tree/full", "user.a=b%c", "a\0\nb", 4);
	CHECK_INT_EQ(tree_shell("find tree -depth -exec touch -h -d '2011-01-01 "
				"01:01:01.123456789' {} \\;"),
		     0);
}

TEST(a_joined_tree_comes_back_to_the_last_attribute)
{
	struct joining joining = {.told = STR_INIT};
	_cleanup_free_ char *tree = tree_below("tree"), *back = tree_below("back");
	make_tree();
	_cleanup_str_ struct str stream = join(tree, "", &joining);
	CHECK(stream.len < 4U << 20); /* holes are not sent */
	restore(&stream, back);
	_cleanup_free_ char *want = tree_describe(tree, TREE_ALL);
	_cleanup_free_ char *got = tree_describe(back, TREE_ALL);
	CHECK_STR_EQ(got, want);
	CHECK_STR_EQ(str_text(&joining.told), "");
}

/* GNU tar says no more than names; the same record as of a file here has the numbers, too. */
TEST(an_acl_is_joined_with_numbers)
{
	struct joining joining = {.told = STR_INIT};
	_cleanup_free_ char *tree = tree_below("tree");
	make_tree();
	struct tree_source source = {.directory = tree, .prefix = ""};
	_cleanup_str_ struct str joined = join(tree, "", &joining);
	_cleanup_str_ struct str packed = tree_stream(&source, 1);
	static const char access[] =
		"SCHILY.acl.access=user::rw-,user:daemon:rwx:1,user:12345:r--:12345,"
		"group::r--,mask::rwx,other::---\n";
	CHECK(memmem(joined.data, joined.len, access, strlen(access)));
	CHECK(memmem(packed.data, packed.len, access, strlen(access)));
	static const char inherited[] =
		"SCHILY.acl.default=user::rwx,group::r-x,group:adm:r-x:4,mask::r-x,"
		"other::---\n";
	CHECK(memmem(joined.data, joined.len, inherited, strlen(inherited)));
	CHECK(memmem(packed.data, packed.len, inherited, strlen(inherited)));
}

TEST(what_cannot_be_restored_is_left_out_under_each_name)
{
	struct joining joining = {.told = STR_INIT};
	_cleanup_free_ char *tree = tree_below("tree"), *back = tree_below("back");
	CHECK_INT_EQ(
		tree_shell("mkdir -p tree && cd tree && mkfifo p && ln p q && echo x >z"),
		0);
	make_socket("tree/s");
	_cleanup_str_ struct str stream = join(tree, "", &joining);
	CHECK_STR_EQ(str_text(&joining.told),
		     "left out: p: is a FIFO\nleft out: q: is a FIFO\n");
	restore(&stream, back);
	_cleanup_free_ char *names = tree_names(back);
	CHECK_STR_EQ(names, "z");
	CHECK_INT_EQ(tree_shell("grep -q 's: socket ignored' said"), 0);
	str_release(&joining.told);
}

/* As other tars pack it: no hard link to nothing is left. */
TEST(a_hard_link_to_what_is_left_out_is_none)
{
	_cleanup_str_ struct str tar = STR_INIT, stream = STR_INIT;
	struct joining joining = {.told = STR_INIT};
	struct err err = {0};
	_cleanup_free_ char *back = tree_below("back");
	tree_add_entry(&tar, &(struct tree_entry){.path = "./p", .type = '6'});
	tree_add_entry(&tar,
		       &(struct tree_entry){.path = "./q", .type = '1', .target = "./p"});
	tree_add_entry(&tar,
		       &(struct tree_entry){.path = "./z", .type = '0', .content = "z"});
	tree_end_archive(&tar);
	struct tar_join_options with = {
		.drain = {tree_keep, NULL, &stream}, .tell = tell, .context = &joining};
	struct tree_feed feed = {.stream = &tar, .piece_bytes = 10000};
	_cleanup_(tar_join_freep) struct tar_join *into = tar_join_new(&with);
	CHECK_OK(tar_join_add(into, (struct spring){tree_feed_next, &feed}, "", &err),
		 &err);
	CHECK_OK(tar_join_end(into, &err), &err);
	CHECK_STR_EQ(str_text(&joining.told),
		     "left out: p: is a FIFO\nleft out: q: is a FIFO or a device\n");
	restore(&stream, back);
	_cleanup_free_ char *names = tree_names(back);
	CHECK_STR_EQ(names, "z");
	str_release(&joining.told);
}

/* --- maps that lie ----------------------------------------------------------------------------- */

static const struct map_row {
	const char *name, *map;
	bool fits;
} maps[] = {
	{"two pieces", "2\n0\n5\n600\n5\n", true},
	{"backwards", "2\n600\n5\n0\n5\n", false},
	{"the same twice", "2\n0\n5\n0\n5\n", false},
	{"overlapping", "2\n0\n5\n3\n5\n", false},
	{"past the end", "2\n0\n5\n1020\n5\n", false},
	{"behind the end", "2\n0\n5\n5000\n5\n", false},
};

/* GNU's format 1.0: records, then the map as a block before the data. */
static void make_sparse(struct str *tar, const char *map)
{
	struct str records = STR_INIT, content = STR_INIT;
	tar_add_record(&records, "GNU.sparse.major", "1", 1);
	tar_add_record(&records, "GNU.sparse.minor", "0", 1);
	tar_add_record(&records, "GNU.sparse.name", "f", 1);
	tar_add_record(&records, "GNU.sparse.realsize", "1024", 4);
	str_add(&content, map);
	str_pad(&content, '\n', 512 - content.len);
	str_add(&content, "0123456789");
	tree_add_entry(tar, &(struct tree_entry){.path = "x",
						 .type = 'x',
						 .content = str_text(&records)});
	tree_add_entry(tar, &(struct tree_entry){.path = "f",
						 .type = '0',
						 .content = str_text(&content)});
	tree_end_archive(tar);
	str_release(&records);
	str_release(&content);
}

TEST(a_map_that_lies_is_an_error)
{
	FOR_ROWS(row, maps) {
		_cleanup_str_ struct str tar = STR_INIT, stream = STR_INIT;
		struct err err = {0};
		struct tar_join_options with = {.drain = {tree_keep, NULL, &stream}};
		make_sparse(&tar, row->map);
		struct tree_feed feed = {.stream = &tar, .piece_bytes = 700};
		_cleanup_(tar_join_freep) struct tar_join *into = tar_join_new(&with);
		struct spring spring = {tree_feed_next, &feed};
		if (row->fits)
			CHECK_OK(tar_join_add(into, spring, "", &err), &err);
		else
			CHECK_FAILS(tar_join_add(into, spring, "", &err), &err, ERR_FAIL,
				    "no whole tar archive");
	}
}

/* --- patterns ----------------------------------------------------------------------------------- */

/* Each of them leaves the same in what GNU tar packs as in what is packed here. */
static const struct pattern_row {
	const char *name;
} patterns[] = {
	{"*.tmp"},        {"cache/"},       {"/cache/"},     {"a/cache/"},
	{"a/cache"},      {"**/cache"},     {"/**/cache"},   {"./cache"},
	{".*"},           {"*.*"},          {".*/"},         {"*.*/"},
	{"**/.*"},        {"a/**"},         {"a/**/cache"},  {"a/**/cache/"},
	{"a/**/b/x.tmp"}, {"**/b/x.tmp"},   {"**.tmp"},      {"ca**he"},
	{"/*"},           {"/**"},          {"a/*"},         {"a/*/"},
	{"*/cache"},      {"x?tmp"},        {"[xy].tmp"},    {"/.*"},
	{"\\*"},          {"a/b/\\[x\\]*"}, {"sp ace's"},    {"./.hidden/"},
	{"a*"},           {"*a"},           {"a/**/"},       {"/a/b/"},
	{"**/a/b"},       {"no/such"},      {"a/?"},         {"??*"},
	{"é*"},           {"a/**cache"},    {"a/b**/x.tmp"}, {"[!x].tmp"},
};

static char *packed_names(const char *directory)
{
	_cleanup_free_ char *whole = tree_describe(directory, 0);
	struct str names = STR_INIT;
	for (const char *at = whole; *at; at += strcspn(at, "\n") + 1) {
		/* NAME MODE TIME …: the mode tells where a name with blanks ends. */
		size_t len = strcspn(at, "\n");
		_cleanup_free_ char *line = mem_strndup(at, len);
		char *mode = strstr(line, " 40755 ");
		mode = mode ? mode : strstr(line, " 100644 ");
		if (CHECK(mode))
			str_addf(&names, "%.*s\n", (int)(mode - line), line);
	}
	return str_take(&names);
}

TEST(a_pattern_leaves_the_same_to_gnu_tar)
{
	_cleanup_free_ char *tree = tree_below("tree");
	CHECK_INT_EQ(
		tree_shell(
			"umask 022; mkdir -p tree/a/cache/d tree/a/b tree/cache/in "
			"tree/.hidden/in tree/a/b/cache && cd tree\n"
			"for d in . a a/b a/cache cache a/b/cache .hidden cache/in; do "
			"for f in x.tmp y.tmp yy.tmp .dot x a '*' '[x]y' \"sp ace's\" été; "
			"do test -e \"$d/$f\" || echo \"$f\" >\"$d/$f\"; done; done\n"
			"echo file >a/cache/d/cache"),
		0);
	FOR_ROWS(row, patterns) {
		const char *exclude[] = {row->name, NULL};
		struct joining joining = {.exclude = exclude, .told = STR_INIT};
		struct tree_source source = {
			.directory = tree, .exclude = exclude, .prefix = ""};
		_cleanup_free_ char *here = tree_below("here"),
				    *there = tree_below("there");
		_cleanup_str_ struct str options = STR_INIT;
		CHECK_NULL(tar_pattern_fault(row->name));
		tar_pattern_add(&options, row->name);
		_cleanup_str_ struct str packed = tree_stream(&source, 1);
		_cleanup_str_ struct str joined =
			join(tree, str_text(&options), &joining);
		restore(&packed, here);
		restore(&joined, there);
		_cleanup_free_ char *want = packed_names(here);
		_cleanup_free_ char *got = packed_names(there);
		CHECK_STR_EQ(got, want);
		CHECK_INT_EQ(tree_shell("rm -r here there"), 0);
	}
}
