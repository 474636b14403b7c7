/* Header fields of mails: whatever a title or an address is, what comes out is one field in ASCII, with lines
 * that every server takes. Input: a line for the subject, the rest is an address. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/smtp_header.h"

#define LINE_MAX 998 /* RFC 5322, 2.1.1 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Folds only; a field never ends before its end. */
static void look_at(const char *field)
{
	size_t columns = 0;
	for (const char *at = field; *at; at++) {
		bool fold = at[0] == '\r' && at[1] == '\n' && at[2] == ' ';
		if (!fold && ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e))
			abort();
		columns = fold ? 0 : columns + 1;
		at += fold ? 1 : 0;
		if (columns > LINE_MAX)
			abort();
	}
}

static void one_text(const char *text)
{
	_cleanup_free_ char *field = NULL;
	struct err err = {0};
	if (str_is_utf8(text, strlen(text)) &&
	    smtp_header_text("Subject", text, &field, &err) == 0)
		look_at(field);
}

static void one_address(const char *text)
{
	struct smtp_address address = {0};
	_cleanup_free_ char *field = NULL;
	struct err err = {0};
	if (!str_is_utf8(text, strlen(text)) ||
	    smtp_address_parse(text, &address, &err) < 0)
		return;
	if (strpbrk(address.mailbox, " <>\r\n"))
		abort();
	if (smtp_header_addresses("To", &address, 1, &field, &err) < 0)
		abort();
	if (!address.name || strlen(address.name) < LINE_MAX / 2)
		look_at(field);
	smtp_address_release(&address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = mem_strndup((const char *)data, size);
	char *rest = strchr(text, '\n');
	one_address(rest ? rest + 1 : text);
	if (rest)
		*rest = '\0';
	one_text(text);
	return 0;
}
