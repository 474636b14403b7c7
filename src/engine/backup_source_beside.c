/* What a restore that was killed outright left beside its target: the opened data, under a name that only belay gives
 * (platform/tree_place.h, stage.h). Nobody else tidies it up, so the next restore to the same place names it.
 */
#include <stdlib.h>
#include <string.h>

#include "backup_source.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

#define MARK ".belay-"
/* Random characters behind the mark: of a file, of a directory. */
enum { FILE_DIGITS = 6, DIRECTORY_DIGITS = 16 };

static bool is_left_over(const char *name, const char *prefix)
{
	if (!str_has_prefix(name, prefix))
		return false;
	size_t len = strlen(name + strlen(prefix));
	return (len == FILE_DIGITS || len == DIRECTORY_DIGITS) &&
	       !strchr(name + strlen(prefix), '.');
}

/* A directory that cannot be read, or is not there yet, has nothing to tell. */
static void look_in(struct backup_source *source, const char *directory,
		    const char *prefix)
{
	struct err ignored = {0};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", directory);
	const struct effect effect = {
		.kind = "file.list", .mode = EFFECT_OBSERVE, .args = args};
	if (effects_perform(source->desk->engine.fx, &effect, &answer, &ignored) < 0)
		return;
	size_t i;
	const json_t *name;
	json_array_foreach(json_object_get(answer, "names"), i, name) {
		const char *text = json_string_value(name);
		if (text && is_left_over(text, prefix))
			backup_source_warn(
				source,
				"'%s%s%s' is of a restore that was killed, with opened "
				"data in it: remove it, unless one is at it now",
				directory, str_has_suffix(directory, "/") ? "" : "/",
				text);
	}
}

/* The path without slashes at its end. Fresh. */
static char *trimmed(const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	return mem_strndup(path, len);
}

static void look_beside(struct backup_source *source, const char *target)
{
	_cleanup_free_ char *path = trimmed(target);
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	_cleanup_free_ char *prefix = str_format(".%.200s" MARK, name);
	_cleanup_free_ char *above =
		slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
	_cleanup_free_ char *parent = trimmed(above);
	if (*name)
		look_in(source, parent, prefix);
}

void backup_source_look_beside(struct backup_source *source, const json_t *to)
{
	const char *directory = json_get_string(to, "directory", NULL);
	const char *file = json_get_string(to, "file", NULL);
	if (json_get_string(to, "run", NULL) || (!directory && !file))
		return;
	look_beside(source, directory ? directory : file);
	/* Where nothing can stand beside it. */
	if (directory)
		look_in(source, directory, MARK);
}
