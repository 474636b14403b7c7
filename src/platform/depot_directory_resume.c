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
#include "platform/upload_list.h"

/* --- going on ------------------------------------------------------------------------------ */

static int read_list(const struct directory *directory, const char *id, char **ret,
		     struct err *err)
{
	size_t len = 0;
	_cleanup_free_ char *path = directory_upload_path(directory, id, "parts");
	return fs_read(path, UPLOAD_LIST_MAX_BYTES, ret, &len, err);
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
	struct depot_part found;
	upload_list_part(part->number, buffer, want, NULL, &found);
	return strcmp(found.sha256, part->sha256) == 0;
}

static void take_parts(struct depot_upload *upload, const struct depot_parts *listed)
{
	_cleanup_free_ char *buffer = mem_alloc(upload->part_bytes);
	for (size_t i = 0; i < listed->count; i++)
		if (part_is_there(upload, &listed->items[i], buffer))
			depot_parts_set(&upload->parts, &listed->items[i]);
}

int directory_resume(struct depot *depot, const char *id, const struct depot_begin *begin,
		     struct depot_upload **ret, struct depot_parts *ret_parts,
		     struct err *err)
{
	_cleanup_free_ char *list = NULL;
	struct depot_parts listed = {0};
	*ret_parts = (struct depot_parts){0};
	if (depot_check_begin(depot, begin, err) < 0 || upload_id_check(id, err) < 0)
		return -1;
	if (read_list((struct directory *)depot, id, &list, err) < 0)
		return err_wrap(err, "no upload of '%s' to resume", begin->name);
	if (upload_list_parse(list, begin, &listed, err) < 0)
		return err_wrap(err, "upload '%s'", id);
	struct depot_upload *upload =
		directory_upload_new((struct directory *)depot, id, begin);
	int result = directory_upload_open(upload, 0, err);
	if (result == 0) {
		take_parts(upload, &listed);
		for (size_t i = 0; i < upload->parts.count; i++)
			depot_parts_set(ret_parts, &upload->parts.items[i]);
		*ret = upload;
	} else {
		directory_drop(upload);
	}
	depot_parts_release(&listed);
	return result;
}

/* --- what is left behind ------------------------------------------------------------------- */

/* The name in the first line; "" when it was never written. Fresh. */
static char *name_in_list(const struct directory *directory, const char *id)
{
	struct err ignored = {0};
	_cleanup_free_ char *list = NULL;
	if (read_list(directory, id, &list, &ignored) < 0)
		return mem_strdup("");
	return upload_list_name(list);
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
	if (!str_has_suffix(file, ".parts") || upload_id_check(id, &ignored) < 0)
		return 0;
	if (fs_stat(path, &status, err) < 0)
		return -1;
	_cleanup_free_ char *name = name_in_list(directory, id);
	if (status.type == FS_FILE && status.modified_ms < before_ms &&
	    upload_list_counts(name, prefix, status.modified_ms, clock_wall_ms()))
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
	if (upload_id_check(which->id, err) < 0)
		return -1;
	return directory_remove_files((struct directory *)depot, which->id, err);
}
