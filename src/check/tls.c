/* tls: what certificate does a server show, is it trusted, for how long is it good? */
#include "belay/endpoint.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "types.h"

static int observe(struct effects *fx, const struct config_check *check,
		   json_t **ret_observation, struct err *err)
{
	const char *target = json_get_string(check->settings, "tls", "");
	_cleanup_endpoint_ struct endpoint endpoint = {0};
	if (endpoint_parse(target, 0, &endpoint) < 0)
		return err_set(err, ERR_CONFIG, "'%s' is not HOST:PORT", target);
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:i, s:I}", "host", endpoint.host, "port", endpoint.port,
			  "timeout_ms", (json_int_t)check->timeout_ms);
	copy_setting(args, "server_name", check->settings, "server_name");
	copy_setting(args, "ca_file", check->settings, "ca_file");
	copy_setting(args, "ca", check->settings, "ca");
	const struct effect effect = {.kind = "tls",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = target,
				      .summary = "look at the certificate"};
	return effects_perform(fx, &effect, ret_observation, err);
}

static char *describe(const struct config_check *check)
{
	return str_format("certificate of %s",
			  json_get_string(check->settings, "tls", ""));
}

const struct check_type check_tls = {
	.name = "tls",
	.summary = "look at the certificate of a server",
	.fields =
		".connected .latency_ms .days_left .not_before .not_after .subject .issuer .names "
		".name_match .chain_valid .chain_error .protocol .cipher .key_type .key_bits "
		".fingerprint_sha256 .error",
	.observe = observe,
	.describe = describe,
};
