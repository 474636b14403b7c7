/* http URLs, by curl's parser. */
#include "platform/http_url.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"

/* NULL when it cannot be parsed. ssh:// and others are parsed as well. */
static CURLU *parse(const char *text)
{
	CURLU *url = curl_url();
	if (url &&
	    curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
		return url;
	curl_url_cleanup(url);
	return NULL;
}

/* One part as fresh memory of ours, or NULL. */
static char *part(CURLU *url, CURLUPart what, unsigned flags)
{
	char *text = NULL;
	if (curl_url_get(url, what, &text, flags) != CURLUE_OK)
		return NULL;
	char *copy = mem_strdup(text);
	curl_free(text);
	return copy;
}

int http_url_check(const char *url, struct err *err)
{
	if (str_is_blank(url))
		return err_set(err, ERR_CONFIG, "the URL is empty");
	if (!str_has_prefix(url, "http://") && !str_has_prefix(url, "https://"))
		return err_set(err, ERR_CONFIG,
			       "a URL must start with http:// or https://");
	CURLU *parsed = parse(url);
	if (!parsed)
		return err_set(err, ERR_CONFIG, "this is no usable URL");
	_cleanup_free_ char *user = part(parsed, CURLUPART_USER, 0);
	_cleanup_free_ char *password = part(parsed, CURLUPART_PASSWORD, 0);
	curl_url_cleanup(parsed);
	if (user || password) {
		err_set(err, ERR_CONFIG, "the URL contains credentials");
		return err_hint(err,
				"give user and password on their own, the password as a "
				"secret");
	}
	return 0;
}

/* "https host 443" */
static char *origin(const char *text)
{
	CURLU *url = parse(text);
	if (!url)
		return NULL;
	_cleanup_free_ char *scheme = part(url, CURLUPART_SCHEME, 0);
	_cleanup_free_ char *host = part(url, CURLUPART_HOST, 0);
	_cleanup_free_ char *port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	curl_url_cleanup(url);
	return str_format("%s %s %s", scheme ? scheme : "", host ? host : "",
			  port ? port : "");
}

bool http_url_same_origin(const char *a, const char *b)
{
	_cleanup_free_ char *origin_a = origin(a);
	_cleanup_free_ char *origin_b = origin(b);
	return origin_a && origin_b && strcasecmp(origin_a, origin_b) == 0;
}

int http_url_host(const char *text, char **ret_host, char **ret_port)
{
	CURLU *url = parse(text);
	if (!url)
		return -1;
	char *host = part(url, CURLUPART_HOST, 0);
	char *port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	curl_url_cleanup(url);
	if (!host || !port) {
		free(host);
		free(port);
		return -1;
	}
	size_t len = strlen(host);
	if (host[0] == '[' && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	}
	*ret_host = host;
	*ret_port = port;
	return 0;
}

char *http_url_explicit_port(const char *text)
{
	CURLU *url = parse(text);
	char *port = url ? part(url, CURLUPART_PORT, 0) : NULL;
	curl_url_cleanup(url);
	return port;
}

char *http_url_with_host(const char *text, const char *host)
{
	CURLU *url = parse(text);
	if (!url)
		return NULL;
	char *changed = curl_url_set(url, CURLUPART_HOST, host, 0) == CURLUE_OK
				? part(url, CURLUPART_URL, 0)
				: NULL;
	curl_url_cleanup(url);
	return changed;
}

char *http_url_without_credentials(const char *text, char **ret_user,
				   struct secret *ret_password)
{
	CURLU *url = parse(text);
	if (!url)
		return NULL;
	char *user = part(url, CURLUPART_USER, CURLU_URLDECODE);
	char *password = part(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
	curl_url_set(url, CURLUPART_USER, NULL, 0);
	curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
	char *bare = part(url, CURLUPART_URL, 0);
	curl_url_cleanup(url);
	if (password && ret_password)
		secret_set(ret_password, password, strlen(password));
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
	if (ret_user)
		*ret_user = user;
	else
		free(user);
	return bare;
}
