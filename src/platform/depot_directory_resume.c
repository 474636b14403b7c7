/* Uploads into a directory that were begun and neither finished nor aborted: found, continued, abandoned. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/clock.h"
#include "platform/depot_directory_parts.h"
#include "platform/fs.h"

#define LIST_MAX_BYTES ((size_t)4 << 20)
/* A crash before the first line was written leaves an upload without a name: anybody's, when it is no longer
 * being written. */
#define NAMELESS_AGE_MS 60000

/* --- going on ------------------------------------------------------------------------------ */

static int read_list(const struct directory *directory, const char *id, char **ret,
		     struct err *err)
{
	size_t len = 0;
	_cleanup_free_ char *path = directory_upload_path(directory, id, "parts");
	return fs_read(path, LIST_MAX_BYTES, ret, &len, err);
}

/* Is the content what the list says? What was not synced before a crash may be gone. */
static bool part_is_there(struct depot_upload *upload, const struct depot_part *part,
			  char *buffer)
{
	off_t at = (off_t)(part->number - 1) * (off_t)upload->part_bytes;
	size_t have = 0, want = (size_t)part->size_bytes;
	while (have < want) {
		ssize_t got = pread(upload->data_fd, buffer + have, want - have,
				    at + (off_t)have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	_cleanup_free_ char *hex = directory_sha256(buffer, want);
	return strcmp(hex, part->sha256) == 0;
}

/* The next word of a line as a number. */
static bool take_number(const char **line, long long max, long long *ret)
{
	size_t len = strcspn(*line, " \n");
	_cleanup_free_ char *word = mem_strndup(*line, len);
	*line += len + ((*line)[len] == ' ');
	return str_to_int64(word, 0, max, ret) == 0;
}

static bool parse_part(const struct depot_upload *upload, const char *line,
		       struct depot_part *ret)
{
	long long number, bytes;
	*ret = (struct depot_part){0};
	if (!take_number(&line, DEPOT_PARTS_MAX, &number) || number == 0 ||
	    !take_number(&line, (long long)upload->part_bytes, &bytes) ||
	    strspn(line, "0123456789abcdef") != 64 || line[64] != '\n')
		return false;
	ret->number = (unsigned)number;
	ret->size_bytes = bytes;
	memcpy(ret->sha256, line, 64);
	memcpy(ret->tag, line, 64);
	return true;
}

/* Lines that a crash cut are skipped; of two lines for one part the later counts. */
static void take_parts(struct depot_upload *upload, const char *lines)
{
	struct depot_parts listed = {0};
	struct depot_part part;
	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1)
		if (parse_part(upload, lines, &part))
			depot_parts_set(&listed, &part);
	_cleanup_free_ char *buffer = mem_alloc(upload->part_bytes);
	for (size_t i = 0; i < listed.count; i++)
		if (part_is_there(upload, &listed.items[i], buffer))
			depot_parts_set(&upload->parts, &listed.items[i]);
	depot_parts_release(&listed);
}

static bool is_id(const char *id)
{
	return strlen(id) == 16 && id[strspn(id, "0123456789abcdef")] == '\0';
}

int directory_resume(struct depot *depot, const char *id, const struct depot_begin *begin,
		     struct depot_upload **ret, struct depot_parts *ret_parts,
		     struct err *err)
{
	_cleanup_free_ char *list = NULL;
	_cleanup_free_ char *line = directory_first_line(begin);
	*ret_parts = (struct depot_parts){0};
	if (depot_check_begin(depot, begin, err) < 0)
		return -1;
	if (!is_id(id))
		return err_set(err, ERR_NOT_FOUND, "there is no upload '%s'", id);
	if (read_list((struct directory *)depot, id, &list, err) < 0)
		return err_wrap(err, "no upload of '%s' to resume", begin->name);
	if (!str_has_prefix(list, line))
		return err_set(err, ERR_CONFIG, "upload '%s' is not the one of '%s'", id,
			       begin->name);
	struct depot_upload *upload =
		directory_upload_new((struct directory *)depot, id, begin);
	if (directory_upload_open(upload, 0, err) < 0) {
		directory_drop(upload);
		return -1;
	}
	take_parts(upload, list + strlen(line));
	for (size_t i = 0; i < upload->parts.count; i++)
		depot_parts_set(ret_parts, &upload->parts.items[i]);
	*ret = upload;
	return 0;
}

/* --- what is left behind ------------------------------------------------------------------- */

/* The name in the first line; "" when it was never written. Fresh. */
static char *name_in_list(const struct directory *directory, const char *id)
{
	struct err ignored = {0};
	_cleanup_free_ char *list = NULL;
	if (read_list(directory, id, &list, &ignored) < 0)
		return mem_strdup("");
	const char *at = list;
	for (int words = 0; words < 4 && at; words++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at ? mem_strndup(at, strcspn(at, "\n")) : mem_strdup("");
}

static int consider(const struct directory *directory, const char *file,
		    const char *prefix, int64_t before_ms,
		    struct depot_unfinished_list *ret, struct err *err)
{
	struct fs_stat status;
	struct err ignored = {0};
	_cleanup_free_ char *path =
		str_format("%s/" DIRECTORY_UPLOADS "/%s", directory->path, file);
	_cleanup_free_ char *id = mem_strndup(file, strcspn(file, "."));
	if (!str_has_suffix(file, ".parts") || !is_id(id))
		return 0;
	if (fs_stat(path, &status, err) < 0)
		return -1;
	_cleanup_free_ char *name = name_in_list(directory, id);
	bool ours = *name ? str_has_prefix(name, prefix) &&
				    depot_check_name(name, &ignored) == 0
			  : status.modified_ms < clock_wall_ms() - NAMELESS_AGE_MS;
	if (status.type == FS_FILE && ours && status.modified_ms < before_ms)
		*vec_push(ret) = (struct depot_unfinished){TAKE_PTR(name), TAKE_PTR(id),
							   status.modified_ms};
	return 0;
}

int directory_unfinished(struct depot *depot, const char *prefix, int64_t before_ms,
			 struct depot_unfinished_list *ret, struct err *err)
{
	const struct directory *directory = (struct directory *)depot;
	char **names = NULL;
	size_t count = 0;
	struct fs_stat status;
	_cleanup_free_ char *uploads = directory_path(directory, DIRECTORY_UPLOADS);
	*ret = (struct depot_unfinished_list){0};
	if (fs_stat(uploads, &status, err) < 0)
		return -1;
	if (status.type == FS_MISSING)
		return 0;
	int result = fs_list(uploads, &names, &count, err);
	for (size_t i = 0; i < count; i++) {
		if (result == 0)
			result = consider(directory, names[i], prefix, before_ms, ret,
					  err);
		free(names[i]);
	}
	free(names);
	if (result < 0)
		depot_unfinished_release(ret);
	return result;
}

int directory_abandon(struct depot *depot, const struct depot_unfinished *which,
		      struct err *err)
{
	if (!is_id(which->id))
		return err_set(err, ERR_NOT_FOUND, "there is no upload '%s'", which->id);
	return directory_remove_files((struct directory *)depot, which->id, err);
}
