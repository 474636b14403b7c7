/* Predicates: an expression that should be true, and when it is a comparison, both of its sides.
 *
 * "PREFIX | LEFT op RIGHT" is compiled into one program that gives [[left], [right], [answer]]
 * for each output of PREFIX. An expression is only cut where this provably means the same; any
 * other runs as it is and shows its own output. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "jq_program.h"
#include "jq_scan.h"

struct jq_predicate {
	char *text;
	struct jq_program *program;
	bool split; /* the program gives both sides and the answer */
};

/* Where a comparison can be cut: text[0, pipe) | text[left, op) OP text[right, end). */
struct cut {
	const char *pipe; /* NULL when nothing is in front */
	const char *left;
	const struct jq_token *op;
	const char *right;
};

static bool is_any(const struct jq_token *token, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (jq_token_is(token, words[i]))
			return true;
	return false;
}

static bool is_comparison(const struct jq_token *token)
{
	static const char *const operators[] = {"==", "!=", "<", "<=", ">", ">="};
	return token->kind == JQ_OPERATOR &&
	       is_any(token, operators, ARRAY_SIZE(operators));
}

/* Binds weaker than a comparison, so that a comparison beside it is not the top level. */
static bool binds_weaker(const struct jq_token *token)
{
	static const char *const operators[] = {
		",", "//", "=", "|=", "+=", "-=", "*=", "/=", "%=", "//="};
	static const char *const words[] = {"and", "or"};
	if (token->kind == JQ_OPERATOR)
		return is_any(token, operators, ARRAY_SIZE(operators));
	return token->kind == JQ_WORD && is_any(token, words, ARRAY_SIZE(words));
}

/* Constructs that swallow everything to their right, or whose extent is not worth knowing. */
static bool forbids_cut(const struct jq_token *token)
{
	static const char *const words[] = {"as",      "def",  "label", "reduce",
					    "foreach", "try",  "catch", "if",
					    "then",    "elif", "else",  "end"};
	if (token->kind == JQ_WORD)
		return is_any(token, words, ARRAY_SIZE(words));
	return token->kind == JQ_UNKNOWN || jq_token_is(token, "?//") ||
	       jq_token_is(token, ";");
}

/* Finds the comparison behind the last top-level '|'; false when there is no safe one. */
static bool find_cut(const char *text, const struct jq_tokens *tokens, struct cut *ret)
{
	struct cut cut = {.left = text};
	bool weaker = false;
	for (size_t i = 0; i < tokens->count; i++) {
		const struct jq_token *token = &tokens->items[i];
		if (token->depth > 0)
			continue;
		if (forbids_cut(token))
			return false;
		if (jq_token_is(token, "|")) {
			cut = (struct cut){.pipe = token->at, .left = token->at + 1};
			weaker = false;
			continue;
		}
		weaker =
			weaker || binds_weaker(token) || (cut.op && is_comparison(token));
		if (is_comparison(token)) {
			cut.op = token;
			cut.right = token->at + token->len;
		}
	}
	*ret = cut;
	return cut.op && !weaker;
}

/* limit(2; …) is enough to see that a side has more than one value, and ends with endless ones. */
static char *split_code(const char *text, const struct cut *cut)
{
	struct str code = STR_INIT;
	str_add_char(&code, '(');
	if (cut->pipe) {
		str_add_char(&code, '\n');
		str_add_bytes(&code, text, (size_t)(cut->pipe - text));
		str_add(&code, "\n|");
	}
	str_add(&code, "[limit(2;\n");
	str_add_bytes(&code, cut->left, (size_t)(cut->op->at - cut->left));
	str_addf(&code, "\n)] as $__left | [limit(2;\n%s\n)] as $__right", cut->right);
	return str_take(&code);
}

static int compile_split(const char *text, const char *const *names,
			 struct jq_program **ret)
{
	struct cut cut;
	struct err ignored = {0};
	_cleanup_jq_tokens_ struct jq_tokens tokens = {0};
	if (jq_scan(text, &tokens, &ignored) < 0 || !find_cut(text, &tokens, &cut))
		return -1;
	_cleanup_free_ char *sides = split_code(text, &cut);
	_cleanup_free_ char *code =
		str_format("%s | [$__left, $__right, [$__left[] %.*s $__right[]]])",
			   sides, (int)cut.op->len, cut.op->at);
	return jq_program_new(code, names, ret);
}

int jq_predicate_compile(const char *text, const char *const *names,
			 struct jq_predicate **ret, struct err *err)
{
	_cleanup_(jq_predicate_freep) struct jq_predicate *predicate =
		mem_new(struct jq_predicate);
	predicate->text = mem_strdup(text);
	predicate->split = compile_split(text, names, &predicate->program) == 0;
	/* Also when the cut program fails: this one then has the message, about the user's text. */
	if (!predicate->split &&
	    jq_compile_text(text, names, &predicate->program, err) < 0)
		return -1;
	*ret = TAKE_PTR(predicate);
	return 0;
}

void jq_predicate_free(struct jq_predicate *predicate)
{
	if (!predicate)
		return;
	jq_program_free(predicate->program);
	free(predicate->text);
	free(predicate);
}

void jq_predicate_freep(struct jq_predicate **predicate)
{
	jq_predicate_free(*predicate);
	*predicate = NULL;
}

const char *jq_predicate_text(const struct jq_predicate *predicate)
{
	return predicate->text;
}

void jq_answer_release(struct jq_answer *answer)
{
	json_decref(answer->actual);
	json_decref(answer->bound);
	free(answer->why);
	*answer = (struct jq_answer){0};
}

static bool is_true(const json_t *value)
{
	return !json_is_null(value) && !json_is_false(value);
}

static void refuse(struct jq_answer *answer, const char *why)
{
	jq_answer_release(answer);
	answer->why = mem_strdup(why);
}

/* Reads [[left…], [right…], [answers…]] rows; false when there is not exactly one answer. */
static void answer_from_rows(const json_t *rows, struct jq_answer *answer)
{
	size_t answers = 0;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const json_t *outcome = json_array_get(row, 2);
		if (answers == 0 && json_array_size(outcome) > 0) {
			answer->holds = is_true(json_array_get(outcome, 0));
			answer->actual =
				json_incref(json_array_get(json_array_get(row, 0), 0));
			answer->bound =
				json_incref(json_array_get(json_array_get(row, 1), 0));
		}
		answers += json_array_size(outcome);
	}
	if (answers == 0)
		refuse(answer, "the expression gives no value");
	else if (answers > 1)
		refuse(answer, "the expression gives more than one value");
}

static void answer_from_outputs(const json_t *outputs, struct jq_answer *answer)
{
	if (json_array_size(outputs) != 1) {
		refuse(answer, json_array_size(outputs)
				       ? "the expression gives more than one value"
				       : "the expression gives no value");
		return;
	}
	answer->actual = json_incref(json_array_get(outputs, 0));
	answer->holds = is_true(answer->actual);
}

void jq_predicate_ask(struct jq_predicate *predicate, const json_t *input,
		      const json_t *variables, struct jq_answer *answer)
{
	struct err err = {0};
	_cleanup_json_ json_t *outputs = NULL;
	*answer = (struct jq_answer){0};
	int result = predicate->split ? jq_run(predicate->program, input, variables,
					       &outputs, &err)
				      : jq_run_up_to(predicate->program, input, variables,
						     2, &outputs, &err);
	if (result < 0)
		refuse(answer, err.message);
	else if (predicate->split)
		answer_from_rows(outputs, answer);
	else
		answer_from_outputs(outputs, answer);
}
