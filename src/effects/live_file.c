/* file.read, file.stat, file.real, file.list, file.write, file.append, artifact. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "live.h"
#include "platform/archive.h"
#include "platform/fs.h"
#include "utf8.h"

enum { FILE_DEFAULT_MAX_BYTES = 16 << 20 };

static int get_path(const struct live_call *call, const char **ret, struct err *err)
{
	*ret = json_get_string(call->args, "path", NULL);
	return *ret && **ret ? 0 : err_set(err, ERR_CONFIG, "a file effect needs a path");
}

int live_file_read(struct live_call *call, json_t **ret_answer, struct err *err)
{
	const char *path;
	_cleanup_free_ char *data = NULL;
	size_t len = 0;
	int64_t max_bytes = json_get_int(call->args, "max_bytes", FILE_DEFAULT_MAX_BYTES);
	if (get_path(call, &path, err) < 0 ||
	    fs_read(path, max_bytes > 0 ? (size_t)max_bytes : 0, &data, &len, err) < 0)
		return -1;
	if (str_is_utf8(data, len)) {
		*ret_answer = json_pack("{s:o}", "text", utf8_json(data, len));
	} else {
		_cleanup_free_ char *base64 = str_base64(data, len);
		*ret_answer = json_pack("{s:s}", "base64", base64);
	}
	return 0;
}

static const char *type_name(enum fs_type type)
{
	switch (type) {
	case FS_MISSING:
		return "missing";
	case FS_FILE:
		return "file";
	case FS_DIRECTORY:
		return "directory";
	case FS_LINK:
		return "link";
	case FS_OTHER:
		return "other";
	}
	return "other";
}

int live_file_stat(struct live_call *call, json_t **ret_answer, struct err *err)
{
	const char *path;
	struct fs_stat status;
	if (get_path(call, &path, err) < 0 || fs_stat(path, &status, err) < 0)
		return -1;
	*ret_answer = json_pack("{s:s, s:I, s:I}", "type", type_name(status.type),
				"size_bytes", (json_int_t)status.size_bytes,
				"modified_ms", (json_int_t)status.modified_ms);
	return 0;
}

int live_file_real(struct live_call *call, json_t **ret_answer, struct err *err)
{
	const char *path;
	if (get_path(call, &path, err) < 0)
		return -1;
	_cleanup_free_ char *real = fs_real_path(path);
	*ret_answer = json_pack("{s:o}", "path", utf8_json(real, strlen(real)));
	return 0;
}

int live_file_list(struct live_call *call, json_t **ret_answer, struct err *err)
{
	const char *path;
	char **names = NULL;
	size_t count = 0;
	if (get_path(call, &path, err) < 0 || fs_list(path, &names, &count, err) < 0)
		return -1;
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(list, utf8_json(names[i], strlen(names[i])));
		free(names[i]);
	}
	free(names);
	*ret_answer = json_pack("{s:o}", "names", list);
	return 0;
}

int live_file_write(struct live_call *call, json_t **ret_answer, struct err *err)
{
	const char *path;
	const char *text = json_get_string(call->args, "text", NULL);
	if (get_path(call, &path, err) < 0)
		return -1;
	if (!text)
		return err_set(err, ERR_CONFIG, "writing '%s' needs a text", path);
	struct fs_write write = {
		.data = text,
		.len = strlen(text),
		.mode = (unsigned)json_get_int(call->args, "mode", 0644),
		.exclusive = json_get_bool(call->args, "exclusive", false),
	};
	if (fs_write(path, &write, err) < 0)
		return -1;
	*ret_answer = json_object();
	return 0;
}

int live_file_append(struct live_call *call, json_t **ret_answer, struct err *err)
{
	const char *path;
	const char *text = json_get_string(call->args, "text", NULL);
	if (get_path(call, &path, err) < 0)
		return -1;
	if (!text)
		return err_set(err, ERR_CONFIG, "nothing to append to '%s'", path);
	if (fs_append(path, text, strlen(text), err) < 0)
		return -1;
	*ret_answer = json_object();
	return 0;
}

int live_artifact(struct live_call *call, json_t **ret_answer, struct err *err)
{
	const char *path;
	struct archive_summary summary;
	struct stop stop = live_stop(call);
	if (get_path(call, &path, err) < 0 ||
	    archive_inspect(path, &stop, &summary, err) < 0)
		return -1;
	*ret_answer =
		json_pack("{s:s, s:s, s:I, s:I, s:I}", "format", summary.format, "sha256",
			  summary.sha256, "size_bytes", (json_int_t)summary.size_bytes,
			  "entries", (json_int_t)summary.entries, "unpacked_bytes",
			  (json_int_t)summary.unpacked_bytes);
	archive_summary_release(&summary);
	return 0;
}
