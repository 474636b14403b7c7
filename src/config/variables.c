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

/* Something that a path can be put behind, and that stays one text in YAML. The value is not repeated: it
 * may hold a password. */
static int check_url(const char *url, struct err *err)
{
	static const char forbidden[] = " ?#@'\"\\<>{}|^`";
	const char *host = strncasecmp(url, "https://", 8) == 0  ? url + 8
			   : strncasecmp(url, "http://", 7) == 0 ? url + 7
								 : NULL;
	bool good = host && *host && *host != '/' && !host[strcspn(host, forbidden)] &&
		    str_is_utf8(host, strlen(host));
	for (const char *at = host; good && *at; at++)
		good = !iscntrl((unsigned char)*at);
	if (good)
		return 0;
	(void)err_set(
		err, ERR_CONFIG,
		"APP_URL: expected an http:// or https:// URL without user, password, "
		"'?' and '#'");
	return err_hint(err, "for example APP_URL=https://shop.example.com");
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
	struct str text = STR_INIT;
	bool automatic = false;
	if (check_url(variables->app_url, err) < 0 ||
	    read_switch(variables->auto_rollback, &automatic, err) < 0)
		return -1;
	size_t len = strlen(variables->app_url);
	while (variables->app_url[len - 1] == '/')
		len--;
	_cleanup_free_ char *url = mem_strndup(variables->app_url, len);
	const char *pairs[] = {"@URL@",  url,
			       "@AUTO@", automatic ? "true" : "false",
			       "@OFF@",  variables->slack ? "" : "# ",
			       NULL};
	str_add_filled(&text, file ? file->data : "", pairs);
	*ret_text = str_take(&text);
	return 0;
}
