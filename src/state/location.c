/* Where the journal is: the configuration's remote, else the repository's origin, else a bare
 * repository of our own in `.belay/state.git`, so that the first run needs nothing.
 *
 * Credentials come from the configuration; for an https remote without any, from the variables that
 * CI systems set. A token of GitHub is offered to GitHub only.
 */
#include <ctype.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "store_parts.h"

#define EMBEDDED_DIRECTORY ".belay"

void location_release(struct location *location)
{
	json_decref(location->remote);
	free(location->branch);
	free(location->text);
	free(location->ignore);
	*location = (struct location){0};
}

/* "belay-state-{environment}" with the name in its place. */
static int branch_name(const char *pattern, const char *environment, char **ret,
		       struct err *err)
{
	static const char hole[] = "{environment}";
	const char *at = strstr(pattern, hole);
	if (!at) {
		*ret = mem_strdup(pattern);
		return 0;
	}
	if (!environment) {
		err_set(err, ERR_USAGE, "each environment has a branch of its own ('%s')",
			pattern);
		return err_hint(err, "say which one with -e ENVIRONMENT");
	}
	*ret = str_format("%.*s%s%s", (int)(at - pattern), pattern, environment,
			  at + strlen(hole));
	return 0;
}

static bool is_url(const char *text)
{
	return strstr(text, "://") != NULL;
}

/* "git@host:path": a colon before the first slash. */
static bool is_scp_like(const char *text)
{
	const char *colon = strchr(text, ':');
	const char *slash = strchr(text, '/');
	return colon && colon != text && (!slash || colon < slash);
}

/* The path of a file:// URL: percent signs resolved, "localhost" dropped. */
static char *file_url_path(const char *url)
{
	const char *from = url + strlen("file://");
	if (str_has_prefix(from, "localhost/"))
		from += strlen("localhost");
	struct str path = STR_INIT;
	for (; *from; from++) {
		if (from[0] == '%' && isxdigit((unsigned char)from[1]) &&
		    isxdigit((unsigned char)from[2])) {
			char digits[3] = {from[1], from[2], '\0'};
			str_add_char(&path, (char)strtol(digits, NULL, 16));
			from += 2;
		} else {
			str_add_char(&path, *from);
		}
	}
	return str_take(&path);
}

/* A remote as people write it → REMOTE. Relative paths are relative to `root` (may be NULL). */
static json_t *remote_from_text(const char *text, const char *root)
{
	_cleanup_free_ char *path = NULL;
	if (str_has_prefix(text, "file://"))
		path = file_url_path(text);
	else if (is_url(text) || is_scp_like(text))
		return json_pack("{s:s}", "url", text);
	else if (text[0] != '/' && root)
		path = str_format("%s/%s", root, text);
	else
		path = mem_strdup(text);
	return json_pack("{s:s}", "path", path);
}

/* A workflow's workspace is gone after the job, and a journal in it would be too. */
static int refuse_throw_away(struct effects *fx, struct err *err)
{
	_cleanup_free_ char *actions = NULL;
	if (effects_env(fx, "GITHUB_ACTIONS", &actions, err))
		return -1;
	if (!str_equal(actions, "true"))
		return 0;
	err_set(err, ERR_CONFIG,
		"the workspace is no repository with an origin: there is no place for the "
		"journal that outlives this job");
	return err_hint(err,
			"let 'uses: actions/checkout@v4' go before this step, or name "
			"a place in the configuration: state: {remote: ...}");
}

static int remote_from_repository(struct effects *fx, struct location *location,
				  struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", ".");
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {
		.kind = "git.repository", .args = args, .subject = "."};
	if (effects_perform(fx, &effect, &answer, err))
		return err_wrap(err, "looking for this repository's origin");
	const char *root = json_get_string(answer, "root", NULL);
	const char *origin = json_get_string(answer, "origin", NULL);
	if (origin) {
		location->remote = remote_from_text(origin, root);
		return 0;
	}
	if (refuse_throw_away(fx, err))
		return -1;
	_cleanup_free_ char *directory = root ? str_format("%s/" EMBEDDED_DIRECTORY, root)
					      : mem_strdup(EMBEDDED_DIRECTORY);
	_cleanup_free_ char *path = str_format("%s/state.git", directory);
	location->ignore = str_format("%s/.gitignore", directory);
	location->remote = json_pack("{s:s, s:b}", "path", path, "create", 1);
	return 0;
}

/* --- credentials from the environment ------------------------------------------------------ */

static bool host_is(const char *url, const char *host)
{
	const char *at = strstr(url, "://");
	if (!at)
		return false;
	at += 3;
	size_t len = strcspn(at, "/:?#");
	return len == strlen(host) && strncasecmp(at, host, len) == 0;
}

/* github.com, or the server that runs this workflow. */
static int is_github(struct effects *fx, const char *url, bool *ret, struct err *err)
{
	_cleanup_free_ char *server = NULL;
	*ret = host_is(url, "github.com");
	if (*ret)
		return 0;
	if (effects_env(fx, "GITHUB_SERVER_URL", &server, err))
		return -1;
	if (!server || !str_has_prefix(server, "https://"))
		return 0;
	const char *name = server + strlen("https://");
	_cleanup_free_ char *host = mem_strndup(name, strcspn(name, "/:?#"));
	*ret = *host && host_is(url, host);
	return 0;
}

static int is_present(struct effects *fx, const char *variable, bool *ret,
		      struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:{s:s}}", "$secret", "env", variable);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {
		.kind = "secret", .args = args, .subject = variable};
	if (effects_perform(fx, &effect, &answer, err))
		return -1;
	*ret = json_get_bool(answer, "present", false);
	return 0;
}

static int add_token(struct effects *fx, json_t *remote, struct err *err)
{
	static const struct {
		const char *variable;
		bool github_only;
	} tokens[] = {{"BELAY_TOKEN", false},
		      {"INPUT_TOKEN", true}, /* the action's input */
		      {"GITHUB_TOKEN", true},
		      {"GH_TOKEN", true}};
	const char *url = json_get_string(remote, "url", "");
	bool github, present;
	if (!str_has_prefix(url, "https://"))
		return 0;
	if (is_github(fx, url, &github, err))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		if (tokens[i].github_only && !github)
			continue;
		if (is_present(fx, tokens[i].variable, &present, err))
			return -1;
		if (!present)
			continue;
		json_object_set_new(
			remote, "token",
			json_pack("{s:{s:s}}", "$secret", "env", tokens[i].variable));
		return 0;
	}
	return 0;
}

static int add_credentials(struct effects *fx, const struct config *config,
			   json_t *remote, struct err *err)
{
	static const char *const members[] = {"token", "password", "key"};
	if (config->state.credentials)
		json_object_update(remote, config->state.credentials);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (json_object_get(remote, members[i]))
			return 0;
	return add_token(fx, remote, err);
}

int location_resolve(struct effects *fx, const struct config *config,
		     const char *environment, struct location *ret, struct err *err)
{
	struct location location = {
		.shared = !strstr(config->state.branch, "{environment}")};
	if (branch_name(config->state.branch, environment, &location.branch, err))
		return -1;
	if (config->state.remote)
		location.remote = json_deep_copy(config->state.remote);
	else if (remote_from_repository(fx, &location, err))
		goto failed;
	if (add_credentials(fx, config, location.remote, err))
		goto failed;
	const char *where = json_get_string(
		location.remote, "url", json_get_string(location.remote, "path", "?"));
	location.text = str_format("%s %s", where, location.branch);
	*ret = location;
	return 0;
failed:
	location_release(&location);
	return -1;
}
