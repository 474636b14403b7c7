/* Shared credentials files (AWS SDKs and Tools Reference Guide, "Shared config and credentials files"): sections in
 * brackets, "key = value" lines, comments from "#" or ";" at the beginning of a line. Indented lines belong to the
 * line before (nested settings), and are not ours. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/aws.h"

static const char BLANKS[] = " \t\r";

/* The text without blanks around it. Fresh. */
static char *trimmed(const char *text, size_t len)
{
	while (len && strchr(BLANKS, *text)) {
		text++;
		len--;
	}
	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	return mem_strndup(text, len);
}

static int fail(unsigned number, const char *what, struct err *err)
{
	return err_set(err, ERR_CONFIG, "line %u: %s", number, what);
}

/* What goes into a header, or a URL, as it is. */
static bool is_clean(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value <= 0x20 || (unsigned char)*value >= 0x7f)
			return false;
	return true;
}

/* "[backups]"; config files say "[profile backups]". */
static int read_section(const char *line, size_t len, unsigned number,
			const char *profile, bool *ret_ours, struct err *err)
{
	const char *end = memchr(line, ']', len);
	if (!end)
		return fail(number, "'[' without ']'", err);
	_cleanup_free_ char *name = trimmed(line + 1, (size_t)(end - line) - 1);
	const char *at = str_has_prefix(name, "profile ") ? name + 8 : name;
	*ret_ours = strcmp(at + strspn(at, BLANKS), profile) == 0;
	return 0;
}

static int take_value(const char *name, const char *value, unsigned number,
		      struct aws_credentials *ret, struct err *err)
{
	struct secret *secret = NULL;
	bool is_name = strcmp(name, "aws_access_key_id") == 0;
	if (strcmp(name, "aws_secret_access_key") == 0)
		secret = &ret->secret_key;
	else if (strcmp(name, "aws_session_token") == 0)
		secret = &ret->session_token;
	if (!is_name && !secret)
		return 0;
	if (!*value)
		return fail(number, "the value is empty", err);
	if (!is_clean(value))
		return fail(number, "the value has a blank or a strange character", err);
	if (is_name)
		str_assign(&ret->access_key, value);
	else
		secret_set(secret, value, strlen(value));
	return 0;
}

static int read_setting(const char *line, size_t len, unsigned number,
			struct aws_credentials *ret, struct err *err)
{
	const char *equals = memchr(line, '=', len);
	if (!equals)
		return fail(number, "expected 'key = value'", err);
	_cleanup_free_ char *name = trimmed(line, (size_t)(equals - line));
	char *value = trimmed(equals + 1, len - (size_t)(equals - line) - 1);
	int result = take_value(name, value, number, ret, err);
	explicit_bzero(value, strlen(value));
	free(value);
	return result;
}

static int read_lines(const char *text, size_t bytes, const char *profile,
		      struct aws_credentials *ret, bool *ret_found, struct err *err)
{
	const char *end = text + bytes;
	unsigned number = 0;
	bool ours = false;
	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((stop ? stop : end) - line);
		number++;
		int result = 0;
		if (memchr(line, '\0', len))
			return fail(number, "this is no text", err);
		if (*line == '[')
			result = read_section(line, len, number, profile, &ours, err);
		else if (ours && len && !strchr("#; \t\r", *line))
			result = read_setting(line, len, number, ret, err);
		if (result < 0)
			return -1;
		*ret_found = *ret_found || ours;
		line += len + 1;
	}
	return 0;
}

int aws_profile_read(const char *text, size_t bytes, const char *profile,
		     struct aws_credentials *ret, struct err *err)
{
	struct aws_credentials found = {.expires_ms = INT64_MAX};
	bool is_there = false;
	int result = read_lines(text, bytes, profile, &found, &is_there, err);
	if (result == 0 && !is_there)
		result = err_set(err, ERR_NOT_FOUND, "there is no [%s]", profile);
	else if (result == 0 && (!found.access_key || !found.secret_key.len))
		result = err_set(err, ERR_CONFIG, "[%s] has no %s", profile,
				 found.access_key ? "aws_secret_access_key"
						  : "aws_access_key_id");
	if (result < 0) {
		aws_credentials_release(&found);
		return -1;
	}
	aws_credentials_release(ret);
	*ret = found;
	return 0;
}
