/* Why a mail could not be sent. The server's own words are the best there are: the reply's first digit
 * says whether trying again makes sense (RFC 5321, 4.2.1). */
#include "belay/mem.h"
#include "belay/str.h"
#include "platform/smtp_call.h"

static int last_status(const struct smtp_call *call)
{
	long long status = 0;
	_cleanup_free_ char *digits = mem_strndup(call->result->reply, 3);
	return str_to_int64(digits, 200, 599, &status) < 0 ? 0 : (int)status;
}

static bool is_refused(const struct smtp_recipient *recipient)
{
	return recipient->status >= 400;
}

/* "ops@x (550 unknown user), dev@x (…)" of those that were refused. */
static void add_refused(struct str *out, const struct smtp_result *result)
{
	for (size_t i = 0; i < result->recipients.count; i++) {
		const struct smtp_recipient *recipient = &result->recipients.items[i];
		if (is_refused(recipient))
			str_addf(out, "%s%s (%s)", out->len ? ", " : "",
				 recipient->mailbox, recipient->reply);
	}
}

static bool all_refused(const struct smtp_result *result)
{
	for (size_t i = 0; i < result->recipients.count; i++)
		if (!is_refused(&result->recipients.items[i]))
			return false;
	return true;
}

static bool one_refused_for_now(const struct smtp_result *result)
{
	for (size_t i = 0; i < result->recipients.count; i++)
		if (result->recipients.items[i].status / 100 == 4)
			return true;
	return false;
}

static int fail_recipients(const struct smtp_call *call, struct err *err)
{
	_cleanup_str_ struct str list = STR_INIT_MAX(800);
	bool for_now = one_refused_for_now(call->result);
	add_refused(&list, call->result);
	return err_set(err, for_now ? ERR_NET : ERR_FAIL,
		       "no recipient is accepted%s: %s", for_now ? " for now" : "",
		       str_text(&list));
}

static int fail_login(const struct smtp_call *call, struct err *err)
{
	if (last_status(call) / 100 == 4)
		return err_set(err, ERR_NET, "cannot log in for now: %s",
			       call->result->reply);
	err_set(err, ERR_AUTH, "does not accept user '%s': %s", call->message->user,
		last_status(call) / 100 == 5 ? call->result->reply
					     : "no way to log in that we know");
	return err_hint(err, "look at user and password; some providers want a password "
			     "made for programs");
}

static int fail_no_starttls(const struct smtp_call *call, struct err *err)
{
	if (last_status(call) / 100 == 4)
		return err_set(err, ERR_NET, "no TLS for now: %s", call->result->reply);
	err_set(err, ERR_FAIL, "does not offer STARTTLS");
	return err_hint(err,
			"port 465 wants 'security: tls'; a server that cannot encrypt "
			"at all wants 'security: none'");
}

static int fail_tls(const struct smtp_call *call, CURLcode code, struct err *err)
{
	const char *text =
		*call->error_text ? call->error_text : curl_easy_strerror(code);
	err_set(err, ERR_NET, "%s", text);
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return err_hint(err, "an authority of your own is named by 'tls.ca_file' "
				     "or 'tls.ca', another name by 'tls.server_name'");
	return err_hint(err, "port 465 wants 'security: tls', ports 25 and 587 want "
			     "'security: starttls'");
}

static int fail_other(const struct smtp_call *call, CURLcode code, struct err *err)
{
	bool answered = last_status(call) >= 400;
	bool timeout = code == CURLE_OPERATION_TIMEDOUT;
	const char *text =
		*call->error_text ? call->error_text : curl_easy_strerror(code);
	if (answered && !timeout)
		return err_set(err, last_status(call) / 100 == 4 ? ERR_NET : ERR_FAIL,
			       "refuses the mail: %s", call->result->reply);
	return err_set(err, timeout ? ERR_TIMEOUT : ERR_NET, "%s%s", text,
		       call->begun ? "; it is not known whether the mail was taken" : "");
}

int smtp_call_fail(const struct smtp_call *call, CURLcode code, struct err *err)
{
	static const CURLcode tls[] = {
		CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION,
		CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR};
	if (code == CURLE_LOGIN_DENIED)
		return fail_login(call, err);
	if (code == CURLE_USE_SSL_FAILED)
		return fail_no_starttls(call, err);
	for (size_t i = 0; i < ARRAY_SIZE(tls); i++)
		if (code == tls[i])
			return fail_tls(call, code, err);
	if (all_refused(call->result))
		return fail_recipients(call, err);
	return fail_other(call, code, err);
}
