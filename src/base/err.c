/* Errors: fixed storage, context in front, hints behind. A message ends up in JSON, so what does not fit is
 * cut between characters, and it is UTF-8 whatever it quotes. */
#include "belay/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"

static const struct {
	enum err_code code;
	const char *name;
	int exit_status;
} codes[] = {
	{ERR_NONE, "none", 0},
	{ERR_FAIL, "fail", 1},
	{ERR_USAGE, "usage", 2},
	{ERR_CONFIG, "config", 2},
	{ERR_NOT_FOUND, "not_found", 2},
	{ERR_AUTH, "auth", 2},
	{ERR_NET, "net", 1},
	{ERR_TIMEOUT, "timeout", 1},
	{ERR_LIMIT, "limit", 1},
	{ERR_INCONCLUSIVE, "inconclusive", 5},
	{ERR_LOCKED, "locked", 10},
	{ERR_STATE, "state", 11},
	{ERR_DIVERGED, "diverged", 1},
	{ERR_CANCELLED, "cancelled", 130},
};

const char *err_code_name(enum err_code code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].name;
	return "fail";
}

enum err_code err_code_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(codes[i].name, name) == 0)
			return codes[i].code;
	return ERR_FAIL;
}

int err_exit_status(enum err_code code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].exit_status;
	return 1;
}

void err_clear(struct err *err)
{
	*err = (struct err){0};
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;
	err_clear(err);
	err->code = code;
	va_start(args, format);
	vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	str_keep_utf8(err->message);
	return -1;
}

int err_set_errno(struct err *err, enum err_code code, int sys_errno, const char *format,
		  ...)
{
	va_list args;
	err_clear(err);
	err->code = code;
	err->sys_errno = sys_errno;
	va_start(args, format);
	vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);

	char reason[128];
	size_t used = strlen(err->message);
	const char *text = strerror_r(sys_errno, reason, sizeof reason);
	snprintf(err->message + used, sizeof err->message - used, ": %s", text);
	str_keep_utf8(err->message);
	return -1;
}

int err_wrap(struct err *err, const char *format, ...)
{
	char below[sizeof err->message];
	va_list args;
	memcpy(below, err->message, sizeof below);
	va_start(args, format);
	vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);

	size_t used = strlen(err->message);
	snprintf(err->message + used, sizeof err->message - used, ": %s", below);
	str_keep_utf8(err->message);
	if (err->code == ERR_NONE)
		err->code = ERR_FAIL;
	return -1;
}

int err_hint(struct err *err, const char *format, ...)
{
	va_list args;
	if (err->hint[0])
		return -1;
	va_start(args, format);
	vsnprintf(err->hint, sizeof err->hint, format, args);
	va_end(args);
	str_keep_utf8(err->hint);
	return -1;
}
