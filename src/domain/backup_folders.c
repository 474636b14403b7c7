/* What a store's listing says of a backup: which folders there are, and what is in them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "belay/backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

/* The files of a folder, in the order in which they are removed: without its manifest a folder is no backup any
 * more, whatever happens next. */
enum file { FILE_MANIFEST, FILE_SIGNATURE, FILE_PAGE, FILE_DATA, FILE_COUNT };
static const char *const files[FILE_COUNT] = {"manifest.json", "manifest.sig",
					      "RESTORE.txt", "data.zst.cms"};

/* "20261121T095203Z-1a2b". */
bool backup_id_time(const char *id, int64_t *ret_ms)
{
	static const char shape[] = "ddddddddTddddddZ-xxxx";
	if (strlen(id) != strlen(shape))
		return false;
	for (size_t i = 0; shape[i]; i++) {
		unsigned char c = (unsigned char)id[i];
		if (shape[i] == 'd'   ? !isdigit(c)
		    : shape[i] == 'x' ? !isdigit(c) && (c < 'a' || c > 'f')
				      : c != (unsigned char)shape[i])
			return false;
	}
	_cleanup_free_ char *text = str_format("%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", id,
					       id + 4, id + 6, id + 9, id + 11, id + 13);
	return time_parse(text, ret_ms) == 0;
}

/* Clocks of runners differ by less. */
#define CLOCKS_DIFFER_MS ((int64_t)5 * 60 * 1000)

bool backup_is_ahead(int64_t at_ms, int64_t now_ms)
{
	return at_ms - now_ms > CLOCKS_DIFFER_MS;
}

static bool id_is_ahead(const char *id, int64_t now_ms)
{
	int64_t at_ms;
	return backup_id_time(id, &at_ms) && backup_is_ahead(at_ms, now_ms);
}

bool backup_id_is_newer(const char *id, const char *other, int64_t now_ms)
{
	if (!other)
		return true;
	bool ahead = id_is_ahead(id, now_ms);
	return ahead == id_is_ahead(other, now_ms) ? strcmp(id, other) > 0 : !ahead;
}

struct folder {
	char *id;
	const json_t *objects[FILE_COUNT]; /* rows of the listing, or NULL */
};

/* Splits "NAME/ID/FILE"; false for everything else. */
static bool is_ours(const char *object, const char *name, char **ret_id, enum file *ret)
{
	size_t len = strlen(name);
	if (strncmp(object, name, len) != 0 || object[len] != '/')
		return false;
	const char *at = object + len + 1;
	const char *slash = strchr(at, '/');
	int64_t ignored;
	if (!slash)
		return false;
	_cleanup_free_ char *id = mem_strndup(at, (size_t)(slash - at));
	if (!backup_id_time(id, &ignored))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (strcmp(files[i], slash + 1) != 0)
			continue;
		*ret = (enum file)i;
		*ret_id = TAKE_PTR(id);
		return true;
	}
	return false;
}

/* Newest first: ids begin with their time. */
static int compare_folders(const void *a, const void *b)
{
	return strcmp(((const struct folder *)b)->id, ((const struct folder *)a)->id);
}

static json_t *folder_value(const struct folder *folder)
{
	json_t *names = json_array();
	int64_t bytes = 0;
	for (size_t i = 0; i < FILE_COUNT; i++) {
		if (!folder->objects[i])
			continue;
		json_array_append(names, json_object_get(folder->objects[i], "name"));
		bytes += json_get_int(folder->objects[i], "size_bytes", 0);
	}
	const json_t *data = folder->objects[FILE_DATA];
	bool whole = folder->objects[FILE_MANIFEST] && data;
	return json_pack("{s:s, s:b, s:o, s:I, s:I}", "id", folder->id, "whole", whole,
			 "objects", names, "stored_bytes", (json_int_t)bytes,
			 "data_bytes", (json_int_t)json_get_int(data, "size_bytes", 0));
}

/* The objects of one folder, which stand behind each other once they are sorted, as one. Returns how many
 * folders there are. */
static size_t join(struct folder *folders, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || strcmp(folders[kept - 1].id, folders[i].id) != 0) {
			folders[kept++] = folders[i];
			continue;
		}
		for (size_t f = 0; f < FILE_COUNT; f++)
			if (folders[i].objects[f])
				folders[kept - 1].objects[f] = folders[i].objects[f];
		free(folders[i].id);
	}
	return kept;
}

json_t *backup_folders(const char *name, const json_t *objects)
{
	struct folder *folders = mem_array(struct folder, json_array_size(objects) + 1);
	size_t count = 0, i;
	const json_t *row;
	json_array_foreach(objects, i, row) {
		char *id = NULL;
		enum file file;
		if (!is_ours(json_get_string(row, "name", ""), name, &id, &file))
			continue;
		folders[count].id = id;
		folders[count++].objects[file] = row;
	}
	qsort(folders, count, sizeof *folders, compare_folders);
	count = join(folders, count);
	json_t *list = json_array();
	for (i = 0; i < count; i++) {
		json_array_append_new(list, folder_value(&folders[i]));
		free(folders[i].id);
	}
	free(folders);
	return list;
}
