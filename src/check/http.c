/* http: what does a URL answer? The request is a look whatever its method is: whoever writes a POST into
 * a health check means it to change nothing that lasts, so it is made in a dry run too. */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "types.h"

static void set_size(json_t *args, const char *name, const json_t *settings,
		     const char *key)
{
	int64_t size_bytes;
	if (size_parse(json_get_string(settings, key, ""), &size_bytes) == 0)
		json_object_set_new(args, name, json_integer(size_bytes));
}

static json_t *arguments(const struct config_check *check)
{
	static const char *const same_name[] = {"method", "headers", "body", "json",
						"basic",  "resolve", "tls"};
	const json_t *settings = check->settings;
	json_t *args = json_pack("{s:I}", "timeout_ms", (json_int_t)check->timeout_ms);
	copy_setting(args, "url", settings, "http");
	copy_setting(args, "max_redirects", settings, "redirects");
	for (size_t i = 0; i < ARRAY_SIZE(same_name); i++)
		copy_setting(args, same_name[i], settings, same_name[i]);
	set_size(args, "max_body_bytes", settings, "max_body");
	set_size(args, "max_header_bytes", settings, "max_header");
	return args;
}

static char *describe(const struct config_check *check)
{
	return str_format("%s %s", json_get_string(check->settings, "method", "GET"),
			  json_get_string(check->settings, "http", ""));
}

static int observe(struct effects *fx, const struct config_check *check,
		   json_t **ret_observation, struct err *err)
{
	_cleanup_json_ json_t *args = arguments(check);
	_cleanup_free_ char *summary = describe(check);
	const struct effect effect = {
		.kind = "http",
		.mode = EFFECT_OBSERVE,
		.args = args,
		.subject = json_get_string(check->settings, "http", ""),
		.summary = summary};
	return effects_perform(fx, &effect, ret_observation, err);
}

const struct check_type check_http = {
	.name = "http",
	.summary = "ask a URL",
	.fields =
		".status .headers .body .body_bytes .truncated .latency_ms .name_ms .connect_ms "
		".tls_ms .first_byte_ms .remote_address .http_version .url .redirects .error",
	.observe = observe,
	.describe = describe,
};
