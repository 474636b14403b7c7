/* room: platform
 * Questions about http URLs, answered by curl's parser so that nobody else's differs from it.
 */
#ifndef BELAY_PLATFORM_HTTP_URL_H
#define BELAY_PLATFORM_HTTP_URL_H

#include <stdbool.h>

#include "belay/err.h"
#include "belay/secret.h"

/* ERR_CONFIG unless `url` is an absolute http:// or https:// URL with a host. Credentials in it are
 * refused too: they would end up in logs. The message never shows them. */
int http_url_check(const char *url, struct err *err);

/* Same scheme, host and port (defaults filled in)? */
bool http_url_same_origin(const char *a, const char *b);

/* "host" and "443", without brackets. Fresh texts. -1 when it is no URL. */
int http_url_host(const char *url, char **ret_host, char **ret_port);

/* The port that the URL spells out, or NULL. Fresh. */
char *http_url_explicit_port(const char *url);

/* The same URL with another host. Fresh. NULL when it is no URL. */
char *http_url_with_host(const char *url, const char *host);

/* The URL without user and password; what was there goes to *ret_user and *ret_password (NULL when
 * absent; both may be NULL pointers when nobody cares). Fresh. NULL when it is no URL. */
char *http_url_without_credentials(const char *url, char **ret_user,
				   struct secret *ret_password);

#endif
