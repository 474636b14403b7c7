/* Scanning jq, following the lexical rules of jq 1.7 (its manual, and its lexer for the corners). */
#include "jq_scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"

/* What is open: a bracket, a string, or the interpolation inside one ('i'). */
struct open {
	char kind;
	size_t token; /* its index */
};

struct scanner {
	const char *text;
	const char *at;
	struct jq_tokens *tokens;
	struct {
		struct open *items;
		size_t count, capacity;
	} stack;
	struct err *err;
};

void jq_tokens_release(struct jq_tokens *tokens)
{
	free(tokens->items);
	*tokens = (struct jq_tokens){0};
}

bool jq_token_is(const struct jq_token *token, const char *text)
{
	return strlen(text) == token->len && memcmp(token->at, text, token->len) == 0;
}

static size_t count_characters(const char *text, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* The line that `offset` is on, or what is around it when the line is long, and a caret below. */
static void add_caret(struct str *out, const char *text, size_t offset)
{
	const size_t around = 60;
	size_t first = offset;
	size_t last = offset;
	while (first > 0 && text[first - 1] != '\n' && offset - first < around)
		first--;
	while (text[last] && text[last] != '\n' && last - offset < around)
		last++;
	while (first < offset && ((unsigned char)text[first] & 0xc0) == 0x80)
		first++;
	while (last > offset && ((unsigned char)text[last] & 0xc0) == 0x80)
		last--;
	_cleanup_free_ char *before = mem_strndup(text + first, offset - first);
	_cleanup_free_ char *after = mem_strndup(text + offset, last - offset);
	str_addf(out, "see here:\n  %s%s\n  ", before, after);
	/* A tab keeps its width only as a tab. */
	for (char *c = before; *c; c++)
		if (*c == '\t')
			str_add_char(out, '\t');
	str_pad(out, ' ', str_width(before));
	str_add_char(out, '^');
}

int jq_fail_at(struct err *err, const char *text, size_t offset, const char *problem)
{
	_cleanup_str_ struct str hint = STR_INIT;
	add_caret(&hint, text, offset);
	err_set(err, ERR_CONFIG, "invalid jq: %s at character %zu", problem,
		count_characters(text, offset) + 1);
	return err_hint(err, "%s", str_text(&hint));
}

static bool is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static size_t name_length(const char *at)
{
	size_t len = 0;
	while (isalnum((unsigned char)at[len]) || at[len] == '_')
		len++;
	return len;
}

/* Names may be qualified: module::name. */
static size_t qualified_length(const char *at)
{
	size_t len = name_length(at);
	while (at[len] == ':' && at[len + 1] == ':' && is_name_start(at[len + 2]))
		len += 2 + name_length(at + len + 2);
	return len;
}

static size_t number_length(const char *at)
{
	size_t len = strspn(at, "0123456789");
	if (at[len] == '.')
		len += 1 + strspn(at + len + 1, "0123456789");
	size_t exponent = len;
	if (at[exponent] == 'e' || at[exponent] == 'E') {
		exponent++;
		exponent += at[exponent] == '+' || at[exponent] == '-';
		if (isdigit((unsigned char)at[exponent]))
			len = exponent + strspn(at + exponent, "0123456789");
	}
	return len;
}

static size_t operator_length(const char *at)
{
	static const char *const operators[] = {
		"?//", "//=", "==", "!=", "<=", ">=", "//", "|=", "+=", "-=",
		"*=",  "/=",  "%=", "..", ".",  "?",  "=",  ";",  ",",  ":",
		"|",   "+",   "-",  "*",  "/",  "%",  "$",  "<",  ">",
	};
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (str_has_prefix(at, operators[i]))
			return strlen(operators[i]);
	return 0;
}

static enum jq_token_kind classify(const char *at, size_t *ret_len)
{
	if (is_name_start(*at)) {
		*ret_len = qualified_length(at);
		return JQ_WORD;
	}
	if (*at == '$' && is_name_start(at[1])) {
		*ret_len = 1 + qualified_length(at + 1);
		return JQ_VARIABLE;
	}
	if (*at == '.' && is_name_start(at[1])) {
		*ret_len = 1 + name_length(at + 1);
		return JQ_FIELD;
	}
	if (*at == '@' && name_length(at + 1)) {
		*ret_len = 1 + name_length(at + 1);
		return JQ_FORMAT;
	}
	if (isdigit((unsigned char)*at) ||
	    (*at == '.' && isdigit((unsigned char)at[1]))) {
		*ret_len = number_length(at);
		return JQ_NUMBER;
	}
	*ret_len = operator_length(at);
	if (*ret_len)
		return JQ_OPERATOR;
	*ret_len = 1;
	return JQ_UNKNOWN;
}

static void add_token(struct scanner *s, enum jq_token_kind kind, size_t len)
{
	*vec_push(s->tokens) = (struct jq_token){kind, s->at, len, s->stack.count};
	s->at += len;
}

static void push(struct scanner *s, char kind, size_t len)
{
	struct open open = {kind, s->tokens->count};
	if (kind == 'i')
		s->at += len;
	else
		add_token(s, kind == '"' ? JQ_STRING : JQ_OPEN, len);
	*vec_push(&s->stack) = open;
}

static int fail_here(struct scanner *s, const char *problem)
{
	return jq_fail_at(s->err, s->text, (size_t)(s->at - s->text), problem);
}

static int close_bracket(struct scanner *s)
{
	static const char pairs[][3] = {"()", "[]", "{}", "i)"};
	char top = s->stack.count ? s->stack.items[s->stack.count - 1].kind : '\0';
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (pairs[i][0] != top || pairs[i][1] != *s->at)
			continue;
		s->stack.count--;
		if (top == 'i')
			s->at++;
		else
			add_token(s, JQ_CLOSE, 1);
		return 0;
	}
	_cleanup_free_ char *problem = str_format("unexpected '%c'", *s->at);
	return fail_here(s, problem);
}

/* Inside a string: up to its end or to the next interpolation. */
static void scan_string(struct scanner *s)
{
	while (*s->at && *s->at != '"') {
		if (str_has_prefix(s->at, "\\(")) {
			push(s, 'i', 2);
			return;
		}
		s->at += *s->at == '\\' && s->at[1] ? 2 : 1;
	}
	if (!*s->at)
		return;
	struct open open = s->stack.items[--s->stack.count];
	struct jq_token *token = &s->tokens->items[open.token];
	s->at++;
	token->len = (size_t)(s->at - token->at);
}

static int scan_code(struct scanner *s)
{
	size_t len;
	if (strchr(" \t\n", *s->at)) {
		s->at++;
	} else if (*s->at == '#') {
		s->at += strcspn(s->at, "\n");
	} else if (strchr("([{\"", *s->at)) {
		push(s, *s->at, 1);
	} else if (strchr(")]}", *s->at)) {
		return close_bracket(s);
	} else {
		enum jq_token_kind kind = classify(s->at, &len);
		add_token(s, kind, len);
	}
	return 0;
}

static int check_closed(struct scanner *s)
{
	if (s->stack.count == 0)
		return 0;
	struct open open = s->stack.items[s->stack.count - 1];
	for (size_t i = s->stack.count; open.kind == 'i' && i > 1; i--)
		open = s->stack.items[i - 2];
	s->at = s->tokens->items[open.token].at;
	_cleanup_free_ char *problem =
		open.kind == '"' ? str_format("a string that never ends")
				 : str_format("'%c' that is never closed", open.kind);
	return fail_here(s, problem);
}

int jq_scan(const char *text, struct jq_tokens *tokens, struct err *err)
{
	struct scanner s = {.text = text, .at = text, .tokens = tokens, .err = err};
	int result = 0;
	while (result == 0 && *s.at) {
		if (s.stack.count && s.stack.items[s.stack.count - 1].kind == '"')
			scan_string(&s);
		else
			result = scan_code(&s);
	}
	if (result == 0)
		result = check_closed(&s);
	free(s.stack.items);
	return result;
}
