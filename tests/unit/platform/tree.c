/* Trees: what is packed comes back the same, by belay and by GNU tar, and belay brings back what GNU tar packed. */
#include "platform/tree.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "platform/scratch.h"
#include "trees.h"

static const char long_name[] =
	"a-name-that-is-longer-than-the-hundred-bytes-which-the-oldest-tar-header-has-room-"
	"for-so-that-a-second-header-is-needed";

/* --- a tree with one of everything ----------------------------------------------------------- */

/* An ACL as the kernel keeps it: version 2, then (tag, permissions, id). */
static const unsigned char access_acl[] = {
	2,  0, 0, 0,                         /* version */
	1,  0, 6, 0, 0xff, 0xff, 0xff, 0xff, /* user::rw- */
	2,  0, 7, 0, 1,    0,    0,    0,    /* user:1:rwx, who has a name */
	2,  0, 4, 0, 0x39, 0x30, 0,    0,    /* user:12345:r--, who has none */
	4,  0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* group::r-- */
	16, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* mask::rwx */
	32, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* other::r-- */
};
static const unsigned char default_acl[] = {
	2,  0, 0, 0,                         /* version */
	1,  0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* user::rwx */
	4,  0, 5, 0, 0xff, 0xff, 0xff, 0xff, /* group::r-x */
	8,  0, 5, 0, 4,    0,    0,    0,    /* group:4:r-x */
	16, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, /* mask::r-x */
	32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* other::--- */
};

static void set_attribute(const char *tree, const char *path, const char *name,
			  const void *value, size_t len)
{
	_cleanup_free_ char *whole = str_format("%s/%s/%s", test_directory(), tree, path);
	if (setxattr(whole, name, value, len, 0) < 0 && errno != ENOTSUP)
		CHECK_INT_EQ(errno, 0);
}

static char *make_tree(const char *name)
{
	_cleanup_free_ char *command = str_format(
		"mkdir '%s' && cd '%s' && mkdir -p a/b/c empty closed long/%s/%s\n"
		"echo hello >a/file && ln a/file a/b/hard && ln a/file zhard\n"
		"ln -s ../file a/b/link && ln -s /etc/passwd absolute && ln -s ../../out outside\n"
		"chmod 1777 empty && chmod 640 a/file\n"
		"printf x >\"$(printf 'bad\\377name')\" && printf y >\"$(printf 'caf\\303\\251')\"\n"
		"printf z >\"$(printf 'line\\nbreak')\" && printf s >'sp ace'\n"
		"echo deep >long/%s/%s/%s && ln -s %s/%s/%s long/link\n"
		"truncate -s 3M sparse && printf A | dd of=sparse bs=1 seek=1000000 conv=notrunc status=none\n"
		"truncate -s 2M hole && printf Z | dd of=ends-in-data bs=1 seek=1999999 status=none\n"
		": >nothing && head -c 700000 /dev/urandom >random\n"
		"for n in 511 512 513; do head -c $n /dev/zero >zeros-$n; done\n"
		"echo in >closed/file && chmod 500 closed && chmod 0 zeros-513\n"
		"touch -d '1960-01-01 00:00:00.25' zeros-511 && touch -h -d '2001-02-03 04:05:06.789' a/b/link\n"
		"touch -d '2001-01-01 01:01:01.5' a/file",
		name, name, long_name, long_name, long_name, long_name, long_name,
		long_name, long_name, long_name);
	CHECK_INT_EQ(tree_shell(command), 0);
	set_attribute(name, "a/file", "user.binary", "a\0\nb", 4);
	set_attribute(name, "a", "user.of-directory", "x", 1);
	set_attribute(name, "random", "user.a=b%c", "", 0);
	set_attribute(name, "zeros-511", "system.posix_acl_access", access_acl,
		      sizeof access_acl);
	set_attribute(name, "a/b", "system.posix_acl_default", default_acl,
		      sizeof default_acl);
	if (geteuid() == 0) {
		_cleanup_free_ char *owners = str_format(
			"cd '%s' && chown 1:2 zeros-512 && chown -h 12345:54321 absolute\n"
			"chown 3000000000:3000000000 nothing && chmod 4750 sparse",
			name);
		static const unsigned char capability[] = {
			1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
		CHECK_INT_EQ(tree_shell(owners), 0);
		set_attribute(name, "random", "security.capability", capability,
			      sizeof capability);
	}
	_cleanup_free_ char *times = str_format(
		"find '%s' -depth -type d -exec touch -d '2011-01-01 01:01:01.123456789' {} \\;",
		name);
	CHECK_INT_EQ(tree_shell(times), 0);
	return tree_below(name);
}

static void write_stream(const char *name, const struct str *stream)
{
	_cleanup_free_ char *path = tree_below(name);
	struct err err = {0};
	struct fs_write write = {
		.data = str_text(stream), .len = stream->len, .mode = 0600};
	CHECK_OK(fs_write(path, &write, &err), &err);
}

static bool is_root(void)
{
	return geteuid() == 0;
}

/* --- there and back -------------------------------------------------------------------------- */

TEST(gnu_tar_restores_what_belay_packed)
{
	_cleanup_free_ char *tree = make_tree("tree"), *back = tree_below("back");
	struct tree_source source = {.directory = tree, .prefix = ""};
	_cleanup_str_ struct str stream = tree_stream(&source, 1);
	write_stream("x.tar", &stream);
	CHECK_INT_EQ(
		tree_shell(
			"mkdir back && tar --warning=no-timestamp -C back --xattrs "
			"--xattrs-include='*' --acls -xpf x.tar >said 2>&1 && ! test -s said"),
		0);
	_cleanup_free_ char *want = tree_describe(tree, TREE_ALL);
	_cleanup_free_ char *got = tree_describe(back, TREE_ALL);
	CHECK_STR_EQ(got, want);
}

TEST(belay_restores_what_belay_packed)
{
	_cleanup_free_ char *tree = make_tree("tree"), *back = tree_below("back");
	struct tree_source source = {.directory = tree, .prefix = ""};
	_cleanup_str_ struct str stream = tree_stream(&source, 1);
	struct tree_unpack unpack = {
		.directory = back, .owners = is_root(), .stop = STOP_NEVER};
	struct err err = {0};
	CHECK_OK(tree_restore(&stream, &unpack, &err), &err);
	_cleanup_free_ char *want = tree_describe(tree, TREE_ALL);
	_cleanup_free_ char *got = tree_describe(back, TREE_ALL);
	CHECK_STR_EQ(got, want);
}

TEST(belay_restores_what_gnu_tar_packed)
{
	static const struct row {
		const char *name;
		const char *options;
		unsigned kept;
	} rows[] = {
		{"posix", "--format=posix --xattrs --xattrs-include='*' --acls -S",
		 TREE_ALL},
		{"posix, sparse 0.0", "--format=posix --sparse-version=0.0 -S",
		 TREE_ALL & ~TREE_ATTRIBUTES},
		{"posix, sparse 0.1", "--format=posix --sparse-version=0.1 -S",
		 TREE_ALL & ~TREE_ATTRIBUTES},
		{"gnu", "--format=gnu -S", TREE_OWNERS | TREE_HOLES},
		{"gnu, holes as zeros", "--format=gnu", TREE_OWNERS},
	};
	_cleanup_free_ char *tree = make_tree("tree");
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *back = tree_below("back"),
				    *file = tree_below("x.tar");
		_cleanup_free_ char *command =
			str_format("tar -C tree %s -cf x.tar .", row->options);
		struct tree_unpack unpack = {
			.directory = back, .owners = is_root(), .stop = STOP_NEVER};
		struct str stream = STR_INIT;
		struct err err = {0};
		if (!CHECK_INT_EQ(tree_shell(command), 0) ||
		    !CHECK_OK(fs_read(file, 64 << 20, &stream.data, &stream.len, &err),
			      &err))
			continue;
		CHECK_OK(tree_restore(&stream, &unpack, &err), &err);
		_cleanup_free_ char *want = tree_describe(tree, row->kept);
		_cleanup_free_ char *got = tree_describe(back, row->kept);
		CHECK_STR_EQ(got, want);
		CHECK_INT_EQ(tree_shell("chmod 700 back/closed; rm -rf back"), 0);
		str_release(&stream);
	}
}

TEST(the_same_tree_gives_the_same_stream)
{
	static const char make[] =
		"mkdir -p $d/b && cd $d && for n in $names; do echo x >$n; done\n"
		"find . -exec touch -d @1700000000.5 {} +";
	_cleanup_free_ char *first = str_format("d=one names='a b/1 b/2 z'\n%s", make);
	_cleanup_free_ char *second = str_format("d=two names='z b/2 a b/1'\n%s", make);
	_cleanup_free_ char *one = tree_below("one"), *two = tree_below("two");
	CHECK_INT_EQ(tree_shell(first), 0);
	CHECK_INT_EQ(tree_shell(second), 0);
	struct tree_source of_one = {.directory = one}, of_two = {.directory = two};
	_cleanup_str_ struct str a = tree_stream(&of_one, 1), b = tree_stream(&of_two, 1);
	CHECK_MEM_EQ(a.data, a.len, b.data, b.len);
}

/* --- sources --------------------------------------------------------------------------------- */

/* Names in an archive as GNU tar lists them, one line. */
static char *listed(const struct str *stream)
{
	_cleanup_free_ char *path = tree_below("names");
	char *names = NULL;
	size_t len;
	struct err err = {0};
	write_stream("x.tar", stream);
	CHECK_INT_EQ(tree_shell("tar -tf x.tar | tr '\\n' ' ' >names"), 0);
	CHECK_OK(fs_read(path, 1 << 20, &names, &len, &err), &err);
	return names ? names : mem_strdup("");
}

TEST(patterns_say_what_is_packed)
{
	static const struct row {
		const char *name;
		const char *include[3], *exclude[3];
		const char *names;
	} rows[] = {
		{"everything",
		 {NULL},
		 {NULL},
		 "./ a.log b/ b/c.log b/c.txt b/d/ b/d/e.txt tmp/ tmp/x "},
		{"a name", {NULL}, {"*.log"}, "./ b/ b/c.txt b/d/ b/d/e.txt tmp/ tmp/x "},
		{"a directory", {NULL}, {"tmp/", "d"}, "./ a.log b/ b/c.log b/c.txt "},
		{"what is in it",
		 {NULL},
		 {"/tmp/**"},
		 "./ a.log b/ b/c.log b/c.txt b/d/ b/d/e.txt tmp/ "},
		{"only some, with their directories",
		 {"*.txt"},
		 {NULL},
		 "./ b/ b/c.txt b/d/ b/d/e.txt "},
		{"a directory with all of it",
		 {"/b"},
		 {"*.log"},
		 "./ b/ b/c.txt b/d/ b/d/e.txt "},
		{"nothing", {"nothing"}, {NULL}, "./ "},
	};
	_cleanup_free_ char *tree = tree_below("tree");
	CHECK_INT_EQ(tree_shell("mkdir -p tree/b/d tree/tmp && cd tree && touch a.log "
				"b/c.log b/c.txt b/d/e.txt tmp/x"),
		     0);
	FOR_ROWS(row, rows) {
		struct tree_source source = {.directory = tree,
					     .include = row->include,
					     .exclude = row->exclude};
		_cleanup_str_ struct str stream = tree_stream(&source, 1);
		_cleanup_free_ char *names = listed(&stream);
		CHECK_STR_EQ(names, row->names);
	}
}

TEST(sources_of_every_kind)
{
	_cleanup_free_ char *tree = tree_below("tree"), *file = tree_below("tree/file");
	_cleanup_free_ char *link = tree_below("link"), *missing = tree_below("missing");
	CHECK_INT_EQ(
		tree_shell("mkdir -p tree/inner && echo one >tree/file && ln tree/file "
			   "tree/inner/same && ln -s tree link"),
		0);
	const struct tree_source sources[] = {
		{.directory = link, .prefix = "srv/data"},
		{.file = file, .prefix = "etc/copy"},
		{.file = tree, .prefix = "etc/all"},
		{.file = missing, .may_miss = true, .prefix = "etc/missing"},
		{.text = "who: me\n", .text_bytes = 8, .prefix = "system.txt"},
		{.text = "", .text_bytes = 0, .prefix = "empty.txt"},
	};
	_cleanup_str_ struct str told = STR_INIT;
	_cleanup_str_ struct str stream = STR_INIT;
	struct tree_pack pack = {.sources = sources,
				 .source_count = ARRAY_SIZE(sources),
				 .tell = tree_note,
				 .context = &told,
				 .stop = STOP_NEVER};
	struct tree_counts counts = {0};
	struct err err = {0};
	CHECK_OK(
		tree_pack(&pack, (struct drain){tree_keep, NULL, &stream}, &counts, &err),
		&err);
	CHECK_INT_EQ(counts.entries, 11);
	CHECK_STR_EQ(str_text(&told), "missing: missing: does not exist\n");
	_cleanup_free_ char *names = listed(&stream);
	CHECK_STR_EQ(names,
		     "srv/data/ srv/data/file srv/data/inner/ srv/data/inner/same "
		     "etc/copy etc/all/ etc/all/file etc/all/inner/ etc/all/inner/same "
		     "system.txt empty.txt ");
	CHECK_INT_EQ(
		tree_shell(
			"mkdir out && tar -C out -xf x.tar && cd out && test \"$(cat "
			"system.txt)\" = 'who: me' && test ! -s empty.txt && cmp "
			"etc/copy ../tree/file && test srv/data/inner/same -ef srv/data/file"),
		0);
}

TEST(an_include_that_chose_nothing_is_told)
{
	static const char *const none[] = {"*.pdf", NULL}, *const some[] = {"f*", NULL};
	_cleanup_free_ char *tree = tree_below("tree");
	CHECK_INT_EQ(tree_shell("mkdir -p tree/sub && touch tree/sub/file"), 0);
	const struct tree_source sources[] = {
		{.directory = tree, .prefix = "a", .include = none},
		{.directory = tree, .prefix = "b", .include = some},
	};
	_cleanup_str_ struct str told = STR_INIT, stream = STR_INIT;
	struct tree_pack pack = {.sources = sources,
				 .source_count = ARRAY_SIZE(sources),
				 .tell = tree_note,
				 .context = &told,
				 .stop = STOP_NEVER};
	struct tree_counts counts = {0};
	struct err err = {0};
	CHECK_OK(
		tree_pack(&pack, (struct drain){tree_keep, NULL, &stream}, &counts, &err),
		&err);
	CHECK_STR_EQ(str_text(&told),
		     "unmatched: tree: nothing in it is what 'include' wants\n");
}

/* A drain that has room of its own, never twice as much, and less than a block at times. */
struct lender {
	struct str stream;
	char memory[1500];
	size_t lent;
};

static void *lend(void *context, size_t *ret_bytes, struct err *err)
{
	static const size_t sizes[] = {1, 511, 1500, 513, 7};
	struct lender *lender = context;
	(void)err;
	*ret_bytes = sizes[lender->lent++ % ARRAY_SIZE(sizes)];
	return lender->memory;
}

static int take_lent(void *context, const void *data, size_t bytes, struct err *err)
{
	struct lender *lender = context;
	CHECK(data == lender->memory && bytes <= sizeof lender->memory);
	return tree_keep(&lender->stream, data, bytes, err);
}

TEST(a_drain_may_lend_its_room)
{
	_cleanup_free_ char *tree = tree_below("tree");
	CHECK_INT_EQ(
		tree_shell(
			"mkdir tree && head -c 70001 /dev/urandom >tree/noise && touch "
			"tree/empty && truncate -s 1M tree/holes && printf end >>tree/holes"),
		0);
	const struct tree_source source = {.directory = tree, .prefix = "a"};
	struct tree_pack pack = {
		.sources = &source, .source_count = 1, .stop = STOP_NEVER};
	struct lender *lender = mem_new(struct lender);
	struct tree_counts counts = {0};
	struct err err = {0};
	_cleanup_str_ struct str plain = tree_stream(&source, 1);
	lender->stream = (struct str)STR_INIT;
	CHECK_OK(tree_pack(&pack, (struct drain){take_lent, lend, lender}, &counts, &err),
		 &err);
	CHECK_INT_EQ(counts.bytes, plain.len);
	CHECK(lender->stream.len == plain.len &&
	      memcmp(lender->stream.data, plain.data, plain.len) == 0);
	str_release(&lender->stream);
	free(lender);
}

TEST(refuses_sources)
{
	_cleanup_free_ char *tree = tree_below("tree"), *file = tree_below("tree/file");
	_cleanup_free_ char *missing = tree_below("missing"), *fifo = tree_below("fifo");
	static const char *const bad_pattern[] = {"a[", NULL};
	CHECK_INT_EQ(tree_shell("mkdir tree && touch tree/file && mkfifo fifo"), 0);
	const struct row {
		const char *name;
		struct tree_source source;
		enum err_code code;
		const char *message;
	} rows[] = {
		{"no such directory", {.directory = missing}, ERR_NOT_FOUND, "missing"},
		{"no such file",
		 {.file = missing, .prefix = "x"},
		 ERR_NOT_FOUND,
		 "missing"},
		{"below a file",
		 {.file = "/etc/passwd/x", .prefix = "x"},
		 ERR_NOT_FOUND,
		 "passwd"},
		{"a file as directory", {.directory = file}, ERR_FAIL, "not a directory"},
		{"a FIFO", {.file = fifo, .prefix = "x"}, ERR_FAIL, "neither file nor"},
		{"a file without a name",
		 {.file = file, .prefix = ""},
		 ERR_CONFIG,
		 "name"},
		{"absolute", {.directory = tree, .prefix = "/a"}, ERR_CONFIG, "relative"},
		{"parent", {.directory = tree, .prefix = "a/.."}, ERR_CONFIG, "relative"},
		{"slash at the end",
		 {.directory = tree, .prefix = "a/"},
		 ERR_CONFIG,
		 "relative"},
		{"two slashes",
		 {.directory = tree, .prefix = "a//b"},
		 ERR_CONFIG,
		 "relative"},
		{"pattern",
		 {.directory = tree, .exclude = bad_pattern},
		 ERR_CONFIG,
		 "pattern 'a['"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str stream = STR_INIT;
		struct tree_pack pack = {
			.sources = &row->source, .source_count = 1, .stop = STOP_NEVER};
		struct tree_counts counts = {0};
		struct err err = {0};
		CHECK_FAILS(tree_pack(&pack, (struct drain){tree_keep, NULL, &stream},
				      &counts, &err),
			    &err, row->code, row->message);
	}
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
	close(fd);
}

TEST(leaves_out_what_no_restore_makes)
{
	_cleanup_free_ char *tree = tree_below("tree"), *path = tree_below("tree/socket");
	_cleanup_str_ struct str told = STR_INIT, stream = STR_INIT;
	CHECK_INT_EQ(tree_shell("mkdir tree && mkfifo tree/fifo && touch tree/z"), 0);
	make_socket(path);
	struct tree_source source = {.directory = tree};
	struct tree_pack pack = {.sources = &source,
				 .source_count = 1,
				 .tell = tree_note,
				 .context = &told,
				 .stop = STOP_NEVER};
	struct tree_counts counts = {0};
	struct err err = {0};
	CHECK_OK(
		tree_pack(&pack, (struct drain){tree_keep, NULL, &stream}, &counts, &err),
		&err);
	CHECK_STR_EQ(str_text(&told), "left out: tree/fifo: is a FIFO\n"
				      "left out: tree/socket: is a socket\n");
	CHECK_INT_EQ(counts.entries, 2);
}

/* --- trees that change ----------------------------------------------------------------------- */

/* Runs a command when the first block arrives, which is in the middle of the first file. */
struct meddler {
	const char *command;
	struct str stream;
};

static int meddle(void *context, const void *data, size_t bytes, struct err *err)
{
	struct meddler *meddler = context;
	(void)err;
	if (meddler->command)
		CHECK_INT_EQ(tree_shell(meddler->command), 0);
	meddler->command = NULL;
	str_add_bytes(&meddler->stream, data, bytes);
	return 0;
}

TEST(trees_that_change)
{
	static const struct row {
		const char *name;
		const char *command, *told;
	} rows[] = {
		{"shorter", "truncate -s 300000 tree/a",
		 "changed: tree/a: became shorter while it was read\n"},
		{"longer", "echo more >>tree/a",
		 "changed: tree/a: changed while it was read\n"},
		{"rewritten", "touch -d '2001-01-01' tree/a",
		 "changed: tree/a: changed while it was read\n"},
		{"file vanished", "rm tree/b",
		 "missing: tree/b: vanished while its directory was read\n"},
		{"directory vanished", "rm -r tree/c",
		 "missing: tree/c: vanished while its directory was read\n"},
		{"link vanished", "rm tree/d",
		 "missing: tree/d: vanished while its directory was read\n"},
		{"file became a link", "ln -sf /etc/passwd tree/b",
		 "missing: tree/b: was replaced while its directory was read\n"},
		{"file became a FIFO", "rm tree/b && mkfifo tree/b",
		 "missing: tree/b: was replaced while its directory was read\n"},
		{"directory became a link", "rm -r tree/c && ln -s /etc tree/c",
		 "missing: tree/c: was replaced while its directory was read\n"},
		{"link became a file", "rm tree/d && touch tree/d",
		 "missing: tree/d: was replaced while its directory was read\n"},
		{"something is new", "touch tree/e", ""},
	};
	_cleanup_free_ char *tree = tree_below("tree");
	FOR_ROWS(row, rows) {
		CHECK_INT_EQ(
			tree_shell(
				"rm -rf tree && mkdir -p tree/c && ln -s x tree/d && echo "
				"b >tree/b && head -c 1000000 /dev/urandom >tree/a"),
			0);
		struct meddler meddler = {.command = row->command, .stream = STR_INIT};
		_cleanup_str_ struct str told = STR_INIT;
		struct tree_source source = {.directory = tree};
		struct tree_pack pack = {.sources = &source,
					 .source_count = 1,
					 .tell = tree_note,
					 .context = &told,
					 .stop = STOP_NEVER};
		struct tree_counts counts = {0};
		struct err err = {0};
		CHECK_OK(tree_pack(&pack, (struct drain){meddle, NULL, &meddler}, &counts,
				   &err),
			 &err);
		CHECK_STR_EQ(str_text(&told), row->told);
		write_stream("x.tar", &meddler.stream);
		CHECK_INT_EQ(tree_shell("tar -tvf x.tar | grep -q '1000000.* a$'"), 0);
		str_release(&meddler.stream);
	}
}

/* Does something as a user who is not root. */
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

TEST(what_cannot_be_read_fails)
{
	static const struct row {
		const char *name;
		const char *command, *message;
	} rows[] = {
		{"file", "touch tree/a && chmod 0 tree/a", "tree/a': Permission denied"},
		{"directory", "mkdir tree/a && chmod 0 tree/a",
		 "tree/a': Permission denied"},
		{"the tree", "chmod 0 tree", "tree': Permission denied"},
	};
	if (!become_nobody())
		return;
	_cleanup_free_ char *tree = tree_below("tree");
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *command =
			str_format("mkdir tree && %s", row->command);
		CHECK_INT_EQ(tree_shell(command), 0);
		_cleanup_str_ struct str stream = STR_INIT;
		struct tree_source source = {.directory = tree};
		struct tree_pack pack = {
			.sources = &source, .source_count = 1, .stop = STOP_NEVER};
		struct tree_counts counts = {0};
		struct err err = {0};
		CHECK_FAILS(tree_pack(&pack, (struct drain){tree_keep, NULL, &stream},
				      &counts, &err),
			    &err, ERR_FAIL, row->message);
		CHECK_STR_HAS(err.hint, "exclude it");
		CHECK_INT_EQ(tree_shell("chmod -R 700 tree && rm -r tree"), 0);
	}
	become_root();
}

/* --- limits ---------------------------------------------------------------------------------- */

/* Directories inside each other. Returns the open innermost one. */
static int make_deep(const char *path, const char *name, int depth)
{
	int at = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < depth; i++) {
		CHECK(mkdirat(at, name, 0755) == 0);
		int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	CHECK(at >= 0);
	return at;
}

TEST(deep_trees_need_few_descriptors)
{
	enum { DEPTH = 400 };
	_cleanup_free_ char *tree = tree_below("tree"), *back = tree_below("back");
	struct rlimit few, usual;
	struct err err = {0};
	CHECK(mkdir(tree, 0755) == 0);
	int deepest = make_deep(tree, "d", DEPTH);
	close(openat(deepest, "file", O_CREAT | O_WRONLY, 0600));
	close(deepest);
	CHECK_INT_EQ(tree_shell("touch tree/d/d/d/z"), 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &usual) == 0);
	few = usual;
	few.rlim_cur = 64;
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	struct tree_source source = {.directory = tree};
	_cleanup_str_ struct str stream = tree_stream(&source, 1);
	struct tree_unpack unpack = {.directory = back, .stop = STOP_NEVER};
	CHECK_OK(tree_restore(&stream, &unpack, &err), &err);
	CHECK(setrlimit(RLIMIT_NOFILE, &usual) == 0);
	write_stream("x.tar", &stream);
	CHECK_INT_EQ(
		tree_shell("tar -df x.tar -C back >said 2>&1; cat said; test \"$(find "
			   "back | wc -l)\" = 403"),
		0);
	CHECK_OK(scratch_remove(tree, &err), &err);
	CHECK_OK(scratch_remove(back, &err), &err);
}

TEST(names_that_no_restore_could_make)
{
	_cleanup_free_ char *tree = tree_below("tree");
	struct err err = {0};
	char name[251];
	memset(name, 'n', 250);
	name[250] = '\0';
	CHECK(mkdir(tree, 0755) == 0);
	close(make_deep(tree, name, 17));
	_cleanup_str_ struct str stream = STR_INIT;
	struct tree_source source = {.directory = tree};
	struct tree_pack pack = {
		.sources = &source, .source_count = 1, .stop = STOP_NEVER};
	struct tree_counts counts = {0};
	CHECK_FAILS(
		tree_pack(&pack, (struct drain){tree_keep, NULL, &stream}, &counts, &err),
		&err, ERR_FAIL, "4266 bytes");
	CHECK_OK(scratch_remove(tree, &err), &err);
}

TEST(many_names_and_links)
{
	_cleanup_free_ char *tree = tree_below("tree"), *back = tree_below("back");
	CHECK_INT_EQ(
		tree_shell(
			"mkdir -p tree/many tree/links && cd tree && seq 1500 | (cd many && "
			"xargs touch) && cp -al many/. links/ && ln many/7 third"),
		0);
	struct tree_source source = {.directory = tree};
	_cleanup_str_ struct str stream = tree_stream(&source, 1);
	struct tree_unpack unpack = {.directory = back, .stop = STOP_NEVER};
	struct err err = {0};
	CHECK_OK(tree_restore(&stream, &unpack, &err), &err);
	CHECK_INT_EQ(
		tree_shell(
			"cd back && test \"$(ls many | wc -l)\" = 1500 && test \"$(find many "
			"-links 2 | wc -l)\" = 1500 && for n in 1 77 1500; do test "
			"many/$n -ef links/$n || exit 1; done; test many/7 -ef third"),
		0);
}

/* --- ends ------------------------------------------------------------------------------------ */

static int full(void *context, const void *data, size_t bytes, struct err *err)
{
	(void)context;
	(void)data;
	(void)bytes;
	return err_set(err, ERR_NET, "the drain is stopped up");
}

static bool yes(const void *context)
{
	(void)context;
	return true;
}

TEST(stops_when_the_drain_does_or_when_asked)
{
	_cleanup_free_ char *tree = tree_below("tree");
	_cleanup_str_ struct str stream = STR_INIT;
	struct tree_source source = {.directory = tree};
	struct tree_pack pack = {
		.sources = &source, .source_count = 1, .stop = STOP_NEVER};
	struct tree_counts counts = {0};
	struct err err = {0};
	CHECK_INT_EQ(tree_shell("mkdir tree && head -c 1000000 /dev/zero >tree/a"), 0);
	CHECK_FAILS(tree_pack(&pack, (struct drain){full, NULL, NULL}, &counts, &err),
		    &err, ERR_NET, "stopped up");
	pack.stop = (struct stop){.asked = yes, .wake_fd = -1};
	CHECK_FAILS(
		tree_pack(&pack, (struct drain){tree_keep, NULL, &stream}, &counts, &err),
		&err, ERR_CANCELLED, "");
}
