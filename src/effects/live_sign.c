/* sign, sign.verify: detached signatures of a text. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "live_net.h"
#include "platform/sign.h"
#include "utf8.h"

int live_sign(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_secret_ struct secret key = SECRET_INIT, passphrase = SECRET_INIT;
	_cleanup_free_ char *signature = NULL;
	const char *text, *certificate;
	if (live_need_string(call->args, "text", "sign", &text, err) < 0 ||
	    live_need_string(call->args, "certificate", "sign", &certificate, err) < 0 ||
	    live_resolve_member(call, call->args, "key", "key to sign with", &key, err) <
		    0 ||
	    live_resolve_member(call, call->args, "key_passphrase",
				"passphrase of the key to sign with", &passphrase,
				err) < 0)
		return -1;
	if (sign_text(text, strlen(text), &key, &passphrase, certificate, &signature,
		      err) < 0)
		return -1;
	*ret_answer = json_pack("{s:s}", "signature", signature);
	return 0;
}

static json_t *text_or_null(const char *text)
{
	return text ? utf8_json(text, strlen(text)) : json_null();
}

/* `certificates` of the arguments, borrowed; fresh array, NULL with *err filled. */
static const char **certificates_of(const json_t *args, size_t *ret_count,
				    struct err *err)
{
	const json_t *list = json_object_get(args, "certificates");
	size_t i, count = json_array_size(list);
	const json_t *pem;
	const char **texts = mem_array(const char *, count + 1);
	json_array_foreach(list, i, pem) {
		texts[i] = json_string_value(pem);
		if (!texts[i]) {
			free(texts);
			err_set(err, ERR_CONFIG, "sign.verify: a certificate is no text");
			return NULL;
		}
	}
	*ret_count = count;
	return texts;
}

int live_sign_verify(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_free_ char *signer = NULL, *reason = NULL;
	_cleanup_free_ const char **certificates = NULL;
	const char *text, *signature;
	size_t count = 0;
	bool good = false;
	if (live_need_string(call->args, "text", "sign.verify", &text, err) < 0 ||
	    live_need_string(call->args, "signature", "sign.verify", &signature, err) < 0)
		return -1;
	certificates = certificates_of(call->args, &count, err);
	if (!certificates || sign_verify(text, strlen(text), signature, certificates,
					 count, &good, &signer, &reason, err) < 0)
		return -1;
	*ret_answer = json_pack("{s:b, s:o, s:o}", "good", good, "signer",
				text_or_null(signer), "reason", text_or_null(reason));
	return 0;
}
