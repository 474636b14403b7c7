/* run: a command on this machine; and the answer that it has in common with ssh.run. */
#include "live_run.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/process.h"
#include "utf8.h"

static json_t *output(struct live_call *call, struct capture *capture)
{
	struct str text = STR_INIT_MAX(SIZE_MAX / 4);
	capture_text(capture, &text);
	text.truncated = capture->left_out_bytes > 0;
	live_scrub(call, &text);
	json_t *value = utf8_json(str_text(&text), text.len);
	str_release(&text);
	return value;
}

json_t *live_outcome(struct live_call *call, struct run_outcome *outcome)
{
	bool truncated = outcome->out.left_out_bytes || outcome->err.left_out_bytes;
	json_t *answer = json_object();
	json_object_set_new(answer, "exit",
			    outcome->exited ? json_integer(outcome->exit) : json_null());
	json_object_set_new(answer, "signal",
			    *outcome->signal ? json_string(outcome->signal)
					     : json_null());
	json_object_set_new(answer, "timed_out", json_boolean(outcome->timed_out));
	json_object_set_new(answer, "stdout", output(call, &outcome->out));
	json_object_set_new(answer, "stderr", output(call, &outcome->err));
	json_object_set_new(answer, "truncated", json_boolean(truncated));
	json_object_set_new(answer, "duration_ms", json_integer(outcome->duration_ms));
	return answer;
}

size_t live_max_output(const struct live_call *call)
{
	int64_t max_bytes =
		json_get_int(call->args, "max_output_bytes", LIVE_OUTPUT_DEFAULT_BYTES);
	return max_bytes > 0 ? (size_t)max_bytes : 0;
}

/* --- run ----------------------------------------------------------------------------------- */

void live_variables_release(struct live_variables *variables)
{
	for (size_t i = 0; i < variables->count; i++)
		secret_release(&variables->secrets[i]);
	free(variables->secrets);
	free(variables->items);
}

int live_get_variables(struct live_call *call, const json_t *env,
		       struct live_variables *ret, struct err *err)
{
	size_t size = json_object_size(env);
	if (!size)
		return 0;
	ret->items = mem_array(struct process_variable, size);
	ret->secrets = mem_array(struct secret, size);
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)env, name, value) {
		_cleanup_free_ char *what =
			str_format("variable '%s' of a command", name);
		struct secret *secret = &ret->secrets[ret->count];
		if (!*name || strchr(name, '='))
			return err_set(err, ERR_CONFIG,
				       "'%s' cannot be the name of a variable", name);
		if (live_resolve(call, value, what, secret, err) < 0)
			return -1;
		ret->items[ret->count++] = (struct process_variable){name, secret->data};
	}
	return 0;
}

static int get_argv(const json_t *words, const char ***ret_argv, struct err *err)
{
	size_t count = json_array_size(words);
	const char **argv = mem_array(const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		argv[i] = json_string_value(json_array_get(words, i));
	*ret_argv = argv;
	for (size_t i = 0; i < count; i++)
		if (!argv[i])
			return err_set(err, ERR_CONFIG,
				       "the words of a command must be text");
	return count ? 0 : err_set(err, ERR_CONFIG, "a command needs at least one word");
}

int live_run(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_variables_ struct live_variables variables = {0};
	_cleanup_free_ const char **argv = NULL;
	const json_t *words = json_object_get(call->args, "argv");
	const char *shell = json_get_string(call->args, "shell", NULL);
	if (!words == !shell)
		return err_set(err, ERR_CONFIG, "run needs either shell or argv");
	if (live_get_variables(call, json_object_get(call->args, "env"), &variables,
			       err) < 0 ||
	    (words && get_argv(words, &argv, err) < 0))
		return -1;

	const char *text = json_get_string(call->args, "stdin", NULL);
	struct feed_memory memory = {.data = text, .len = text ? strlen(text) : 0};
	struct process process = {
		.shell = shell,
		.argv = argv,
		.variables = variables.items,
		.variable_count = variables.count,
		.directory = json_get_string(call->args, "directory", NULL),
		.input = text ? feed_from_memory(&memory) : FEED_NONE,
		.timeout_ms = json_get_int(call->args, "timeout_ms", 0),
		.max_output_bytes = live_max_output(call),
		.stop = live_stop_child(call),
	};
	_cleanup_outcome_ struct run_outcome outcome = {0};
	if (process_run(&process, &outcome, err) < 0)
		return -1;
	*ret_answer = live_outcome(call, &outcome);
	return 0;
}
