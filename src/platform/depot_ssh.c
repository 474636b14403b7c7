/* Objects in a directory on a host: looking, small ones, the table of operations. */
#include "platform/depot_ssh.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "platform/depot_ssh_parts.h"
#include "platform/ssh.h"
#include "platform/upload_note.h"

#define DEFAULT_TIMEOUT_MS 60000

static void free_host(struct depot *depot)
{
	struct host *host = (struct host *)depot;
	host_close_links(host);
	if (host->options.release)
		host->options.release(host->options.context);
	pthread_mutex_destroy(&host->lock);
	pthread_cond_destroy(&host->returned);
	free((char *)host->options.name);
	free((char *)host->options.path);
	free(host);
}

static const char *warning(struct depot *depot)
{
	(void)depot;
	return NULL;
}

/* --- looking ------------------------------------------------------------------------------- */

static int get(struct depot *depot, const char *name, int64_t offset, void *buffer,
	       size_t bytes, size_t *ret_count, struct err *err)
{
	struct host_answer answer;
	*ret_count = 0;
	if (depot_check_name(name, err) < 0)
		return -1;
	if (bytes == 0)
		return 0;
	_cleanup_free_ char *from = str_format("%jd", (intmax_t)offset);
	_cleanup_free_ char *count = str_format("%zu", bytes);
	struct host_call call = {.what = name,
				 .script = host_script_get,
				 .args = {name, from, count},
				 .idle_ms = HOST_DATA_IDLE_MS,
				 .into = buffer,
				 .into_bytes = bytes};
	int result = host_run((struct host *)depot, &call, &answer, err);
	if (result == 0)
		*ret_count = answer.count;
	host_answer_release(&answer);
	return result;
}

/* "SIZE SECONDS", and what follows. */
static bool read_status(const char *line, struct depot_object *ret, const char **ret_rest)
{
	char *end = NULL;
	long long size = strtoll(line, &end, 10);
	if (end == line || *end != ' ' || size < 0)
		return false;
	char *rest = NULL;
	long long seconds = strtoll(end, &rest, 10);
	if (rest == end)
		return false;
	ret->size_bytes = size;
	ret->modified_ms = seconds * 1000;
	*ret_rest = rest;
	return true;
}

int host_head(struct depot *depot, const char *name, struct depot_object *ret,
	      struct err *err)
{
	struct host *host = (struct host *)depot;
	struct host_answer answer;
	const char *rest;
	*ret = (struct depot_object){0};
	if (depot_check_name(name, err) < 0)
		return -1;
	struct host_call call = {
		.what = name, .script = host_script_head, .args = {name}};
	int result = host_run(host, &call, &answer, err);
	if (result == 0 && !read_status(str_text(&answer.text), ret, &rest))
		result = err_set(err, ERR_FAIL, "stat on %s gives no size of '%s'",
				 host->options.name, name);
	if (result == 0)
		ret->name = mem_strdup(name);
	host_answer_release(&answer);
	return result;
}

/* "SIZE SECONDS ./NAME". What a depot cannot have made is not ours. */
static void add_line(const char *line, const char *prefix, struct depot_objects *ret)
{
	struct depot_object object = {0};
	struct err ignored = {0};
	const char *name;
	if (read_status(line, &object, &name) && str_has_prefix(name, " ./") &&
	    str_has_prefix(name + 3, prefix) &&
	    depot_check_name(name + 3, &ignored) == 0) {
		object.name = mem_strdup(name + 3);
		*vec_push(ret) = object;
	}
}

static int list(struct depot *depot, const char *prefix, struct depot_objects *ret,
		struct err *err)
{
	struct host_answer answer;
	*ret = (struct depot_objects){0};
	const char *slash = strrchr(prefix, '/');
	_cleanup_free_ char *below =
		mem_strndup(prefix, slash ? (size_t)(slash - prefix) : 0);
	if (*below && depot_check_name(below, err) < 0)
		return err_wrap(err, "prefix '%s'", prefix);
	struct host_call call = {.what = prefix,
				 .script = host_script_list,
				 .args = {below},
				 .idle_ms = HOST_DATA_IDLE_MS};
	int result = host_run((struct host *)depot, &call, &answer, err);
	char *line = result == 0 ? answer.text.data : NULL;
	for (char *end; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		add_line(line, prefix, ret);
	}
	depot_objects_sort(ret);
	host_answer_release(&answer);
	return result;
}

/* --- making and removing ------------------------------------------------------------------- */

static int put(struct depot *depot, const char *name, const void *data, size_t bytes,
	       struct err *err)
{
	struct depot_begin begin = {
		.name = name, .mark = "put", .part_bytes = bytes ? bytes : 1};
	if (depot_check_name(name, err) < 0)
		return -1;
	_cleanup_free_ char *id = upload_id_new();
	_cleanup_free_ char *note = upload_note_text(&begin);
	_cleanup_free_ char *count = str_format("%zu", bytes);
	struct host_call call = {.what = name,
				 .script = host_script_put,
				 .args = {id, note, name, count, ""},
				 .repeated = "again",
				 .input = data,
				 .input_bytes = bytes,
				 .idle_ms = HOST_DATA_IDLE_MS};
	return host_do((struct host *)depot, &call, err);
}

static int remove_object(struct depot *depot, const char *name, struct err *err)
{
	if (depot_check_name(name, err) < 0)
		return -1;
	struct host_call call = {
		.what = name, .script = host_script_remove, .args = {name}};
	return host_do((struct host *)depot, &call, err);
}

static const struct depot_ops ops = {
	.least_part_bytes = 1,
	.free = free_host,
	.warning = warning,
	.put = put,
	.get = get,
	.head = host_head,
	.list = list,
	.remove = remove_object,
	.begin = host_begin,
	.put_part = host_put_part,
	.finish = host_finish,
	.abort = host_abort,
	.drop = host_drop,
	.unfinished = host_unfinished,
	.abandon = host_abandon,
};

int depot_ssh_new(const struct depot_ssh_options *options, struct depot **ret,
		  struct err *err)
{
	if (str_is_blank(options->path) || strpbrk(options->path, "\r\n"))
		return err_set(err, ERR_CONFIG,
			       "a depot on %s needs the path of a directory there",
			       options->name);
	struct host *host = mem_new(struct host);
	host->depot.ops = &ops;
	host->options = *options;
	host->options.name = mem_strdup(options->name);
	host->options.path = mem_strdup(options->path);
	if (!host->options.timeout_ms)
		host->options.timeout_ms = DEFAULT_TIMEOUT_MS;
	pthread_mutex_init(&host->lock, NULL);
	pthread_cond_init(&host->returned, NULL);
	*ret = &host->depot;
	return 0;
}
