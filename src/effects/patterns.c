/* Things that look like a secret. One pass; at each character that can begin a pattern the rules for
 * that character are asked what they would leave of the text from here on. */
#include "patterns.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "belay/mem.h"
#include "secrets.h"

/* A rule looks at text[at..len) and, when it applies, says which part of it is secret. */
struct cut {
	size_t from, to;
};
typedef bool rule(const char *text, size_t len, size_t at, struct cut *cut);

static bool begins(const char *text, size_t len, size_t at, const char *word)
{
	size_t word_len = strlen(word);
	return len - at >= word_len && memcmp(text + at, word, word_len) == 0;
}

static bool begins_nocase(const char *text, size_t len, size_t at, const char *word)
{
	size_t word_len = strlen(word);
	return len - at >= word_len && strncasecmp(text + at, word, word_len) == 0;
}

static bool word_before(const char *text, size_t at)
{
	return at > 0 && (isalnum((unsigned char)text[at - 1]) || text[at - 1] == '_');
}

static size_t span(const char *text, size_t len, size_t at, bool (*wanted)(char))
{
	size_t end = at;
	while (end < len && wanted(text[end]))
		end++;
	return end;
}

/* --- RFC 7468 and OpenSSH private keys ----------------------------------------------------- */

/* From "-----BEGIN … PRIVATE KEY-----" to the matching end, or to the end of the text. */
static bool rule_private_key(const char *text, size_t len, size_t at, struct cut *cut)
{
	static const char begin[] = "-----BEGIN ", kind[] = "PRIVATE KEY",
			  end[] = "-----END ";
	if (!begins(text, len, at, begin))
		return false;
	size_t label = at + sizeof begin - 1;
	const char *dashes = memmem(text + label, len - label, "-----", 5);
	size_t label_end = dashes ? (size_t)(dashes - text) : len;
	if (label_end - label > 64 ||
	    !memmem(text + label, label_end - label, kind, sizeof kind - 1))
		return false;
	cut->from = at;
	cut->to = len;
	const char *tail = memmem(text + label_end, len - label_end, end, sizeof end - 1);
	if (!tail)
		return true;
	size_t close = (size_t)(tail - text) + sizeof end - 1;
	const char *last = memmem(text + close, len - close, "-----", 5);
	if (last)
		cut->to = (size_t)(last - text) + 5;
	return true;
}

/* --- RFC 9110 credentials ------------------------------------------------------------------ */

static bool is_token68(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-._~+/=", c));
}

/* "Bearer authentication" and a challenge's "Bearer realm=" are no tokens. */
static bool is_prose(const char *word, size_t len)
{
	static const char *const known[] = {
		"authentication", "authorization", "credential", "credentials",
		"realm=",         "scope=",        "error="};
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (len == strlen(known[i]) && strncasecmp(word, known[i], len) == 0)
			return true;
	size_t letters = 0;
	while (letters < len &&
	       (islower((unsigned char)word[letters]) || word[letters] == '.'))
		letters++;
	return letters == len && len < 10;
}

static size_t credentials_at(const char *text, size_t len, size_t at, const char *scheme)
{
	if (word_before(text, at) || !begins_nocase(text, len, at, scheme))
		return 0;
	size_t start = at + strlen(scheme);
	size_t spaces = start;
	while (spaces < len && (text[spaces] == ' ' || text[spaces] == '\t'))
		spaces++;
	return spaces > start ? spaces : 0;
}

static bool rule_bearer(const char *text, size_t len, size_t at, struct cut *cut)
{
	size_t start = credentials_at(text, len, at, "bearer");
	if (!start)
		return false;
	size_t end = span(text, len, start, is_token68);
	if (end - start < 6 || is_prose(text + start, end - start))
		return false;
	*cut = (struct cut){start, end};
	return true;
}

/* Is text[start..end) base64, padded or not, of something that holds the character? "" is NUL. */
static bool decodes_to(const char *text, size_t start, size_t end, const char *character)
{
	struct str padded = STR_INIT_MAX(64 * 1024);
	str_add_bytes(&padded, text + start, end - start);
	while (padded.len % 4)
		str_add_char(&padded, '=');
	unsigned char *decoded = NULL;
	size_t decoded_len = 0;
	bool found = str_unbase64(str_text(&padded), &decoded, &decoded_len) == 0 &&
		     memchr(decoded, *character, decoded_len);
	mem_freep(&decoded);
	str_release(&padded);
	return found;
}

/* RFC 7617: base64 of user:password, so it must decode to something with a colon. */
static bool rule_basic(const char *text, size_t len, size_t at, struct cut *cut)
{
	size_t start = credentials_at(text, len, at, "basic");
	if (!start)
		return false;
	size_t end = span(text, len, start, is_token68);
	if (end - start < 4)
		return false;
	if (!decodes_to(text, start, end, ":"))
		return false;
	*cut = (struct cut){start, end};
	return true;
}

/* RFC 4616 (user and password between NULs) and XOAUTH2 (between \1s) in a mail server's dialogue: so it
 * must decode to something with one of these. "AUTH PLAIN LOGIN" is what a server offers. */
static bool rule_sasl(const char *text, size_t len, size_t at, struct cut *cut)
{
	static const char *const mechanisms[] = {"auth plain", "auth xoauth2",
						 "auth oauthbearer"};
	for (size_t i = 0; i < ARRAY_SIZE(mechanisms); i++) {
		size_t start = credentials_at(text, len, at, mechanisms[i]);
		size_t end = start ? span(text, len, start, is_token68) : 0;
		if (end - start < 4 || (!decodes_to(text, start, end, "") &&
					!decodes_to(text, start, end, "\1")))
			continue;
		*cut = (struct cut){start, end};
		return true;
	}
	return false;
}

/* --- RFC 3986 user information ------------------------------------------------------------- */

static bool ends_authority(char c)
{
	return c == '/' || c == '?' || c == '#' || c == '"' || c == '\'' || c == '<' ||
	       c == '>' || c == '\\' || isspace((unsigned char)c);
}

/* In http(s) all of it, for a token may stand in the place of the user; elsewhere (ssh, postgres,
 * smtp …) the password, because "ssh://git@host" has to stay usable. */
static bool rule_userinfo(const char *text, size_t len, size_t at, struct cut *cut)
{
	if (!begins(text, len, at, "://"))
		return false;
	size_t start = at + 3, end = start, sign = 0, colon = 0;
	for (; end < len && !ends_authority(text[end]); end++) {
		if (text[end] == '@')
			sign = end;
		else if (text[end] == ':' && !colon)
			colon = end;
	}
	if (!sign || sign == start)
		return false;
	bool http = (at >= 4 && strncasecmp(text + at - 4, "http", 4) == 0) ||
		    (at >= 5 && strncasecmp(text + at - 5, "https", 5) == 0);
	if (!http) {
		if (!colon || colon > sign || colon + 1 == sign)
			return false;
		start = colon + 1;
	}
	*cut = (struct cut){start, sign};
	return true;
}

/* --- RFC 6265 cookies ---------------------------------------------------------------------- */

static bool rule_set_cookie(const char *text, size_t len, size_t at, struct cut *cut)
{
	if (word_before(text, at) || !begins_nocase(text, len, at, "set-cookie:"))
		return false;
	size_t start = at + strlen("set-cookie:");
	while (start < len && text[start] != '=' && text[start] != '\n' &&
	       text[start] != ';')
		start++;
	if (start >= len || text[start] != '=')
		return false;
	size_t end = ++start;
	while (end < len && !strchr(";\r\n\"", text[end]))
		end++;
	*cut = (struct cut){start, end};
	return end > start;
}

/* --- tokens with a documented prefix ------------------------------------------------------- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}
static bool is_dashed(char c)
{
	return is_word(c) || c == '-';
}
static bool is_capital(char c)
{
	return isupper((unsigned char)c) || isdigit((unsigned char)c);
}

static const struct token {
	const char *prefix;
	bool (*wanted)(char);
	size_t min, max; /* characters after the prefix */
} tokens[] = {
	/* docs.github.com: "About authentication to GitHub", token formats */
	{"ghp_", is_word, 16, SIZE_MAX},
	{"gho_", is_word, 16, SIZE_MAX},
	{"ghu_", is_word, 16, SIZE_MAX},
	{"ghs_", is_word, 16, SIZE_MAX},
	{"ghr_", is_word, 16, SIZE_MAX},
	{"github_pat_", is_word, 20, SIZE_MAX},
	/* AWS IAM: unique identifiers of access keys, long-term and temporary */
	{"AKIA", is_capital, 16, 16},
	{"ASIA", is_capital, 16, 16},
	/* Slack: token types */
	{"xoxb-", is_dashed, 8, SIZE_MAX},
	{"xoxp-", is_dashed, 8, SIZE_MAX},
	{"xoxa-", is_dashed, 8, SIZE_MAX},
	{"xoxr-", is_dashed, 8, SIZE_MAX},
	{"xoxs-", is_dashed, 8, SIZE_MAX},
	{"xapp-", is_dashed, 8, SIZE_MAX},
	/* GitLab: token prefixes; DigitalOcean: personal, OAuth and refresh tokens */
	{"glpat-", is_dashed, 16, SIZE_MAX},
	{"dop_v1_", is_word, 32, SIZE_MAX},
	{"doo_v1_", is_word, 32, SIZE_MAX},
	{"dor_v1_", is_word, 32, SIZE_MAX},
	/* Grafana: tokens of service accounts; Atlassian: API tokens */
	{"glsa_", is_word, 32, SIZE_MAX},
	{"ATATT", is_dashed, 24, SIZE_MAX},
};

static bool rule_token(const char *text, size_t len, size_t at, struct cut *cut)
{
	if (word_before(text, at))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		const struct token *token = &tokens[i];
		if (!begins(text, len, at, token->prefix))
			continue;
		size_t start = at + strlen(token->prefix);
		size_t end = span(text, len, start, token->wanted);
		if (end - start < token->min || end - start > token->max)
			continue;
		*cut = (struct cut){at, end};
		return true;
	}
	return false;
}

/* --- the pass ------------------------------------------------------------------------------ */

static bool find_at(const char *text, size_t len, size_t at, struct cut *cut)
{
	switch (text[at]) {
	case '-':
		return rule_private_key(text, len, at, cut);
	case 'b':
	case 'B':
		return rule_bearer(text, len, at, cut) || rule_basic(text, len, at, cut);
	case ':':
		return rule_userinfo(text, len, at, cut);
	case 's':
	case 'S':
		return rule_set_cookie(text, len, at, cut);
	case 'a':
	case 'A':
		return rule_sasl(text, len, at, cut) || rule_token(text, len, at, cut);
	case 'g':
	case 'x':
	case 'd':
		return rule_token(text, len, at, cut);
	default:
		return false;
	}
}

static bool is_mask(const char *text, struct cut cut)
{
	return cut.to - cut.from == strlen(SECRETS_MASK) &&
	       memcmp(text + cut.from, SECRETS_MASK, cut.to - cut.from) == 0;
}

void patterns_scrub(struct str *text)
{
	struct str out = {.max_bytes = SIZE_MAX / 4};
	size_t kept = 0;
	bool changed = false;
	for (size_t at = 0; at < text->len;) {
		struct cut cut;
		if (!find_at(text->data, text->len, at, &cut) ||
		    is_mask(text->data, cut)) {
			at++;
			continue;
		}
		str_add_bytes(&out, text->data + kept, cut.from - kept);
		str_add(&out, SECRETS_MASK);
		changed = true;
		at = kept = cut.to;
	}
	if (!changed)
		return;
	str_add_bytes(&out, text->data + kept, text->len - kept);
	out.max_bytes = text->max_bytes > out.len ? text->max_bytes : out.len;
	out.truncated = text->truncated;
	explicit_bzero(text->data, text->len);
	str_release(text);
	*text = out;
}

bool patterns_secret_header(const char *name)
{
	static const char *const names[] = {"authorization", "proxy-authorization",
					    "cookie",        "x-api-key",
					    "x-auth-token",  "x-amz-security-token"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

void patterns_scrub_cookie(struct str *value)
{
	const char *equals = value->len ? memchr(value->data, '=', value->len) : NULL;
	if (!equals)
		return;
	size_t start = (size_t)(equals - value->data) + 1;
	const char *semicolon = memchr(value->data + start, ';', value->len - start);
	size_t end = semicolon ? (size_t)(semicolon - value->data) : value->len;
	struct str out = {.max_bytes = SIZE_MAX / 4};
	str_add_bytes(&out, value->data, start);
	str_add(&out, SECRETS_MASK);
	str_add_bytes(&out, value->data + end, value->len - end);
	out.truncated = value->truncated;
	str_release(value);
	*value = out;
}
