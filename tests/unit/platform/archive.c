/* Artifacts: archives are described or refused, a directory gives the same stream every time. */
#include "platform/archive.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/digest.h"
#include "platform/fs.h"
#include "platform/process.h"
#include "test.h"

enum { BLOCK = 512 };

/* --- a tar archive by hand (POSIX.1-1988 ustar) -------------------------------------------- */

struct tar_entry {
	const char *path;
	char type; /* '0' file, '1' hard link, '2' symbolic link, '3' device, '5' directory */
	const char *target, *content;
};

static void add_block(struct str *tar, const struct tar_entry *entry)
{
	unsigned char header[BLOCK] = {0};
	size_t size = entry->content ? strlen(entry->content) : 0;
	snprintf((char *)header, 100, "%s", entry->path);
	snprintf((char *)header + 100, 8, "%07o", 0644U);
	snprintf((char *)header + 108, 8, "%07o", 0U);
	snprintf((char *)header + 116, 8, "%07o", 0U);
	snprintf((char *)header + 124, 12, "%011o", (unsigned)size & 07777777U);
	snprintf((char *)header + 136, 12, "%011o", 0U);
	memset(header + 148, ' ', 8);
	header[156] = (unsigned char)entry->type;
	if (entry->target)
		snprintf((char *)header + 157, 100, "%s", entry->target);
	memcpy(header + 257, "ustar\00000", 8);
	unsigned sum = 0;
	for (size_t i = 0; i < BLOCK; i++)
		sum += header[i];
	snprintf((char *)header + 148, 8, "%06o", sum);
	str_add_bytes(tar, header, BLOCK);
	if (!size)
		return;
	str_add_bytes(tar, entry->content, size);
	str_pad(tar, '\0', (BLOCK - size % BLOCK) % BLOCK);
}

static char *below(const char *name)
{
	return str_format("%s/%s", test_directory(), name);
}

static char *write_bytes(const char *name, const struct str *bytes)
{
	char *path = below(name);
	struct fs_write write = {
		.data = str_text(bytes), .len = bytes->len, .mode = 0644};
	struct err err = {0};
	CHECK_OK(fs_write(path, &write, &err), &err);
	return path;
}

static int inspect(const char *path, struct archive_summary *summary, struct err *err)
{
	struct stop never = STOP_NEVER;
	return archive_inspect(path, &never, summary, err);
}

/* --- what is refused ----------------------------------------------------------------------- */

static const struct row {
	const char *name;
	struct tar_entry entries[3];
	const char *message; /* NULL: accepted */
} rows[] = {
	{"files", {{"a/", '5', NULL, NULL}, {"a/b", '0', NULL, "hello"}}, NULL},
	{"links inside",
	 {{"a/b", '0', NULL, "x"}, {"a/l", '2', "b", NULL}, {"h", '1', "a/b", NULL}},
	 NULL},
	{"absolute", {{"/etc/passwd", '0', NULL, "x"}}, "absolute path"},
	{"parent", {{"a/../../b", '0', NULL, "x"}}, "'..' in its path"},
	{"link out", {{"l", '2', "../x", NULL}}, "points outside"},
	{"link to absolute", {{"l", '2', "/etc", NULL}}, "absolute"},
	{"hard link out", {{"h", '1', "../x", NULL}}, "outside"},
	{"through a link",
	 {{"l", '2', "d", NULL}, {"l/x", '0', NULL, "x"}},
	 "behind a symbolic link"},
	{"device", {{"dev", '3', NULL, NULL}}, "device"},
	{"FIFO", {{"fifo", '6', NULL, NULL}}, "device, FIFO"},
};

TEST(judges_entries)
{
	FOR_ROWS(row, rows) {
		struct str tar = STR_INIT;
		for (size_t i = 0; i < 3 && row->entries[i].path; i++)
			add_block(&tar, &row->entries[i]);
		str_pad(&tar, '\0', 2 * BLOCK);
		char *path = write_bytes("x.tar", &tar);
		struct archive_summary summary = {0};
		struct err err = {0};
		int result = inspect(path, &summary, &err);
		if (row->message) {
			CHECK_FAILS(result, &err, ERR_CONFIG, row->message);
			CHECK_STR_HAS(err.message, path);
		} else if (CHECK_OK(result, &err)) {
			unsigned char sum[DIGEST_SHA256_BYTES];
			digest_sha256(tar.data, tar.len, sum);
			char *hex = str_hex(sum, sizeof sum);
			CHECK_STR_EQ(summary.format, "tar");
			CHECK_STR_EQ(summary.sha256, hex);
			CHECK_INT_EQ(summary.size_bytes, tar.len);
			free(hex);
		}
		archive_summary_release(&summary);
		str_release(&tar);
		free(path);
	}
}

static const struct broken_row {
	const char *name, *content;
	size_t len;
} broken_rows[] = {
	{"empty", "", 0},
	{"text", "hello\n", 6},
	{"zip", "PK\003\004aaaaaaaaaaaaaaaaaaaaaaaaaaaa", 32},
	{"gzip of nothing",
	 "\037\213\010\000\000\000\000\000\000\003\003\000\000\000\000\000\000\000\000\000",
	 20},
	{"cut gzip", "\037\213\010\000", 4},
	{"zstd magic", "\050\265\057\375", 4},
};

TEST(refuses_what_is_no_archive)
{
	FOR_ROWS(row, broken_rows) {
		struct str bytes = STR_INIT;
		str_add_bytes(&bytes, row->content, row->len);
		char *path = write_bytes("broken", &bytes);
		struct archive_summary summary = {0};
		struct err err = {0};
		CHECK_FAILS(inspect(path, &summary, &err), &err, ERR_CONFIG, "broken");
		CHECK_NULL(summary.sha256);
		str_release(&bytes);
		free(path);
	}
	struct archive_summary summary = {0};
	struct err err = {0};
	CHECK_FAILS(inspect("/no/such", &summary, &err), &err, ERR_NOT_FOUND, "/no/such");
	CHECK_FAILS(inspect("/dev/null", &summary, &err), &err, ERR_CONFIG,
		    "neither file nor");
}

static bool yes(const void *context)
{
	(void)context;
	return true;
}

TEST(stops)
{
	struct archive_summary summary = {0};
	struct stop stop = {.asked = yes, .wake_fd = -1};
	struct str tar = STR_INIT;
	struct err err = {0};
	add_block(&tar, &(struct tar_entry){"a", '0', NULL, "x"});
	str_pad(&tar, '\0', 2 * BLOCK);
	char *path = write_bytes("stop.tar", &tar);
	CHECK_FAILS(archive_inspect(path, &stop, &summary, &err), &err, ERR_CANCELLED,
		    "");
	CHECK_FAILS(archive_inspect(test_directory(), &stop, &summary, &err), &err,
		    ERR_CANCELLED, "");
	str_release(&tar);
	free(path);
}

/* --- compressed archives ------------------------------------------------------------------- */

static int shell(const char *command)
{
	struct process process = {
		.shell = command, .max_output_bytes = 1000, .stop = STOP_NEVER};
	struct run_outcome outcome;
	struct err err = {0};
	int result = process_run(&process, &outcome, &err) == 0 && outcome.exited
			     ? outcome.exit
			     : -1;
	run_outcome_release(&outcome);
	return result;
}

static const struct packed_row {
	const char *name, *command, *format;
} packed_rows[] = {
	{"gzip", "gzip -c", "tar.gz"},
	{"zstd", "zstd -q -c", "tar.zst"},
};

TEST(compressed)
{
	struct str tar = STR_INIT;
	char *content = mem_alloc(100001);
	memset(content, 'x', 100000);
	add_block(&tar, &(struct tar_entry){"big", '0', NULL, content});
	add_block(&tar, &(struct tar_entry){"small", '0', NULL, "y"});
	str_pad(&tar, '\0', 2 * BLOCK);
	char *plain = write_bytes("plain.tar", &tar);
	FOR_ROWS(row, packed_rows) {
		char *packed = below("packed");
		char *command = str_format("%s '%s' >'%s'", row->command, plain, packed);
		struct archive_summary summary = {0};
		struct err err = {0};
		if (shell(command) == 0 &&
		    CHECK_OK(inspect(packed, &summary, &err), &err)) {
			CHECK_STR_EQ(summary.format, row->format);
			CHECK_INT_EQ(summary.entries, 2);
			CHECK_INT_EQ(summary.unpacked_bytes, 100001);
			CHECK(summary.size_bytes < 10000);
		}
		archive_summary_release(&summary);
		free(command);
		free(packed);
	}
	free(plain);
	free(content);
	str_release(&tar);
}

/* --- directories --------------------------------------------------------------------------- */

static void put(const char *tree, const char *name, const char *content)
{
	char *path = str_format("%s/%s/%s", test_directory(), tree, name);
	struct fs_write write = {.data = content, .len = strlen(content), .mode = 0644};
	struct err err = {0};
	CHECK_OK(fs_write(path, &write, &err), &err);
	free(path);
}

static void make_tree(const char *tree, bool backwards)
{
	static const char long_name[] =
		"a-name-that-is-longer-than-the-hundred-bytes-which-the-oldest-tar-header-has-"
		"room-for-so-that-a-second-header-is-needed";
	static const char *const names[] = {"b/2",   "b/1",      "a",
					    "z/y/x", "\xc3\xa4", long_name};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		put(tree, names[backwards ? ARRAY_SIZE(names) - 1 - i : i], "content\n");
	char *link = str_format("%s/%s/b/link", test_directory(), tree);
	char *root = below(tree);
	CHECK(symlink("../a", link) == 0);
	char *touch = str_format(
		"find '%s' -exec touch -h -d @1700000000 {} +; chmod 755 '%s/a'", root,
		root);
	CHECK_INT_EQ(shell(touch), 0);
	free(touch);
	free(link);
	free(root);
}

TEST(a_directory_gives_the_same_stream_every_time)
{
	make_tree("one", false);
	make_tree("two", true);
	char *one = below("one"), *two = below("two");
	struct archive_summary first = {0}, second = {0};
	struct err err = {0};
	CHECK_OK(inspect(one, &first, &err), &err);
	CHECK_OK(inspect(two, &second, &err), &err);
	CHECK_STR_EQ(first.format, "directory");
	CHECK_STR_EQ(first.sha256, second.sha256);
	CHECK_INT_EQ(first.entries, 10);
	CHECK_INT_EQ(first.unpacked_bytes, 6 * 8);
	put("two", "a", "Content\n");
	archive_summary_release(&second);
	CHECK_OK(inspect(two, &second, &err), &err);
	CHECK(strcmp(first.sha256, second.sha256) != 0);
	archive_summary_release(&first);
	archive_summary_release(&second);
	free(one);
	free(two);
}

static struct str stream_of(const char *directory, size_t piece)
{
	struct str out = STR_INIT;
	struct archive_stream *stream = NULL;
	struct err err = {0};
	char buffer[4096];
	ssize_t got = 0;
	if (!CHECK_OK(archive_stream_open(directory, &stream, &err), &err))
		return out;
	while ((got = archive_stream_read(stream, buffer, piece, &err)) > 0)
		str_add_bytes(&out, buffer, (size_t)got);
	CHECK_OK((int)got, &err);
	archive_stream_close(stream);
	return out;
}

TEST(the_stream_is_an_archive_for_tar_and_for_us)
{
	make_tree("tree", false);
	char *tree = below("tree");
	struct str small = stream_of(tree, 100), large = stream_of(tree, 4096);
	CHECK_MEM_EQ(small.data, small.len, large.data, large.len);
	char *path = write_bytes("stream.tar", &small);
	struct archive_summary summary = {0};
	struct err err = {0};
	CHECK_OK(inspect(path, &summary, &err), &err);
	CHECK_INT_EQ(summary.entries, 10);
	char *compare = str_format(
		"mkdir '%s.out' && tar -C '%s.out' -xf '%s' && diff -r '%s' '%s.out'",
		path, path, path, tree, path);
	CHECK_INT_EQ(shell(compare), 0);
	archive_summary_release(&summary);
	free(compare);
	free(path);
	free(tree);
	str_release(&small);
	str_release(&large);
}

TEST(directories_with_links_that_point_outside)
{
	char *tree = below("bad");
	char *link = below("bad/link");
	struct err err = {0};
	struct archive_summary summary = {0};
	put("bad", "file", "x");
	CHECK(symlink("../../secret", link) == 0);
	CHECK_FAILS(inspect(tree, &summary, &err), &err, ERR_CONFIG, "points outside");
	unlink(link);
	CHECK(mkfifo(link, 0600) == 0);
	CHECK_FAILS(inspect(tree, &summary, &err), &err, ERR_CONFIG, "FIFO");
	free(link);
	free(tree);
}

TEST(an_empty_directory)
{
	char *tree = below("empty");
	struct err err = {0};
	struct archive_summary summary = {0};
	CHECK_OK(fs_make_directories(tree, &err), &err);
	CHECK_OK(inspect(tree, &summary, &err), &err);
	CHECK_INT_EQ(summary.entries, 0);
	CHECK_INT_EQ(summary.size_bytes, 1024);
	archive_summary_release(&summary);
	free(tree);
}
