/* Uploads into a directory that were begun and neither finished nor aborted: found and abandoned. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/clock.h"
#include "platform/depot_directory_parts.h"
#include "platform/fs.h"
#include "platform/upload_note.h"

/* The name in its note; "" when that was never written. Fresh. */
static char *name_in_note(const char *path)
{
	struct err ignored = {0};
	_cleanup_free_ char *note = NULL;
	size_t len = 0;
	if (fs_read(path, UPLOAD_NOTE_MAX_BYTES, &note, &len, &ignored) < 0)
		return mem_strdup("");
	return upload_note_name(note);
}

/* When the upload was last added to. *ret_missing: it is gone meanwhile. */
static int last_added(const struct directory *directory, const char *id, const char *note,
		      int64_t *ret_ms, bool *ret_missing, struct err *err)
{
	struct fs_stat said, held;
	_cleanup_free_ char *data = directory_upload_path(directory, id, "data");
	if (fs_stat(note, &said, err) < 0 || fs_stat(data, &held, err) < 0)
		return -1;
	*ret_missing = said.type != FS_FILE;
	*ret_ms = held.type == FS_FILE ? held.modified_ms : said.modified_ms;
	return 0;
}

static int consider(const struct directory *directory, const char *file,
		    const char *prefix, int64_t before_ms,
		    struct depot_unfinished_list *ret, struct err *err)
{
	struct err ignored = {0};
	int64_t at_ms = 0;
	bool missing = false;
	_cleanup_free_ char *id = mem_strndup(file, strcspn(file, "."));
	if (!str_has_suffix(file, ".note") || upload_id_check(id, &ignored) < 0)
		return 0;
	_cleanup_free_ char *path = directory_upload_path(directory, id, "note");
	if (last_added(directory, id, path, &at_ms, &missing, err) < 0)
		return -1;
	_cleanup_free_ char *name = name_in_note(path);
	if (!missing && at_ms < before_ms &&
	    upload_note_counts(name, prefix, at_ms, clock_wall_ms()))
		*vec_push(ret) =
			(struct depot_unfinished){TAKE_PTR(name), TAKE_PTR(id), at_ms};
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
