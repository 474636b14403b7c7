/* Templates of webhooks: JSON values whose texts hold {{jq}} parts. Where a part ends is asked of jq
 * itself, because an expression may contain "}}" too: it ends at the first "}}" before which it compiles.
 */
#include <string.h>

#include "belay/jq.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/message.h"
#include "belay/str.h"

#define FILLED_MAX_BYTES ((size_t)1 << 20)
#define SHOWN_MAX 80

struct filling {
	const json_t *content;
	json_t *variables;
};

/* One {{…}} of a text. */
struct template_part {
	struct jq_program *program;
	const char *text; /* the expression, without braces */
	size_t len;
	const char *after; /* behind its "}}" */
};

static void part_release(struct template_part *part)
{
	jq_program_freep(&part->program);
}

static int refuse(const struct template_part *part, const struct err *cause,
		  struct err *err)
{
	int shown = part->len < SHOWN_MAX ? (int)part->len : SHOWN_MAX;
	err_set(err, ERR_CONFIG, "template part '{{%.*s}}': %s", shown, part->text,
		cause->message);
	return err_hint(err,
			"it is a jq expression on the message; 'belay notify --test' "
			"tries it");
}

/* `begin` stands behind "{{". */
static int find_part(const char *begin, struct template_part *ret, struct err *err)
{
	struct err first = {0}, later = {0};
	const char *end = strstr(begin, "}}");
	*ret = (struct template_part){
		.text = begin, .len = strlen(begin), .after = begin + strlen(begin)};
	if (!end) {
		err_set(&first, ERR_CONFIG, "it has no end, '}}'");
		return refuse(ret, &first, err);
	}
	for (; end; end = strstr(end + 1, "}}")) {
		_cleanup_free_ char *text = mem_strndup(begin, (size_t)(end - begin));
		struct err *failure = first.code ? &later : &first;
		if (jq_compile_text(text, NULL, &ret->program, failure) == 0) {
			ret->len = (size_t)(end - begin);
			ret->after = end + 2;
			return 0;
		}
	}
	ret->len = (size_t)(strstr(begin, "}}") - begin);
	return refuse(ret, &first, err);
}

static int run_part(const struct filling *filling, const struct template_part *part,
		    json_t **ret_outputs, struct err *err)
{
	struct err cause = {0};
	if (jq_run(part->program, filling->content, filling->variables, ret_outputs,
		   &cause) < 0)
		return refuse(part, &cause, err);
	return 0;
}

/* As jq -r prints them, but null is nothing. */
static void add_outputs(struct str *out, const json_t *outputs)
{
	size_t i;
	const json_t *value;
	json_array_foreach(outputs, i, value) {
		if (i > 0)
			str_add_char(out, '\n');
		if (json_is_string(value)) {
			str_add(out, json_string_value(value));
		} else if (!json_is_null(value)) {
			_cleanup_free_ char *text = json_text_compact(value);
			str_add(out, text);
		}
	}
}

/* *ret stays NULL when the text is not one part and nothing else. */
static int fill_sole(const struct filling *filling, const char *text, json_t **ret,
		     struct err *err)
{
	__attribute__((cleanup(part_release))) struct template_part part = {0};
	_cleanup_json_ json_t *outputs = NULL;
	if (!str_has_prefix(text, "{{"))
		return 0;
	if (find_part(text + 2, &part, err) < 0)
		return -1;
	if (*part.after)
		return 0;
	if (run_part(filling, &part, &outputs, err) < 0)
		return -1;
	if (json_array_size(outputs) == 1)
		*ret = json_incref(json_array_get(outputs, 0));
	return 0;
}

static int fill_text(const struct filling *filling, const char *text, json_t **ret,
		     struct err *err)
{
	_cleanup_str_ struct str out = STR_INIT_MAX(FILLED_MAX_BYTES);
	const char *begin;
	if (fill_sole(filling, text, ret, err) < 0)
		return -1;
	if (*ret)
		return 0;
	while ((begin = strstr(text, "{{"))) {
		__attribute__((cleanup(part_release))) struct template_part part = {0};
		_cleanup_json_ json_t *outputs = NULL;
		str_add_bytes(&out, text, (size_t)(begin - text));
		if (find_part(begin + 2, &part, err) < 0 ||
		    run_part(filling, &part, &outputs, err) < 0)
			return -1;
		add_outputs(&out, outputs);
		text = part.after;
	}
	str_add(&out, text);
	if (out.truncated)
		return err_set(err, ERR_CONFIG,
			       "the filled template is larger than %zu "
			       "bytes",
			       FILLED_MAX_BYTES);
	*ret = json_string(str_text(&out));
	return 0;
}

static int fill(const struct filling *filling, const json_t *value, json_t **ret,
		struct err *err);

static int fill_array(const struct filling *filling, const json_t *value, json_t **ret,
		      struct err *err)
{
	_cleanup_json_ json_t *filled = json_array();
	size_t i;
	const json_t *item;
	json_array_foreach(value, i, item) {
		json_t *copy = NULL;
		if (fill(filling, item, &copy, err) < 0)
			return -1;
		json_array_append_new(filled, copy);
	}
	*ret = TAKE_PTR(filled);
	return 0;
}

static int fill_object(const struct filling *filling, const json_t *value, json_t **ret,
		       struct err *err)
{
	_cleanup_json_ json_t *filled = json_object();
	const char *key;
	const json_t *member;
	json_object_foreach((json_t *)value, key, member) {
		json_t *copy = NULL;
		if (fill(filling, member, &copy, err) < 0)
			return err_wrap(err, "%s", key);
		json_object_set_new(filled, key, copy);
	}
	*ret = TAKE_PTR(filled);
	return 0;
}

/* Depth is that of the configuration, which its reader bounds. */
static int fill(const struct filling *filling, const json_t *value, json_t **ret,
		struct err *err)
{
	if (json_is_string(value))
		return fill_text(filling, json_string_value(value), ret, err);
	if (json_is_array(value))
		return fill_array(filling, value, ret, err);
	if (json_is_object(value))
		return fill_object(filling, value, ret, err);
	*ret = json_incref((json_t *)value);
	return 0;
}

int template_fill(const json_t *value, const json_t *content, json_t **ret,
		  struct err *err)
{
	_cleanup_json_ json_t *variables =
		json_pack("{s:s?, s:s?, s:s?}", "version",
			  json_get_string(content, "version", NULL), "previous",
			  json_get_string(content, "previous", NULL), "environment",
			  json_get_string(content, "environment", NULL));
	const struct filling filling = {.content = content, .variables = variables};
	json_t *filled = NULL;
	if (fill(&filling, value, &filled, err) < 0)
		return -1;
	*ret = filled;
	return 0;
}
