/* The GitHub client itself: where GitHub is, who asks, which repository. What is asked of it is in
 * github_NOUN.c.
 *
 * GitHub Enterprise Server answers below HOST/api/v3, GitHub Enterprise Cloud with data residency at
 * api.NAME.ghe.com; a workflow's variables say so. Outside a workflow the repository is that of the
 * origin, when the origin is on the same server.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "github_parts.h"

#define API_VERSION "2022-11-28"
#define DEFAULT_API_URL "https://api.github.com"

/* A variable that is set and not empty; *ret stays NULL otherwise. */
static int variable(struct effects *fx, const char *name, char **ret, struct err *err)
{
	if (effects_env(fx, name, ret, err) < 0)
		return -1;
	if (*ret && !**ret)
		mem_freep(ret);
	return 0;
}

/* What the configuration says, else the variable, else `fallback`. */
static int choose(struct effects *fx, const char *configured, const char *name,
		  const char *fallback, char **ret, struct err *err)
{
	if (configured) {
		*ret = mem_strdup(configured);
		return 0;
	}
	if (variable(fx, name, ret, err) < 0)
		return -1;
	if (!*ret && fallback)
		*ret = mem_strdup(fallback);
	return 0;
}

static int is_present(struct effects *fx, const json_t *token, bool *ret, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {.kind = "secret",
				      .mode = EFFECT_OBSERVE,
				      .args = token,
				      .subject = "GitHub"};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	*ret = json_get_bool(answer, "present", false);
	return 0;
}

/* --- places ---------------------------------------------------------------------------------- */

/* "https://api.github.com" → "https://github.com", "https://HOST/api/v3" → "https://HOST". Fresh. */
static char *server_of_api(const char *api_url)
{
	const char *host = strstr(api_url, "://");
	if (!host)
		return mem_strdup(api_url);
	host += 3;
	size_t scheme_len = (size_t)(host - api_url);
	if (str_has_prefix(host, "api."))
		host += 4;
	return str_format("%.*s%.*s", (int)scheme_len, api_url, (int)strcspn(host, "/"),
			  host);
}

static void drop_slash(char *url)
{
	size_t len = strlen(url);
	while (len && url[len - 1] == '/')
		url[--len] = '\0';
}

/* One owner and one name, of the characters that GitHub allows in them: nothing that could lead a
 * path elsewhere. */
static bool is_repository(const char *text)
{
	const char *slash = strchr(text, '/');
	if (!slash || slash == text || !slash[1] || strchr(slash + 1, '/') ||
	    text[0] == '.' || slash[1] == '.')
		return false;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_./", *c))
			return false;
	return true;
}

/* "OWNER/NAME" of a remote on the server: https, ssh or scp form. Fresh, or NULL. */
static char *repository_of_remote(const char *remote, const char *server_url)
{
	const char *host = strstr(server_url, "://");
	host = host ? host + 3 : server_url;
	const char *scheme = strstr(remote, "://");
	const char *at = scheme ? scheme + 3 : remote;
	const char *user = strchr(at, '@');
	if (user && user < at + strcspn(at, "/:"))
		at = user + 1;
	size_t host_len = strlen(host);
	if (strncasecmp(at, host, host_len) != 0)
		return NULL;
	at += host_len;
	if (scheme && *at == ':')
		at += 1 + strspn(at + 1, "0123456789");
	if (*at != (scheme ? '/' : ':'))
		return NULL;
	size_t len = strlen(++at);
	len -= str_has_suffix(at, ".git") ? 4 : 0;
	return mem_strndup(at, len);
}

/* *ret stays NULL when the work tree has no origin there. */
static int repository_of_origin(struct effects *fx, const char *server_url, char **ret,
				struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", ".");
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {.kind = "git.repository",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = "origin"};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	const char *origin = json_get_string(answer, "origin", NULL);
	*ret = origin ? repository_of_remote(origin, server_url) : NULL;
	return 0;
}

/* The configured token, else that of the action's input or of the environment. *ret: new reference, NULL
 * when there is none. */
static int find_token(struct effects *fx, const struct config *config, json_t **ret,
		      struct err *err)
{
	static const char *const variables[] = {"INPUT_TOKEN", "GITHUB_TOKEN",
						"GH_TOKEN"};
	bool configured = config->github.token != NULL;
	size_t count = configured ? 1 : ARRAY_SIZE(variables);
	*ret = NULL;
	for (size_t i = 0; i < count; i++) {
		_cleanup_json_ json_t *token =
			configured
				? json_incref(config->github.token)
				: json_pack("{s:{s:s}}", "$secret", "env", variables[i]);
		bool present = false;
		if (is_present(fx, token, &present, err) < 0)
			return -1;
		if (present) {
			*ret = TAKE_PTR(token);
			return 0;
		}
	}
	return 0;
}

/* --- the client ------------------------------------------------------------------------------ */

static int find_places(struct github *github, struct effects *fx,
		       const struct config *config, char **ret_api_url, struct err *err)
{
	_cleanup_free_ char *api_url = NULL;
	if (choose(fx, config->github.api_url, "GITHUB_API_URL", DEFAULT_API_URL,
		   &api_url, err) < 0 ||
	    choose(fx, NULL, "GITHUB_SERVER_URL", NULL, &github->server_url, err) < 0 ||
	    choose(fx, config->github.repository, "GITHUB_REPOSITORY", NULL,
		   &github->repository, err) < 0)
		return -1;
	drop_slash(api_url);
	if (!github->server_url)
		github->server_url = server_of_api(api_url);
	drop_slash(github->server_url);
	*ret_api_url = TAKE_PTR(api_url);
	if (github->repository)
		return 0;
	return repository_of_origin(fx, github->server_url, &github->repository, err);
}

int github_init(struct github *github, struct effects *fx, const struct config *config,
		bool *ret, struct err *err)
{
	*ret = false;
	*github = (struct github){0};
	_cleanup_free_ char *api_url = NULL;
	_cleanup_json_ json_t *token = NULL;
	if (find_token(fx, config, &token, err) < 0)
		return -1;
	if (!token)
		return 0;
	if (find_places(github, fx, config, &api_url, err) < 0) {
		github_release(github);
		return -1;
	}
	if (!github->repository || !is_repository(github->repository)) {
		github_release(github);
		return 0;
	}
	api_init(&github->api, "GitHub", api_url);
	api_bearer(&github->api, token);
	json_object_set_new(github->api.headers, "Accept",
			    json_string("application/vnd.github+json"));
	json_object_set_new(github->api.headers, "X-GitHub-Api-Version",
			    json_string(API_VERSION));
	github->api.cache = json_object();
	github->api.explain = github_explain;
	*ret = true;
	return 0;
}

void github_release(struct github *github)
{
	if (github->api.base_url)
		api_release(&github->api);
	free(github->repository);
	free(github->server_url);
	*github = (struct github){0};
}

/* --- shared ---------------------------------------------------------------------------------- */

char *github_path(const struct github *github, const char *format, ...)
{
	struct str path = STR_INIT;
	va_list args;
	str_addf(&path, "/repos/%s", github->repository);
	va_start(args, format);
	str_addv(&path, format, args);
	va_end(args);
	return str_take(&path);
}

char *github_clip(const char *text, size_t max)
{
	size_t len = 0, count = 0;
	while (text[len]) {
		bool begins = ((unsigned char)text[len] & 0xc0) != 0x80;
		if (begins && count++ == max)
			break;
		len++;
	}
	return mem_strndup(text, len);
}

int github_set(struct github *github, struct effects *fx, const char *method,
	       const char *path, const json_t *body, const char *summary, struct err *err)
{
	const struct api_request request = {.method = method,
					    .path = path,
					    .json = body,
					    .summary = summary,
					    .subject = github->repository,
					    .repeatable = true};
	return api_request(&github->api, fx, &request, NULL, NULL, err);
}
