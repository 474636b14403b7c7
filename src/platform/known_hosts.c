/* The known_hosts format. */
#include "platform/known_hosts.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/digest.h"
#include "platform/openssl.h"

#include <openssl/hmac.h> /* after the header above, which knows its trap */

enum { SHA1_BYTES = 20 };

enum marker { MARKER_NONE, MARKER_REVOKED, MARKER_AUTHORITY, MARKER_OTHER };

/* A piece of the text. */
struct piece {
	const char *data;
	size_t len;
};

/* A line that could be read. */
struct line {
	enum marker marker;
	struct piece names, type, key;
};

/* How a line names the host that is looked for. */
enum naming {
	NAMED_NOT,
	NAMED_WITHOUT_PORT, /* "host" although the port is not 22 */
	NAMED,
};

/* --- lines --------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct piece next_word(struct piece *rest)
{
	while (rest->len && is_blank(rest->data[0]))
		rest->data++, rest->len--;
	struct piece word = {rest->data, 0};
	while (word.len < rest->len && !is_blank(word.data[word.len]))
		word.len++;
	rest->data += word.len;
	rest->len -= word.len;
	return word;
}

static bool piece_is(struct piece piece, const char *text)
{
	return piece.len == strlen(text) && memcmp(piece.data, text, piece.len) == 0;
}

static bool parse_line(struct piece rest, struct line *ret)
{
	struct piece word = next_word(&rest);
	*ret = (struct line){.marker = MARKER_NONE};
	if (!word.len || word.data[0] == '#')
		return false;
	if (word.data[0] == '@') {
		ret->marker = piece_is(word, "@revoked")          ? MARKER_REVOKED
			      : piece_is(word, "@cert-authority") ? MARKER_AUTHORITY
								  : MARKER_OTHER;
		word = next_word(&rest);
	}
	ret->names = word;
	ret->type = next_word(&rest);
	ret->key = next_word(&rest);
	return ret->key.len > 0 && ret->marker != MARKER_OTHER;
}

/* Takes the next line off the text. False at the end. */
static bool next_line(struct piece *text, struct piece *ret)
{
	if (!text->len)
		return false;
	const char *end = memchr(text->data, '\n', text->len);
	*ret = (struct piece){text->data, end ? (size_t)(end - text->data) : text->len};
	size_t taken = ret->len + (end ? 1 : 0);
	text->data += taken;
	text->len -= taken;
	return true;
}

/* --- names --------------------------------------------------------------------------------- */

/* "*" and "?", without backtracking more than to the last star. */
static bool pattern_matches(struct piece pattern, const char *name)
{
	size_t at = 0, star = SIZE_MAX;
	const char *after_star = NULL;
	while (*name) {
		char c = at < pattern.len ? pattern.data[at] : '\0';
		if (c == '*') {
			star = at++;
			after_star = name;
		} else if (c && (c == '?' || tolower((unsigned char)c) ==
						     tolower((unsigned char)*name))) {
			at++;
			name++;
		} else if (star != SIZE_MAX) {
			at = star + 1;
			name = ++after_star;
		} else {
			return false;
		}
	}
	while (at < pattern.len && pattern.data[at] == '*')
		at++;
	return at == pattern.len;
}

static bool list_matches(struct piece names, const char *name)
{
	bool found = false;
	while (names.len) {
		const char *comma = memchr(names.data, ',', names.len);
		size_t len = comma ? (size_t)(comma - names.data) : names.len;
		struct piece pattern = {names.data, len};
		bool negated = len && pattern.data[0] == '!';
		if (negated)
			pattern.data++, pattern.len--;
		if (pattern.len && pattern_matches(pattern, name)) {
			if (negated)
				return false;
			found = true;
		}
		names.data += len + (comma ? 1 : 0);
		names.len -= len + (comma ? 1 : 0);
	}
	return found;
}

/* "|1|base64 of salt|base64 of HMAC-SHA1(salt, name)" */
static bool hash_matches(struct piece hashed, const char *name)
{
	const char *bar = memchr(hashed.data + 3, '|', hashed.len - 3);
	if (!bar)
		return false;
	_cleanup_free_ char *salt_text =
		mem_strndup(hashed.data + 3, (size_t)(bar - hashed.data) - 3);
	_cleanup_free_ char *hash_text =
		mem_strndup(bar + 1, hashed.len - (size_t)(bar + 1 - hashed.data));
	_cleanup_free_ unsigned char *salt = NULL;
	_cleanup_free_ unsigned char *hash = NULL;
	size_t salt_len = 0, hash_len = 0;
	if (str_unbase64(salt_text, &salt, &salt_len) < 0 ||
	    str_unbase64(hash_text, &hash, &hash_len) < 0 || hash_len != SHA1_BYTES)
		return false;
	unsigned char actual[EVP_MAX_MD_SIZE];
	unsigned actual_len = 0;
	if (!HMAC(EVP_sha1(), salt, (int)salt_len, (const unsigned char *)name,
		  strlen(name), actual, &actual_len))
		return false;
	return actual_len == SHA1_BYTES && memcmp(actual, hash, SHA1_BYTES) == 0;
}

static bool names_match(struct piece names, const char *name)
{
	if (names.len > 3 && memcmp(names.data, "|1|", 3) == 0)
		return hash_matches(names, name);
	return list_matches(names, name);
}

/* A hash is of the name in lower case; patterns ignore case anyway. */
static char *lowercase(const char *text)
{
	char *copy = mem_strdup(text);
	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static enum naming naming_of(const struct known_hosts *known, struct piece names)
{
	_cleanup_free_ char *host = lowercase(known->host);
	if (known->port == 22)
		return names_match(names, host) ? NAMED : NAMED_NOT;
	_cleanup_free_ char *with_port = str_format("[%s]:%u", host, known->port);
	if (names_match(names, with_port))
		return NAMED;
	return names_match(names, host) ? NAMED_WITHOUT_PORT : NAMED_NOT;
}

/* --- keys ---------------------------------------------------------------------------------- */

char *known_hosts_fingerprint(const void *key, size_t key_len)
{
	unsigned char hash[DIGEST_SHA256_BYTES];
	digest_sha256(key, key_len, hash);
	_cleanup_free_ char *base64 = str_base64(hash, sizeof hash);
	base64[strcspn(base64, "=")] = '\0';
	return str_format("SHA256:%s", base64);
}

static bool decode_key(struct piece text, unsigned char **ret, size_t *ret_len)
{
	_cleanup_free_ char *copy = mem_strndup(text.data, text.len);
	return str_unbase64(copy, ret, ret_len) == 0 && *ret_len > 0;
}

static void add_expected(struct str *expected, const struct line *line, const void *key,
			 size_t key_len)
{
	_cleanup_free_ char *fingerprint = known_hosts_fingerprint(key, key_len);
	str_addf(expected, "%s%s (%.*s)", expected->len ? ", " : "", fingerprint,
		 (int)(line->type.len < 64 ? line->type.len : 64), line->type.data);
}

enum known_host known_hosts_judge(const struct known_hosts *known, const void *key,
				  size_t key_len, struct str *expected,
				  bool *ret_authority)
{
	struct piece text = {known->text, known->text ? known->len : 0}, raw;
	struct line line;
	bool trusted = false, revoked = false, others = false, authority = false;
	while (next_line(&text, &raw)) {
		if (!parse_line(raw, &line))
			continue;
		enum naming naming = naming_of(known, line.names);
		_cleanup_free_ unsigned char *listed = NULL;
		size_t listed_len = 0;
		if (naming == NAMED_NOT || !decode_key(line.key, &listed, &listed_len))
			continue;
		bool same = listed_len == key_len && memcmp(listed, key, key_len) == 0;
		if (line.marker == MARKER_AUTHORITY) {
			authority = true;
		} else if (line.marker == MARKER_REVOKED) {
			revoked = revoked || same;
		} else if (same) {
			trusted = true;
		} else if (naming == NAMED) {
			others = true;
			if (expected)
				add_expected(expected, &line, listed, listed_len);
		}
	}
	if (ret_authority)
		*ret_authority = authority;
	return revoked   ? KNOWN_HOST_REVOKED
	       : trusted ? KNOWN_HOST_TRUSTED
	       : others  ? KNOWN_HOST_CHANGED
			 : KNOWN_HOST_UNKNOWN;
}

static bool list_has(const struct str *list, struct piece word)
{
	const char *at = str_text(list);
	while (*at) {
		size_t len = strcspn(at, ",");
		if (len == word.len && memcmp(at, word.data, len) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

void known_hosts_types(const struct known_hosts *known, struct str *out)
{
	struct piece text = {known->text, known->text ? known->len : 0}, raw;
	struct line line;
	while (next_line(&text, &raw)) {
		if (!parse_line(raw, &line) || line.marker != MARKER_NONE ||
		    memchr(line.type.data, ',', line.type.len) ||
		    naming_of(known, line.names) == NAMED_NOT || list_has(out, line.type))
			continue;
		if (out->len)
			str_add_char(out, ',');
		str_add_bytes(out, line.type.data, line.type.len);
	}
}
