/* What a backup is made of: trees of this machine, the output of a command, or the same of a host. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "live_backup.h"
#include "live_run.h"
#include "platform/process.h"
#include "platform/ssh.h"
#include "utf8.h"

enum { STDERR_KEPT_BYTES = 8 << 10 };

/* --- what became known --------------------------------------------------------------------- */

static json_t *text_json(const char *text)
{
	return utf8_json(text, strlen(text));
}

void live_source_warn(struct live_source *source, const char *text)
{
	if (json_array_size(source->warnings) < LIVE_LEFT_OUT_MAX)
		json_array_append_new(source->warnings, text_json(text));
}

static void note_left_out(struct live_source *source, const char *path,
			  const char *reason)
{
	if (source->left_out_count++ < LIVE_LEFT_OUT_MAX)
		json_array_append_new(source->left_out,
				      json_pack("{s:o, s:o}", "path", text_json(path),
						"reason", text_json(reason)));
}

static void note_missing(struct live_source *source, const char *path)
{
	if (source->missing_count++ < LIVE_LEFT_OUT_MAX)
		json_array_append_new(source->missing, text_json(path));
}

void live_source_tell(void *context, enum tree_event event, const char *path,
		      const char *reason)
{
	struct live_source *source = context;
	switch (event) {
	case TREE_LEFT_OUT:
		note_left_out(source, path, reason);
		break;
	case TREE_CHANGED:
	case TREE_UNMATCHED: {
		_cleanup_free_ char *text = str_format("'%s': %s", path, reason);
		live_source_warn(source, text);
		break;
	}
	case TREE_MISSING:
		note_missing(source, path);
		break;
	}
}

char *live_archive_name(const char *path)
{
	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	size_t len = strlen(path);
	while (len > 0 && path[len - 1] == '/')
		len--;
	return mem_strndup(path, len);
}

/* --- trees of this machine ----------------------------------------------------------------- */

/* What struct tree_source borrows. */
struct trees {
	struct {
		struct tree_source *items;
		size_t count, capacity;
	} sources;
	struct {
		void **items;
		size_t count, capacity;
	} owned;
};

static void trees_release(struct trees *trees)
{
	for (size_t i = 0; i < trees->owned.count; i++)
		free(trees->owned.items[i]);
	free(trees->owned.items);
	free(trees->sources.items);
}

static char *own_name(struct trees *trees, const char *path)
{
	char *name = live_archive_name(path);
	*vec_push(&trees->owned) = name;
	return name;
}

static const char *const *own_list(struct trees *trees, const json_t *list)
{
	size_t count = json_array_size(list);
	if (count == 0)
		return NULL;
	const char **texts = mem_array(const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		texts[i] = json_string_value(json_array_get(list, i));
	*vec_push(&trees->owned) = texts;
	return texts;
}

static void add_files(struct trees *trees, const json_t *source)
{
	const json_t *files = json_object_get(source, "files");
	for (size_t i = 0; i < json_array_size(files); i++) {
		const char *path = json_string_value(json_array_get(files, i));
		if (path)
			*vec_push(&trees->sources) = (struct tree_source){
				.file = path,
				.may_miss = json_get_bool(source, "may_miss", false),
				.prefix = own_name(trees, path),
			};
	}
}

static void add_tree(struct trees *trees, const json_t *source)
{
	const char *text = json_get_string(source, "text", NULL);
	const char *directory = json_get_string(source, "directory", NULL);
	if (directory)
		*vec_push(&trees->sources) = (struct tree_source){
			.directory = directory,
			.include = own_list(trees, json_object_get(source, "include")),
			.exclude = own_list(trees, json_object_get(source, "exclude")),
			.one_file_system =
				json_get_bool(source, "one_file_system", false),
			.prefix = json_get_string(source, "prefix", ""),
		};
	else if (text)
		*vec_push(&trees->sources) = (struct tree_source){
			.text = text,
			.text_bytes = strlen(text),
			.prefix = json_get_string(source, "name", ""),
		};
	else
		add_files(trees, source);
}

static int pack_trees(struct live_source *source, struct drain drain, struct err *err)
{
	__attribute__((cleanup(trees_release))) struct trees trees = {0};
	struct tree_counts counts = {0};
	for (size_t i = 0; i < json_array_size(source->sources); i++)
		add_tree(&trees, json_array_get(source->sources, i));
	struct tree_pack pack = {
		.sources = trees.sources.items,
		.source_count = trees.sources.count,
		.tell = live_source_tell,
		.context = source,
		.stop = live_stop_child(source->call),
	};
	if (tree_pack(&pack, drain, &counts, err) < 0)
		return -1;
	source->entries = counts.entries;
	return 0;
}

/* --- the output of a command --------------------------------------------------------------- */

static int count_output(void *context, const void *data, size_t bytes, struct err *err)
{
	struct live_output *output = context;
	output->bytes += bytes;
	return output->drain.take(output->drain.context, data, bytes, err);
}

struct drain live_output_drain(struct live_output *output)
{
	return (struct drain){.take = count_output, .context = output};
}

int live_output_check(const struct live_output *output, const json_t *run,
		      struct err *err)
{
	if (output->bytes > 0 || json_get_bool(run, "allow_empty", false))
		return 0;
	err_set(err, ERR_FAIL, "the command that is backed up printed nothing");
	return err_hint(err, "if that may be, say 'allow_empty: true' in its source");
}

/* --- a command of this machine ------------------------------------------------------------- */

static bool is_refused(struct run_outcome *outcome, struct err *err)
{
	char said[64];
	_cleanup_str_ struct str text = STR_INIT;
	capture_text(&outcome->err, &text);
	live_last_lines(str_text(&text), said, sizeof said);
	return outcome->exited && live_pipe_refused(outcome->exit, said, err);
}

static int run_command(struct live_source *source, struct drain drain, struct err *err)
{
	const json_t *run = json_array_get(source->sources, 0);
	_cleanup_variables_ struct live_variables variables = {0};
	_cleanup_outcome_ struct run_outcome outcome = {0};
	_cleanup_str_ struct str script = STR_INIT;
	struct live_output output = {.drain = drain};
	live_pipe_command(&script, json_get_string(run, "run", ""));
	if (live_get_variables(source->call, json_object_get(run, "env"), &variables,
			       err) < 0)
		return -1;
	struct process process = {
		.shell = str_text(&script),
		.variables = variables.items,
		.variable_count = variables.count,
		.directory = json_get_string(run, "directory", NULL),
		.output = live_output_drain(&output),
		.timeout_ms = source->timeout_ms,
		.max_output_bytes = STDERR_KEPT_BYTES,
		.stop = live_stop_child(source->call),
	};
	if (process_run(&process, &outcome, err) < 0 || is_refused(&outcome, err) ||
	    live_judge_command("the command that is backed up", &outcome, err) < 0)
		return -1;
	return live_output_check(&output, run, err);
}

/* --- all of them --------------------------------------------------------------------------- */

static bool is_text(const json_t *source)
{
	return json_is_string(json_object_get(source, "text"));
}

/* The host that all of them are on; NULL: this machine. ERR_CONFIG when they are not together. */
static int find_host(const json_t *sources, const json_t **ret, struct err *err)
{
	bool first = true;
	*ret = NULL;
	for (size_t i = 0; i < json_array_size(sources); i++) {
		const json_t *source = json_array_get(sources, i);
		const json_t *host = json_object_get(source, "host");
		if (is_text(source))
			continue;
		if (!first && !(host == *ret || (host && *ret && json_equal(host, *ret))))
			return err_set(err, ERR_CONFIG,
				       "the sources of one backup have to be on one "
				       "machine");
		*ret = host;
		first = false;
	}
	return 0;
}

static int check_kind(const struct live_source *source, struct err *err)
{
	size_t count = json_array_size(source->sources), runs = 0;
	if (count == 0)
		return err_set(err, ERR_CONFIG, "a backup needs a source");
	for (size_t i = 0; i < count; i++)
		runs += json_object_get(json_array_get(source->sources, i), "run") !=
			NULL;
	if (source->is_tar ? runs == 0 : runs == 1 && count == 1)
		return 0;
	return err_set(err, ERR_CONFIG,
		       "a backup is either of one command's output, or of files");
}

int live_source_init(struct live_source *source, struct live_call *call, struct err *err)
{
	const char *kind = json_get_string(call->args, "kind", "tar");
	const json_t *host;
	*source = (struct live_source){
		.call = call,
		.sources = json_object_get(call->args, "sources"),
		.is_tar = strcmp(kind, "tar") == 0,
		.timeout_ms = json_get_int(call->args, "timeout_ms", 0),
		.left_out = json_array(),
		.missing = json_array(),
		.warnings = json_array(),
		.tools = json_object(),
	};
	if (check_kind(source, err) < 0 || find_host(source->sources, &host, err) < 0)
		return -1;
	if (host && live_ssh_connect(call, host, &source->link, err) < 0)
		return -1;
	return 0;
}

void live_source_release(struct live_source *source)
{
	ssh_link_close(source->link);
	json_decref(source->left_out);
	json_decref(source->missing);
	json_decref(source->warnings);
	json_decref(source->tools);
}

int live_source_run(void *context, struct drain drain, struct err *err)
{
	struct live_source *source = context;
	if (source->link)
		return source->is_tar ? live_host_tar(source, drain, err)
				      : live_host_stream(source, drain, err);
	return source->is_tar ? pack_trees(source, drain, err)
			      : run_command(source, drain, err);
}
