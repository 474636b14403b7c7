/* Results as JSON: the canonical pretty form, or what a jq expression makes of it, one output a line,
 * strings raw (as `jq -r` and gh do). Control characters in raw strings are the caller's wish. */
#include "belay/json.h"
#include "belay/jq.h"
#include "belay/mem.h"
#include "belay/render.h"

static int add_outputs(struct str *out, const json_t *result, const char *expression,
		       struct err *err)
{
	_cleanup_(jq_program_freep) struct jq_program *program = NULL;
	_cleanup_json_ json_t *outputs = NULL;
	if (jq_compile_text(expression, NULL, &program, err) < 0 ||
	    jq_run(program, result, NULL, &outputs, err) < 0)
		return err_wrap(err, "--jq");
	size_t index;
	const json_t *output;
	json_array_foreach(outputs, index, output) {
		_cleanup_free_ char *text =
			json_is_string(output) ? mem_strdup(json_string_value(output))
					       : json_text_compact(output);
		str_addf(out, "%s\n", text);
	}
	return 0;
}

int render_add_json(struct str *out, const json_t *result, const char *jq_expression,
		    struct err *err)
{
	if (jq_expression)
		return add_outputs(out, result, jq_expression, err);
	_cleanup_free_ char *text = json_text_pretty(result);
	str_add(out, text);
	return 0;
}

int render_json(const json_t *result, const char *jq_expression, struct err *err)
{
	_cleanup_str_ struct str out = STR_INIT;
	if (render_add_json(&out, result, jq_expression, err) < 0)
		return -1;
	return render_write(&out, err);
}

int render_check_jq(const char *jq_expression, struct err *err)
{
	_cleanup_(jq_program_freep) struct jq_program *program = NULL;
	if (jq_compile_text(jq_expression, NULL, &program, err) == 0)
		return 0;
	/* Words of the command line, not of the configuration. */
	err->code = ERR_USAGE;
	return err_wrap(err, "--jq");
}
