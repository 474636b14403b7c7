/* The configuration of somebody who wrote none: an app on App Platform, from the values of a few
 * variables. It becomes the text of a file, so that there is one way into the structs and `belay init` can
 * write it down. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "belay/config.h"
#include "belay/embedded.h"
#include "belay/mem.h"
#include "belay/str.h"

/* Something that a path can be put behind, and that stays one text in YAML; *ret without slashes at its
 * end. The value is not repeated: it may hold a password. */
static int take_url(const char *name, const char *value, const char *example, char **ret,
		    struct err *err)
{
	static const char forbidden[] = " ?#@'\"\\<>{}|^`";
	const char *host = strncasecmp(value, "https://", 8) == 0  ? value + 8
			   : strncasecmp(value, "http://", 7) == 0 ? value + 7
								   : "";
	size_t len = strlen(value);
	bool good = *host && *host != '/' && !host[strcspn(host, forbidden)] &&
		    str_is_utf8(host, strlen(host));
	for (const char *at = host; good && *at; at++)
		good = !iscntrl((unsigned char)*at);
	if (!good) {
		(void)err_set(err, ERR_CONFIG,
			      "%s: expected an http:// or https:// URL without user, "
			      "password, '?' and '#'",
			      name);
		return err_hint(err, "for example %s=%s", name, example);
	}
	while (value[len - 1] == '/')
		len--;
	*ret = mem_strndup(value, len);
	return 0;
}

/* Whether something is undone by itself is not left to a spelling. */
static int read_switch(const char *value, bool *ret, struct err *err)
{
	*ret = value && strcasecmp(value, "true") == 0;
	if (!value || !*value || *ret || strcasecmp(value, "false") == 0)
		return 0;
	(void)err_set(err, ERR_CONFIG, "ENABLE_AUTO_ROLLBACK: expected true or false");
	return err_hint(err,
			"when it is not set, belay goes back only when it is told to");
}

int config_from_variables(const struct config_variables *variables, char **ret_text,
			  struct err *err)
{
	const struct embedded *file = embedded_find("starter/digitalocean.yml");
	_cleanup_free_ char *url = NULL;
	_cleanup_free_ char *api = NULL;
	_cleanup_str_ struct str api_line = STR_INIT;
	struct str text = STR_INIT;
	bool automatic = false;
	if (take_url("APP_URL", variables->app_url, "https://shop.example.com", &url,
		     err) < 0 ||
	    (variables->api_url &&
	     take_url("DIGITALOCEAN_API_URL", variables->api_url,
		      "https://api.digitalocean.com", &api, err) < 0) ||
	    read_switch(variables->auto_rollback, &automatic, err) < 0)
		return -1;
	if (api)
		str_addf(&api_line, "        api_url: '%s'\n", api);
	const char *pairs[] = {"@URL@",  url,
			       "@API@",  str_text(&api_line),
			       "@AUTO@", automatic ? "true" : "false",
			       "@OFF@",  variables->slack ? "" : "# ",
			       NULL};
	str_add_filled(&text, file ? file->data : "", pairs);
	*ret_text = str_take(&text);
	return 0;
}
