/* tls: the certificate probe as an effect. */
#include <time.h>

#include "belay/json.h"
#include "belay/timefmt.h"
#include "live_net.h"
#include "platform/tls.h"

#define DEFAULT_TIMEOUT_MS 10000

static json_t *string_or_null(const char *text)
{
	json_t *value = text ? json_string(text) : NULL;
	return value ? value : json_null();
}

static void add_certificate(json_t *answer, const struct tls_result *result)
{
	char time_text[TIME_TEXT_BYTES];
	json_t *names = json_array();
	for (size_t i = 0; i < result->names.count; i++)
		json_array_append_new(names, string_or_null(result->names.items[i]));
	json_object_set_new(answer, "days_left", json_integer(result->days_left));
	json_object_set_new(answer, "not_before",
			    json_string(time_format(result->not_before_ms, time_text)));
	json_object_set_new(answer, "not_after",
			    json_string(time_format(result->not_after_ms, time_text)));
	json_object_set_new(answer, "subject", string_or_null(result->subject));
	json_object_set_new(answer, "issuer", string_or_null(result->issuer));
	json_object_set_new(answer, "names", names);
	json_object_set_new(answer, "name_match", json_boolean(result->name_match));
	json_object_set_new(answer, "chain_valid", json_boolean(result->chain_valid));
	json_object_set_new(answer, "chain_error", string_or_null(result->chain_error));
	json_object_set_new(answer, "protocol", string_or_null(result->protocol));
	json_object_set_new(answer, "cipher", string_or_null(result->cipher));
	json_object_set_new(answer, "key_type", string_or_null(result->key_type));
	json_object_set_new(answer, "key_bits", json_integer(result->key_bits));
	json_object_set_new(answer, "fingerprint_sha256",
			    string_or_null(result->fingerprint_sha256));
}

static json_t *answer_new(const struct tls_result *result)
{
	json_t *answer = json_object();
	json_object_set_new(answer, "connected", json_boolean(result->connected));
	json_object_set_new(answer, "latency_ms", json_integer(result->latency_ms));
	json_object_set_new(answer, "remote_address", json_string(result->address));
	if (result->connected) {
		add_certificate(answer, result);
		return answer;
	}
	const char *code = tcp_failure_name(result->tcp_failure);
	json_object_set_new(answer, "error",
			    live_error_new(code ? code : "tls", result->message));
	return answer;
}

static int64_t wall_clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int live_tls(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_secret_ struct secret extra_ca = SECRET_INIT;
	struct tls_probe probe = {
		.trust = live_trust(call),
		.port = (int)json_get_int(call->args, "port", 443),
		.server_name = json_get_string(call->args, "server_name", NULL),
		.ca_file = json_get_string(call->args, "ca_file", NULL),
		.timeout_ms = json_get_int(call->args, "timeout_ms", DEFAULT_TIMEOUT_MS),
		.now_ms = wall_clock_ms(),
		.stop = live_stop(call),
	};
	if (live_need_string(call->args, "host", "tls", &probe.host, err) < 0 ||
	    live_resolve_member(call, call->args, "ca", "CA certificate", &extra_ca,
				err) < 0)
		return -1;
	probe.extra_ca = extra_ca.data;

	struct tls_result result;
	int status = tls_probe(&probe, &result, err);
	if (status == 0)
		*ret_answer = answer_new(&result);
	tls_result_release(&result);
	return status;
}
