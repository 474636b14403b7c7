/* Endpoints: splits "USER@HOST:PORT". The syntax of the host is that of RFC 3986 (brackets around an
 * IPv6 address); what a name may look like is left to whoever resolves it. */
#include "belay/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"

void endpoint_release(struct endpoint *endpoint)
{
	free(endpoint->user);
	free(endpoint->host);
	*endpoint = (struct endpoint){0};
}

/* Finds the host in `text`: its first character, length, and where ":PORT" or the end follows. */
static int find_host(const char *text, const char **ret_host, size_t *ret_len,
		     const char **ret_rest)
{
	const char *end;
	if (*text == '[') {
		text++;
		end = strchr(text, ']');
		if (!end)
			return -1;
		*ret_rest = end + 1;
	} else {
		end = text + strcspn(text, ":");
		*ret_rest = end;
	}
	if (end == text)
		return -1;
	*ret_host = text;
	*ret_len = (size_t)(end - text);
	return 0;
}

int endpoint_parse(const char *text, int default_port, struct endpoint *ret)
{
	const char *at = strrchr(text, '@');
	const char *host, *rest;
	size_t host_len;
	if (at == text || find_host(at ? at + 1 : text, &host, &host_len, &rest) < 0)
		return -1;
	long long port = default_port;
	if (*rest == ':') {
		if (str_to_int64(rest + 1, 1, 65535, &port) < 0)
			return -1;
	} else if (*rest || !default_port) {
		return -1;
	}
	*ret = (struct endpoint){
		.user = at ? mem_strndup(text, (size_t)(at - text)) : NULL,
		.host = mem_strndup(host, host_len),
		.port = (int)port,
	};
	return 0;
}
