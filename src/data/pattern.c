/* Patterns by Oniguruma. Its Perl syntax is close to ECMA-262; three differences matter: '$' must
 * not match before a final line end, \d and \w are ASCII, and \uHHHH exists. */
#include "pattern.h"

#include <oniguruma.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "onig_start.h"

struct pattern {
	regex_t *regex;
};

/* Every '$' that is an anchor becomes \z. */
static char *translated(const char *text)
{
	struct str out = STR_INIT;
	bool in_class = false;
	for (const char *c = text; *c; c++) {
		if (*c == '\\' && c[1]) {
			str_add_char(&out, *c++);
			str_add_char(&out, *c);
			continue;
		}
		if (*c == '[')
			in_class = true;
		else if (*c == ']')
			in_class = false;
		if (*c == '$' && !in_class)
			str_add(&out, "\\z");
		else
			str_add_char(&out, *c);
	}
	return str_take(&out);
}

int pattern_new(const char *text, struct pattern **ret, struct err *err)
{
	_cleanup_free_ char *source = translated(text);
	const OnigUChar *start = (const OnigUChar *)source;
	OnigSyntaxType syntax = *ONIG_SYNTAX_PERL_NG;
	OnigErrorInfo info = {0};
	regex_t *regex = NULL;
	syntax.op2 |= ONIG_SYN_OP2_ESC_U_HEX4;
	onig_start();
	int result = onig_new(&regex, start, start + strlen(source),
			      ONIG_OPTION_DIGIT_IS_ASCII | ONIG_OPTION_WORD_IS_ASCII,
			      ONIG_ENCODING_UTF8, &syntax, &info);
	if (result != ONIG_NORMAL) {
		OnigUChar reason[ONIG_MAX_ERROR_MESSAGE_LEN];
		onig_error_code_to_str(reason, result, &info);
		return err_set(err, ERR_CONFIG, "invalid pattern '%s': %s", text,
			       (const char *)reason);
	}
	*ret = mem_new(struct pattern);
	(*ret)->regex = regex;
	return 0;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	onig_free(pattern->regex);
	free(pattern);
}

bool pattern_matches(const struct pattern *pattern, const char *text, size_t len)
{
	const OnigUChar *start = (const OnigUChar *)text;
	const OnigUChar *end = start + len;
	return onig_search(pattern->regex, start, end, start, end, NULL,
			   ONIG_OPTION_NONE) >= 0;
}
