/* keygen: a key pair into two files. The private key never crosses the seam. */
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "live_net.h"
#include "platform/clock.h"
#include "platform/key_pair.h"
#include "platform/keygen.h"

int live_keygen(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_secret_ struct secret passphrase = SECRET_INIT;
	_cleanup_free_ char *certificate = NULL;
	const char *key_path, *certificate_path;
	int64_t days = json_get_int(call->args, "days", 0);
	struct keygen wanted = {
		.purpose = json_get_string(call->args, "purpose", NULL),
		.now_ms = clock_wall_ms(),
		.days = days == (int)days ? (int)days : 0,
	};
	if (live_need_string(call->args, "type", "keygen", &wanted.type, err) < 0 ||
	    live_need_string(call->args, "name", "keygen", &wanted.name, err) < 0 ||
	    live_need_string(call->args, "key_path", "keygen", &key_path, err) < 0 ||
	    live_need_string(call->args, "certificate_path", "keygen", &certificate_path,
			     err) < 0 ||
	    live_resolve_member(call, call->args, "passphrase", "passphrase of the key",
				&passphrase, err) < 0)
		return -1;
	if (passphrase.data)
		wanted.passphrase = &passphrase;
	if (keygen_files(&wanted, key_path, certificate_path, &certificate, err) < 0)
		return -1;
	_cleanup_free_ char *fingerprint = certificate_fingerprint(certificate);
	*ret_answer =
		json_pack("{s:s, s:s}", "fingerprint", fingerprint ? fingerprint : "",
			  "certificate", certificate);
	return 0;
}
