/* The DigitalOcean client itself: where it is, who asks, and its refusals in words. What is asked of it
 * is in digitalocean_NOUN.c.
 *
 * Source: DigitalOcean's OpenAPI description (v2): custom scopes are RESOURCE:read, :create, :update
 * and :delete; everything that changes an app or a Droplet here is an :update.
 */
#include <stdarg.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "digitalocean_parts.h"

#define DEFAULT_URL "https://api.digitalocean.com"

/* --- refusals -------------------------------------------------------------------------------- */

/* "app:update" for a request. Fresh, or NULL. */
static char *scope_of(const char *method, const char *path)
{
	static const struct {
		const char *begin, *resource;
	} rows[] = {
		{"/v2/apps", "app"},
		{"/v2/droplets", "droplet"},
		{"/v2/databases", "database"},
	};
	/* Validating a rollback changes nothing, and yet needs what the rollback needs. */
	const char *verb = strcmp(method, "GET") == 0 ? "read" : "update";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_has_prefix(path, rows[i].begin))
			return str_format("%s:%s", rows[i].resource, verb);
	return NULL;
}

static void hint_instead(struct err *err, const char *hint)
{
	err->hint[0] = '\0';
	err_hint(err, "%s", hint);
}

static void explain(const struct api *api, const char *method, const char *path,
		    const json_t *answer, struct err *err)
{
	(void)api;
	int64_t status = json_get_int(answer, "status", 0);
	_cleanup_free_ char *scope = scope_of(method, path);
	_cleanup_free_ char *hint = NULL;
	if (status == 401)
		hint = mem_strdup(
			"the token is not valid (any more): make a new one under "
			"API > Tokens and put it where 'token:' reads it from");
	else if (status == 403 && scope)
		hint = str_format(
			"the token lacks the scope '%s': add it to the token, or "
			"use one that has it",
			scope);
	else if (status == 404 && str_has_prefix(path, "/v2/apps/"))
		hint = mem_strdup(
			"check 'app:' (its id stands in the app's URL) and that "
			"the token belongs to the team that owns it");
	if (hint)
		hint_instead(err, hint);
}

/* --- shared ---------------------------------------------------------------------------------- */

void digitalocean_init(struct api *api, const char *base_url, const json_t *token)
{
	api_init(api, "DigitalOcean", base_url ? base_url : DEFAULT_URL);
	api_bearer(api, token);
	api->explain = explain;
}

char *digitalocean_app_path(const char *app, const char *format, ...)
{
	struct str path = STR_INIT;
	_cleanup_free_ char *escaped = api_escape(app);
	va_list args;
	str_addf(&path, "/v2/apps/%s", escaped);
	va_start(args, format);
	str_addv(&path, format, args);
	va_end(args);
	return str_take(&path);
}

int digitalocean_act(struct api *api, struct effects *fx,
		     const struct api_request *request, const char *member, json_t **ret,
		     enum api_sent *ret_sent, struct err *err)
{
	_cleanup_json_ json_t *body = NULL;
	if (api_request(api, fx, request, &body, ret_sent, err) < 0)
		return -1;
	if (!ret)
		return 0;
	json_t *value = json_object_get(body, member);
	if (answer_is_assumed(body) || !member)
		value = body;
	*ret = value ? json_incref(value) : json_null();
	return 0;
}

int digitalocean_look(struct api *api, struct effects *fx, const char *path,
		      const char *member, json_t **ret, struct err *err)
{
	const struct api_request request = {.method = "GET", .path = path};
	return digitalocean_act(api, fx, &request, member, ret, NULL, err);
}
