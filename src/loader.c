/* The configuration is `-c FILE`, or the first file that exists of a short list: inside .github,
 * where workflows live, or in the working directory. When there is none, a few environment variables
 * suffice for an app on App Platform. */
#include "loader.h"

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/yaml.h"

#define VARIABLES_FILE "environment variables (APP_URL …)"

static const char *const usual_places[] = {
	".github/belay.yml",
	".github/belay.yaml",
	"belay.yml",
	"belay.yaml",
};

/* Asked as a secret: the value stays below the seam. */
static int secret_present(struct effects *fx, const char *name, bool *ret,
			  struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:{s:s}}", "$secret", "env", name);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect look = {
		.kind = "secret", .mode = EFFECT_OBSERVE, .args = args, .subject = name};
	if (effects_perform(fx, &look, &answer, err) < 0)
		return -1;
	*ret = json_get_bool(answer, "present", false);
	return 0;
}

/* A workflow hands on an unset secret or variable as an empty text. */
static int read_variable(struct effects *fx, const char *name, char **ret,
			 struct err *err)
{
	if (effects_env(fx, name, ret, err) < 0)
		return -1;
	if (*ret && str_is_blank(*ret))
		mem_freep(ret);
	return 0;
}

/* *ret_text stays NULL when something is missing: `missing` gets the names. */
static int read_variables(struct effects *fx, char **ret_text, struct str *missing,
			  struct err *err)
{
	_cleanup_free_ char *url = NULL;
	_cleanup_free_ char *app = NULL;
	_cleanup_free_ char *api = NULL;
	_cleanup_free_ char *automatic = NULL;
	bool token = false, slack = false;
	if (read_variable(fx, "APP_URL", &url, err) < 0 ||
	    secret_present(fx, "DIGITALOCEAN_TOKEN", &token, err) < 0 ||
	    read_variable(fx, "DIGITALOCEAN_APP_ID", &app, err) < 0)
		return -1;
	str_addf(missing, "%s%s%s", url ? "" : ", APP_URL",
		 token ? "" : ", DIGITALOCEAN_TOKEN", app ? "" : ", DIGITALOCEAN_APP_ID");
	if (missing->len)
		return 0;
	if (read_variable(fx, "DIGITALOCEAN_API_URL", &api, err) < 0 ||
	    read_variable(fx, "ENABLE_AUTO_ROLLBACK", &automatic, err) < 0 ||
	    secret_present(fx, "SLACK_WEBHOOK_URL", &slack, err) < 0)
		return -1;
	const struct config_variables variables = {.app_url = url,
						   .api_url = api,
						   .auto_rollback = automatic,
						   .slack = slack};
	return config_from_variables(&variables, ret_text, err);
}

int loader_read_variables(struct effects *fx, char **ret_text, struct err *err)
{
	_cleanup_str_ struct str missing = STR_INIT;
	return read_variables(fx, ret_text, &missing, err);
}

/* *ret_file NULL: there is none. */
static int read_usual(struct effects *fx, const char **ret_file, char **ret_text,
		      struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual_places); i++) {
		struct err local = {0};
		*ret_file = usual_places[i];
		if (effects_read_file(fx, usual_places[i], YAML_MAX_BYTES, ret_text,
				      &local) == 0)
			return 0;
		if (local.code != ERR_NOT_FOUND) {
			*err = local;
			return -1;
		}
	}
	*ret_file = NULL;
	return 0;
}

/* Somebody who has set one of the variables wants to know what is missing. */
static int err_none(const struct str *missing, struct err *err)
{
	enum { VARIABLES = 3 };
	size_t count = 0;
	for (const char *at = str_text(missing); *at; at++)
		count += *at == ',';
	_cleanup_free_ char *which =
		count < VARIABLES ? str_format(" (missing: %s)", str_text(missing) + 2)
				  : mem_strdup("");
	(void)err_set(err, ERR_NOT_FOUND, "no configuration found");
	return err_hint(
		err,
		"run 'belay init' to write %s, or name a file with --config; an app on "
		"App Platform needs none when APP_URL, DIGITALOCEAN_TOKEN and "
		"DIGITALOCEAN_APP_ID are set%s",
		usual_places[0], which);
}

int loader_read(struct effects *fx, const char *named, const char **ret_file,
		char **ret_text, struct err *err)
{
	_cleanup_str_ struct str missing = STR_INIT;
	if (named) {
		*ret_file = named;
		return effects_read_file(fx, named, YAML_MAX_BYTES, ret_text, err);
	}
	if (read_usual(fx, ret_file, ret_text, err) < 0)
		return -1;
	if (*ret_file)
		return 0;
	*ret_file = VARIABLES_FILE;
	if (read_variables(fx, ret_text, &missing, err) < 0)
		return -1;
	if (*ret_text)
		return 0;
	return err_none(&missing, err);
}
