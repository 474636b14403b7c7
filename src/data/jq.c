/* jq programs: libjq with everything switched off that reaches outside.
 *
 * The user's expression is embedded as ".[1] as [$version, …] | … | .[0] | (\nEXPRESSION\n)" and
 * run on [input, [values…]], because libjq can bind variables only while compiling. The brackets
 * of the expression are checked first, so it cannot close ours; it starts on a line of its own,
 * so that positions in messages can be found again. */
#include <jq.h>
#include <jv.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "jq_program.h"
#include "jq_scan.h"
#include "jq_value.h"
#include "onig_start.h"

#define MAX_OUTPUTS 10000

static const char *const standard_names[] = {
	"version", "previous", "environment", "service", "now", NULL,
};

struct jq_program {
	jq_state *jq;
	char **names;
	size_t names_count;
	struct str message; /* the first one libjq reported */
};

/* Functions that reach the world get another body. (Two of them would even end the process: libjq
 * asserts that the input callback is its own.) */
#define NOT_HERE(name, instead)                                                          \
	"def " name ": error(\"" name " is not available" instead "\"); "
static const char shutters[] =
	"{} as $ENV | def env: {}; "
	"def input_filename: null; def input_line_number: 0; def get_search_list: []; "
	"def debug: .; def debug(f): .; def stderr: .; "
	"def localtime: gmtime; def strflocaltime(f): strftime(f); " NOT_HERE(
		"now", ": use $now") NOT_HERE("input", "") NOT_HERE("inputs", "")
		NOT_HERE("modulemeta", "") NOT_HERE("halt", "") NOT_HERE("halt_error", "")
			NOT_HERE("halt_error(f)", "");

static void keep_first_message(void *data, jv message)
{
	struct jq_program *program = data;
	if (!program->message.len && jv_get_kind(message) == JV_KIND_STRING)
		str_add(&program->message, jv_string_value(message));
	jv_free(message);
}

static bool has_name(const struct jq_program *program, const char *name)
{
	for (size_t i = 0; i < program->names_count; i++)
		if (strcmp(program->names[i], name) == 0)
			return true;
	return false;
}

static void add_names(struct jq_program *program, const char *const *names)
{
	for (; names && *names; names++) {
		if (has_name(program, *names))
			continue;
		size_t wanted = (program->names_count + 1) * sizeof *program->names;
		program->names = mem_realloc(program->names, wanted);
		program->names[program->names_count++] = mem_strdup(*names);
	}
}

/* Everything in front of the expression, on one line. */
static void add_prelude(struct str *code, const struct jq_program *program)
{
	for (size_t i = 0; i < program->names_count; i++)
		str_addf(code, "%s$%s", i ? ", " : ".[1] as [", program->names[i]);
	str_addf(code, "] | %s .[0] | ", shutters);
}

static struct jq_program *program_start(const char *const *names)
{
	struct jq_program *program = mem_new(struct jq_program);
	program->message.max_bytes = STR_DEFAULT_MAX;
	add_names(program, standard_names);
	add_names(program, names);
	/* libjq's test() and match() use Oniguruma, possibly from several threads at once. */
	onig_start();
	program->jq = jq_init();
	if (!program->jq)
		abort(); /* libjq is out of memory; see belay/mem.h */
	jq_set_error_cb(program->jq, keep_first_message, program);
	return program;
}

void jq_program_free(struct jq_program *program)
{
	if (!program)
		return;
	jq_teardown(&program->jq);
	for (size_t i = 0; i < program->names_count; i++)
		free(program->names[i]);
	free(program->names);
	str_release(&program->message);
	free(program);
}

void jq_program_freep(struct jq_program **program)
{
	jq_program_free(*program);
	*program = NULL;
}

static bool program_compile(struct jq_program *program, const char *code)
{
	_cleanup_str_ struct str whole = STR_INIT;
	add_prelude(&whole, program);
	str_add(&whole, code);
	return !whole.truncated && jq_compile(program->jq, str_text(&whole));
}

int jq_program_new(const char *code, const char *const *names, struct jq_program **ret)
{
	_cleanup_(jq_program_freep) struct jq_program *program = program_start(names);
	if (!program_compile(program, code))
		return -1;
	*ret = TAKE_PTR(program);
	return 0;
}

/* libjq's message is "jq: error: PROBLEM at <top-level>, line N:\nLINE" and, from 1.7 on, as many
 * spaces as the place is away from the line's beginning. Gives the offset in `text`, which starts
 * on line 2; SIZE_MAX when it cannot be known. */
static size_t message_offset(const char *message, const char *text)
{
	static const char marker[] = "<top-level>, line ";
	const char *at = strstr(message, marker);
	if (!at)
		return SIZE_MAX;
	char *shown;
	unsigned long line = strtoul(at + strlen(marker), &shown, 10);
	if (str_has_prefix(shown, ":\n"))
		shown += 2;
	const char *line_start = text;
	for (; line > 2; line--) {
		line_start += strcspn(line_start, "\n");
		if (!*line_start++)
			return strlen(text); /* our own closing bracket was reached */
	}
	size_t line_len = strcspn(line_start, "\n");
	if (line < 2 || strncmp(shown, line_start, line_len) != 0)
		return SIZE_MAX;
	size_t spaces = strlen(shown + line_len);
	if (strspn(shown + line_len, " ") != spaces || spaces > line_len)
		return SIZE_MAX;
	return (size_t)(line_start - text) + spaces;
}

/* "jq: error: syntax error, unexpected IDENT, expecting … (Unix shell …) at …" → the part between. */
static char *message_problem(const char *message)
{
	static const char *const fronts[] = {"jq: error: ", "error: ", "syntax error, ",
					     "syntax error: "};
	static const char *const backs[] = {" (Unix shell", " at <top-level>",
					    ", expecting ", "\n"};
	for (size_t i = 0; i < ARRAY_SIZE(fronts); i++)
		if (str_has_prefix(message, fronts[i]))
			message += strlen(fronts[i]);
	size_t len = strlen(message);
	for (size_t i = 0; i < ARRAY_SIZE(backs); i++) {
		const char *back = strstr(message, backs[i]);
		if (back && (size_t)(back - message) < len)
			len = (size_t)(back - message);
	}
	return mem_strndup(message, len);
}

static const struct jq_token *token_at(const struct jq_tokens *tokens, const char *at)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (tokens->items[i].at == at)
			return &tokens->items[i];
	return NULL;
}

static int fail_compile(const struct jq_program *program, const char *text,
			const struct jq_tokens *tokens, struct err *err)
{
	const char *message = str_text(&program->message);
	_cleanup_free_ char *problem = message_problem(message);
	size_t offset = message_offset(message, text);
	if (offset == SIZE_MAX)
		return err_set(err, ERR_CONFIG, "invalid jq: %s", problem);
	/* Bison's names of tokens say less than the token itself. */
	const struct jq_token *token = token_at(tokens, text + offset);
	if (str_has_prefix(problem, "unexpected ")) {
		free(problem);
		if (token)
			problem = str_format("unexpected '%.*s'", (int)token->len,
					     token->at);
		else if (text[offset])
			problem = mem_strdup("unexpected text");
		else
			problem = mem_strdup("the expression is not complete");
	}
	return jq_fail_at(err, text, offset, problem);
}

/* Two line ends: the expression may end in a comment. */
static char *bracketed(const char *text)
{
	return str_format("(\n%s\n)", text);
}

int jq_compile_text(const char *text, const char *const *names, struct jq_program **ret,
		    struct err *err)
{
	_cleanup_jq_tokens_ struct jq_tokens tokens = {0};
	if (jq_scan(text, &tokens, err) < 0)
		return -1;
	if (!tokens.count) {
		err_set(err, ERR_CONFIG, "invalid jq: the expression is empty");
		return -1;
	}
	_cleanup_(jq_program_freep) struct jq_program *program = program_start(names);
	_cleanup_free_ char *code = bracketed(text);
	if (!program_compile(program, code))
		return fail_compile(program, text, &tokens, err);
	*ret = TAKE_PTR(program);
	return 0;
}

bool jq_all_compile(const char *const *texts, size_t count)
{
	_cleanup_str_ struct str code = STR_INIT;
	for (size_t i = 0; i < count; i++) {
		struct err ignored = {0};
		_cleanup_jq_tokens_ struct jq_tokens tokens = {0};
		if (jq_scan(texts[i], &tokens, &ignored) < 0)
			return false;
		str_addf(&code, "%s(\n%s\n)", i ? "," : "", texts[i]);
	}
	_cleanup_(jq_program_freep) struct jq_program *program = NULL;
	return count == 0 || jq_program_new(str_text(&code), NULL, &program) == 0;
}

static jv run_input(const struct jq_program *program, const json_t *input,
		    const json_t *variables)
{
	jv values = jv_array();
	for (size_t i = 0; i < program->names_count; i++)
		values = jv_array_append(values, jq_value_from_json(json_object_get(
							 variables, program->names[i])));
	return JV_ARRAY(jq_value_from_json(input), values);
}

/* Takes `message`, what the expression gave to error(). */
static int fail_run(jv message, struct err *err)
{
	if (jv_get_kind(message) != JV_KIND_STRING)
		message = jv_dump_string(message, 0);
	err_set(err, ERR_FAIL, "jq: %s", jv_string_value(message));
	jv_free(message);
	return -1;
}

/* Takes `last`, the invalid value that ended the outputs. */
static int run_end(jv last, struct err *err)
{
	if (jv_invalid_has_msg(jv_copy(last)))
		return fail_run(jv_invalid_get_msg(last), err);
	jv_free(last);
	return 0;
}

int jq_run_up_to(struct jq_program *program, const json_t *input, const json_t *variables,
		 size_t max, json_t **ret_outputs, struct err *err)
{
	_cleanup_json_ json_t *outputs = json_array();
	jq_start(program->jq, run_input(program, input, variables), 0);
	while (json_array_size(outputs) < max) {
		jv value = jq_next(program->jq);
		if (!jv_is_valid(value)) {
			if (run_end(value, err) < 0)
				return -1;
			break;
		}
		json_t *output = jq_value_to_json(value);
		if (!output)
			return err_set(err, ERR_LIMIT,
				       "jq: the result is nested too deeply");
		json_array_append_new(outputs, output);
	}
	*ret_outputs = TAKE_PTR(outputs);
	return 0;
}

int jq_run(struct jq_program *program, const json_t *input, const json_t *variables,
	   json_t **ret_outputs, struct err *err)
{
	_cleanup_json_ json_t *outputs = NULL;
	if (jq_run_up_to(program, input, variables, MAX_OUTPUTS + 1, &outputs, err) < 0)
		return -1;
	if (json_array_size(outputs) > MAX_OUTPUTS)
		return err_set(err, ERR_LIMIT, "jq: more than %d results", MAX_OUTPUTS);
	*ret_outputs = TAKE_PTR(outputs);
	return 0;
}
