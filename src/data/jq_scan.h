/* room: data
 * The tokens of a jq expression, for what libjq does not tell: where it can be cut, whether its
 * brackets close, and which word a message is about. */
#ifndef BELAY_DATA_JQ_SCAN_H
#define BELAY_DATA_JQ_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "belay/err.h"

enum jq_token_kind {
	JQ_WORD,     /* name of a function, or keyword */
	JQ_FIELD,    /* .name */
	JQ_VARIABLE, /* $name */
	JQ_NUMBER,
	JQ_FORMAT, /* @base64 */
	JQ_STRING, /* with its interpolations; the tokens inside those follow, deeper */
	JQ_OPEN,
	JQ_CLOSE,
	JQ_OPERATOR,
	JQ_UNKNOWN, /* a character jq does not use */
};

struct jq_token {
	enum jq_token_kind kind;
	const char *at; /* in the scanned text */
	size_t len;
	size_t depth; /* open brackets around it; a bracket itself counts as outside */
};

struct jq_tokens {
	struct jq_token *items;
	size_t count, capacity;
};

#define _cleanup_jq_tokens_ __attribute__((cleanup(jq_tokens_release)))
void jq_tokens_release(struct jq_tokens *tokens);

/* Errors: ERR_CONFIG with the place, for brackets and strings that do not close. */
ATTR_MUST_USE int jq_scan(const char *text, struct jq_tokens *tokens, struct err *err);

bool jq_token_is(const struct jq_token *token, const char *text);

/* ERR_CONFIG "invalid jq: PROBLEM at character N", and the line with a caret as the hint. */
int jq_fail_at(struct err *err, const char *text, size_t offset, const char *problem);

#endif
