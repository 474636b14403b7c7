/* tcp: the connection probe as an effect. */
#include "belay/json.h"
#include "live_net.h"
#include "platform/tcp.h"

#define DEFAULT_TIMEOUT_MS 10000
#define READ_MAX_BYTES 65536

/* A banner may be binary: what is no UTF-8 is shown as Latin-1 would be, lossy but readable. */
static json_t *received_new(const struct str *received)
{
	if (str_is_utf8(str_text(received), received->len))
		return json_stringn(str_text(received), received->len);
	_cleanup_str_ struct str text = STR_INIT;
	for (size_t i = 0; i < received->len; i++) {
		unsigned char byte = (unsigned char)received->data[i];
		str_add_char(&text, byte < 0x80 && byte ? (char)byte : '?');
	}
	return json_string(str_text(&text));
}

static json_t *answer_new(const struct tcp_result *result, bool reads)
{
	json_t *answer = json_object();
	json_object_set_new(answer, "connected", json_boolean(result->connected));
	json_object_set_new(answer, "latency_ms", json_integer(result->latency_ms));
	json_object_set_new(answer, "remote_address", json_string(result->address));
	if (reads)
		json_object_set_new(answer, "received", received_new(&result->received));
	const char *code = tcp_failure_name(result->failure);
	if (code)
		json_object_set_new(answer, "error",
				    live_error_new(code, result->message));
	return answer;
}

int live_tcp(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct tcp_probe probe = {
		.port = (int)json_get_int(call->args, "port", 0),
		.timeout_ms = json_get_int(call->args, "timeout_ms", DEFAULT_TIMEOUT_MS),
		.send = json_get_string(call->args, "send", NULL),
		.stop = live_stop(call),
	};
	int64_t read_bytes = json_get_int(call->args, "read_bytes", 0);
	if (read_bytes < 0 || read_bytes > READ_MAX_BYTES)
		return err_set(err, ERR_CONFIG,
			       "tcp: 'read_bytes' must be between 0 and %d",
			       READ_MAX_BYTES);
	probe.read_bytes = (size_t)read_bytes;
	if (live_need_string(call->args, "host", "tcp", &probe.host, err) < 0)
		return -1;

	struct tcp_result result;
	int status = tcp_probe(&probe, &result, err);
	if (status == 0)
		*ret_answer = answer_new(&result, read_bytes > 0);
	tcp_result_release(&result);
	return status;
}
