/* tcp: does a port take connections, and what does it say? Smallest of the check types; a new one is
 * best begun as a copy of it. */
#include "belay/endpoint.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "types.h"

static int observe(struct effects *fx, const struct config_check *check,
		   json_t **ret_observation, struct err *err)
{
	const char *target = json_get_string(check->settings, "tcp", "");
	_cleanup_endpoint_ struct endpoint endpoint = {0};
	int64_t read_bytes;
	if (endpoint_parse(target, 0, &endpoint) < 0)
		return err_set(err, ERR_CONFIG, "'%s' is not HOST:PORT", target);
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:i, s:I}", "host", endpoint.host, "port", endpoint.port,
			  "timeout_ms", (json_int_t)check->timeout_ms);
	copy_setting(args, "send", check->settings, "send");
	if (size_parse(json_get_string(check->settings, "read", ""), &read_bytes) == 0)
		json_object_set_new(args, "read_bytes", json_integer(read_bytes));
	const struct effect effect = {.kind = "tcp",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = target,
				      .summary = "connect"};
	return effects_perform(fx, &effect, ret_observation, err);
}

static char *describe(const struct config_check *check)
{
	return str_format("connect to %s", json_get_string(check->settings, "tcp", ""));
}

const struct check_type check_tcp = {
	.name = "tcp",
	.summary = "connect to a port, say something, read the answer",
	.fields = ".connected .latency_ms .remote_address .received .error",
	.observe = observe,
	.describe = describe,
};
