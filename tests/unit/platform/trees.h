/* Trees for tests: described as text, so that two can be compared; streams kept in memory; archives written by hand.
 *
 *     struct str stream = tree_stream(&source, 1);            // tree_pack() into memory
 *     int result = tree_restore(&stream, &unpack, &err);      // tree_unpack() from it
 *     char *what = tree_describe("/some/where", TREE_ALL);    // free() it
 */
#ifndef TEST_TREES_H
#define TEST_TREES_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/digest.h"
#include "platform/fs.h"
#include "platform/process.h"
#include "platform/tree.h"
#include "test.h"

static inline char *tree_below(const char *name)
{
	return str_format("%s/%s", test_directory(), name);
}

/* Runs a shell command in the test's directory. Returns its status; shows what it said when that is not 0. */
static inline int tree_shell(const char *command)
{
	_cleanup_free_ char *text =
		str_format("cd '%s' && { %s\n} 2>&1", test_directory(), command);
	struct process process = {
		.shell = text, .max_output_bytes = 4000, .stop = STOP_NEVER};
	struct run_outcome outcome = {0};
	struct err err = {0};
	int status = process_run(&process, &outcome, &err) == 0 && outcome.exited
			     ? outcome.exit
			     : -1;
	if (status != 0)
		printf("%s: %s%s\n", command, err.message, str_text(&outcome.out.head));
	run_outcome_release(&outcome);
	return status;
}

/* --- streams --------------------------------------------------------------------------------- */

static inline int tree_keep(void *context, const void *data, size_t bytes,
			    struct err *err)
{
	(void)err;
	str_add_bytes(context, data, bytes);
	return 0;
}

/* What was told, a line each: "changed: PATH: REASON". */
static inline void tree_note(void *context, enum tree_event event, const char *path,
			     const char *reason)
{
	static const char *const names[] = {
		[TREE_LEFT_OUT] = "left out",
		[TREE_CHANGED] = "changed",
		[TREE_MISSING] = "missing",
		[TREE_UNMATCHED] = "unmatched",
	};
	const char *root = test_directory();
	if (str_has_prefix(path, root))
		path += strlen(root) + 1;
	str_addf(context, "%s: %s: %s\n", names[event], path, reason);
}

static inline struct str tree_stream(const struct tree_source *sources, size_t count)
{
	struct str stream = STR_INIT;
	struct tree_pack pack = {
		.sources = sources, .source_count = count, .stop = STOP_NEVER};
	struct tree_counts counts = {0};
	struct err err = {0};
	CHECK_OK(
		tree_pack(&pack, (struct drain){tree_keep, NULL, &stream}, &counts, &err),
		&err);
	CHECK_INT_EQ(counts.bytes, stream.len);
	return stream;
}

/* Gives a stream in pieces of one size. */
struct tree_feed {
	const struct str *stream;
	size_t at, piece_bytes;
};

static inline ssize_t tree_feed_next(void *context, const void **ret_data,
				     struct err *err)
{
	struct tree_feed *feed = context;
	(void)err;
	size_t left = feed->stream->len - feed->at;
	size_t bytes = left < feed->piece_bytes ? left : feed->piece_bytes;
	*ret_data = str_text(feed->stream) + feed->at;
	feed->at += bytes;
	return (ssize_t)bytes;
}

static inline int tree_restore(const struct str *stream, const struct tree_unpack *unpack,
			       struct err *err)
{
	struct tree_feed feed = {.stream = stream, .piece_bytes = 100000};
	struct tree_counts counts = {0};
	int result =
		tree_unpack(unpack, (struct spring){tree_feed_next, &feed}, &counts, err);
	if (result == 0)
		CHECK_INT_EQ(counts.bytes, stream->len);
	return result;
}

/* --- archives by hand (POSIX.1-1988 ustar) --------------------------------------------------- */

struct tree_entry {
	const char *path;
	char type; /* '0' file, '1' hard link, '2' symbolic link, '3' device, '5' directory, '6' FIFO */
	const char *target, *content;
	unsigned mode; /* 0: 0644 */
};

static inline void tree_add_entry(struct str *tar, const struct tree_entry *entry)
{
	enum { BLOCK = 512 };
	unsigned char header[BLOCK] = {0};
	size_t size = entry->content ? strlen(entry->content) : 0;
	snprintf((char *)header, 100, "%s", entry->path);
	snprintf((char *)header + 100, 8, "%07o",
		 (entry->mode ? entry->mode : 0644U) & 07777U);
	snprintf((char *)header + 108, 8, "%07o", 0U);
	snprintf((char *)header + 116, 8, "%07o", 0U);
	snprintf((char *)header + 124, 12, "%011o", (unsigned)size & 07777777U);
	snprintf((char *)header + 136, 12, "%011o", 1000000000U);
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
	if (size) {
		str_add_bytes(tar, entry->content, size);
		str_pad(tar, '\0', (BLOCK - size % BLOCK) % BLOCK);
	}
}

static inline void tree_end_archive(struct str *tar)
{
	str_pad(tar, '\0', 1024);
}

/* --- descriptions ---------------------------------------------------------------------------- */

enum {
	TREE_OWNERS = 1,
	TREE_NANOSECONDS = 2,
	TREE_ATTRIBUTES = 4,
	TREE_HOLES = 8,
	TREE_ALL = 15
};

static inline int tree_by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void tree_add_attributes(struct str *text, const char *path)
{
	char names[4096], value[4096], *sorted[64];
	size_t count = 0;
	ssize_t bytes = listxattr(path, names, sizeof names);
	for (char *name = names; bytes > 0 && name < names + bytes && count < 64;
	     name += strlen(name) + 1)
		sorted[count++] = name;
	qsort(sorted, count, sizeof *sorted, tree_by_text);
	for (size_t i = 0; i < count; i++) {
		ssize_t len = getxattr(path, sorted[i], value, sizeof value);
		if (len < 0 || str_has_prefix(sorted[i], "security.selinux"))
			continue;
		_cleanup_free_ char *hex = str_hex(value, (size_t)len);
		str_addf(text, " %s=%s", sorted[i], hex);
	}
}

static inline void tree_add_content(struct str *text, const char *path,
				    const struct stat *status, unsigned what)
{
	char *data = NULL;
	size_t len = 0;
	struct err err = {0};
	if (!CHECK_OK(fs_read(path, 64U << 20, &data, &len, &err), &err))
		return;
	unsigned char sum[DIGEST_SHA256_BYTES];
	digest_sha256(data, len, sum);
	_cleanup_free_ char *hex = str_hex(sum, 8);
	str_addf(text, " %zu %s%s", len, hex,
		 (what & TREE_HOLES) && status->st_blocks * 512 < status->st_size
			 ? " sparse"
			 : "");
	free(data);
}

/* First names of files with several: (inode, name). */
struct tree_seen {
	struct {
		ino_t inode;
		char *name;
	} * items;
	size_t count, capacity;
};

static inline const char *tree_met(struct tree_seen *seen, ino_t inode, const char *name)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->items[i].inode == inode)
			return seen->items[i].name;
	seen->items = vec_reserve(seen->items, seen->count, &seen->capacity,
				  sizeof *seen->items);
	seen->items[seen->count].inode = inode;
	seen->items[seen->count++].name = mem_strdup(name);
	return NULL;
}

static inline void tree_add_entry_line(struct str *text, const char *root,
				       const char *name, unsigned what,
				       struct tree_seen *seen)
{
	_cleanup_free_ char *path = str_format("%s/%s", root, name);
	struct stat status;
	if (!CHECK(lstat(path, &status) == 0))
		return;
	str_addf(text, "%s %o", name, status.st_mode);
	if (what & TREE_OWNERS)
		str_addf(text, " %u:%u", status.st_uid, status.st_gid);
	str_addf(text, " %lld.%09ld", (long long)status.st_mtim.tv_sec,
		 what & TREE_NANOSECONDS ? status.st_mtim.tv_nsec : 0L);
	if (S_ISLNK(status.st_mode)) {
		char target[4097] = "";
		CHECK(readlink(path, target, sizeof target - 1) >= 0);
		str_addf(text, " -> %s", target);
	} else {
		const char *same = S_ISREG(status.st_mode) && status.st_nlink > 1
					   ? tree_met(seen, status.st_ino, name)
					   : NULL;
		if (same)
			str_addf(text, " = %s", same);
		else if (S_ISREG(status.st_mode))
			tree_add_content(text, path, &status, what);
		if (what & TREE_ATTRIBUTES)
			tree_add_attributes(text, path);
	}
	str_add_char(text, '\n');
}

static inline void tree_describe_below(struct str *text, const char *root,
				       const char *name, unsigned what,
				       struct tree_seen *seen)
{
	_cleanup_free_ char *path = str_format("%s/%s", root, name);
	char **names = NULL;
	size_t count = 0;
	struct err err = {0};
	struct stat status;
	tree_add_entry_line(text, root, name, what, seen);
	if (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode))
		return;
	CHECK_OK(fs_list(path, &names, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *inner =
			strcmp(name, ".") == 0 ? mem_strdup(names[i])
					       : str_format("%s/%s", name, names[i]);
		tree_describe_below(text, root, inner, what, seen);
		free(names[i]);
	}
	free(names);
}

static inline char *tree_describe(const char *root, unsigned what)
{
	struct str text = STR_INIT;
	struct tree_seen seen = {0};
	tree_describe_below(&text, root, ".", what, &seen);
	for (size_t i = 0; i < seen.count; i++)
		free(seen.items[i].name);
	free(seen.items);
	return str_take(&text);
}

/* The names in a directory, one after another with a space between. */
static inline char *tree_names(const char *directory)
{
	struct str text = STR_INIT;
	char **names = NULL;
	size_t count = 0;
	struct err err = {0};
	if (fs_list(directory, &names, &count, &err) < 0)
		return mem_strdup("(missing)");
	for (size_t i = 0; i < count; i++) {
		str_addf(&text, "%s%s", i ? " " : "", names[i]);
		free(names[i]);
	}
	free(names);
	str_add(&text, "");
	return text.data ? str_take(&text) : mem_strdup("");
}

#endif
