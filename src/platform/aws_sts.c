/* STS (AWS Security Token Service API reference, 2011-06-15): temporary keys in exchange for an OIDC token. The one
 * request that is not signed: the token says who asks. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "platform/aws.h"
#include "platform/clock.h"
#include "platform/http_url.h"
#include "platform/s3_request.h"
#include "platform/s3_xml.h"

#define MAX_BODY_BYTES ((size_t)256 << 10)
#define MAX_HEADER_BYTES ((size_t)64 << 10)
#define ATTEMPTS 4
#define DELAY_MS 500

/* --- what it says -------------------------------------------------------------------------- */

struct reply {
	struct aws_credentials keys;
	char *expiration, *code, *message;
};

static void reply_release(struct reply *reply)
{
	aws_credentials_release(&reply->keys);
	free(reply->expiration);
	free(reply->code);
	free(reply->message);
}

static void note(void *context, const char *parent, const char *name, const char *text)
{
	struct reply *reply = context;
	bool keys = strcmp(parent, "Credentials") == 0;
	bool error = strcmp(parent, "Error") == 0;
	if (keys && strcmp(name, "AccessKeyId") == 0)
		str_assign(&reply->keys.access_key, text);
	else if (keys && strcmp(name, "SecretAccessKey") == 0)
		secret_set(&reply->keys.secret_key, text, strlen(text));
	else if (keys && strcmp(name, "SessionToken") == 0)
		secret_set(&reply->keys.session_token, text, strlen(text));
	else if (keys && strcmp(name, "Expiration") == 0)
		str_assign(&reply->expiration, text);
	else if (error && strcmp(name, "Code") == 0)
		str_assign(&reply->code, text);
	else if (error && strcmp(name, "Message") == 0)
		str_assign(&reply->message, text);
}

static const struct row {
	const char *code;
	const char *text; /* NULL: what the answer says */
	const char *hint;
} rows[] = {
	{"AccessDenied", "the role does not let this job in",
	 "its trust policy must name the provider, the audience and this repository ('sub')"},
	{"InvalidIdentityToken", "the token is not taken",
	 "is the issuer an identity provider of the account, and the audience one of its clients?"},
	{"IncorrectTrustPolicyException",
	 "the role's trust policy does not fit the token",
	 "the policy must name this provider and audience"},
	{"IDPRejectedClaim", "the identity provider says no",
	 "is the token still good, and for this audience?"},
	{"IDPCommunicationError", "the identity provider cannot be asked",
	 "try again later"},
	{"ExpiredTokenException", "the token has expired",
	 "let the job ask for a new one; is this machine's clock right?"},
	{"ExpiredToken", "the token has expired",
	 "let the job ask for a new one; is this machine's clock right?"},
	{"RegionDisabledException", "STS is switched off in this region",
	 "switch it on for the account, or use the endpoint of another region"},
	{"PackedPolicyTooLarge", "the token says too much", NULL},
	{"ValidationError", NULL, "look at 'role' and 'session'"},
	{"MalformedPolicyDocument", NULL, NULL},
};

static int refuse(const struct aws_web_identity *asked, int status,
		  const struct reply *reply, struct err *err)
{
	const struct row *row = NULL;
	const char *code = reply->code ? reply->code : "";
	for (size_t i = 0; i < ARRAY_SIZE(rows) && !row; i++)
		if (strcmp(rows[i].code, code) == 0)
			row = &rows[i];
	_cleanup_free_ char *said =
		str_format("%.200s", reply->message ? reply->message : "no reason given");
	str_keep_utf8(said);
	err_set(err, status >= 500 || status == 429 ? ERR_NET : ERR_AUTH,
		"no keys for role '%s': %s (%d%s%.60s)", asked->role,
		row && row->text ? row->text : said, status, *code ? " " : "", code);
	if (row && row->hint)
		return err_hint(err, "%s", row->hint);
	return *code ? -1 : err_hint(err, "is '%s' an endpoint of STS?", asked->endpoint);
}

/* Keys without an end are taken for ones that end soon: they are asked for again. */
static int take(const struct aws_web_identity *asked, struct reply *reply,
		struct aws_credentials *ret, struct err *err)
{
	if (str_is_blank(reply->keys.access_key) || !reply->keys.secret_key.len ||
	    !reply->keys.session_token.len)
		return err_set(err, ERR_NET, "STS at '%s' gave no keys", asked->endpoint);
	if (!reply->expiration ||
	    time_parse(reply->expiration, &reply->keys.expires_ms) < 0)
		reply->keys.expires_ms = clock_wall_ms() + INT64_C(900000);
	aws_credentials_release(ret);
	*ret = reply->keys;
	reply->keys = (struct aws_credentials){0};
	return 0;
}

/* --- asking -------------------------------------------------------------------------------- */

static void add_field(struct str *body, const char *name, const char *value)
{
	str_addf(body, "%s%s=", body->len ? "&" : "", name);
	s3_add_encoded(body, value, false);
}

/* The form. Room for all of it at once, so that no copy of the token is left behind. Fresh. */
static char *form_of(const struct aws_web_identity *asked)
{
	struct str body = STR_INIT;
	str_pad(&body, ' ', 3 * (asked->token->len + strlen(asked->role)) + 512);
	str_clear(&body);
	add_field(&body, "Action", "AssumeRoleWithWebIdentity");
	add_field(&body, "Version", "2011-06-15");
	add_field(&body, "RoleArn", asked->role);
	add_field(&body, "RoleSessionName", asked->session);
	add_field(&body, "WebIdentityToken", asked->token->data);
	return str_take(&body);
}

static int read_reply(const struct aws_web_identity *asked,
		      const struct http_response *http, struct aws_credentials *ret,
		      struct err *err)
{
	struct reply reply = {0};
	struct err why = {0};
	int read = s3_xml_walk(str_text(&http->body), http->body.len, note, &reply, &why);
	int result;
	if (http->status / 100 != 2)
		result = refuse(asked, http->status, &reply, err);
	else if (read < 0)
		result = err_set(err, ERR_NET, "STS at '%s': %s", asked->endpoint,
				 why.message);
	else
		result = take(asked, &reply, ret, err);
	reply_release(&reply);
	return result;
}

static int ask(struct http_client *client, const struct aws_web_identity *asked,
	       const char *form, struct aws_credentials *ret, struct err *err)
{
	const struct http_header headers[] = {
		{"Content-Type", "application/x-www-form-urlencoded", false},
		{"Accept", "text/xml", false},
	};
	_cleanup_free_ char *url = str_format(
		"%s%s", asked->endpoint, str_has_suffix(asked->endpoint, "/") ? "" : "/");
	struct http_request request = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.header_count = ARRAY_SIZE(headers),
		.body = form,
		.body_len = strlen(form),
		.tls = asked->tls,
		.timeout_ms = asked->timeout_ms,
		.max_body_bytes = MAX_BODY_BYTES,
		.max_header_bytes = MAX_HEADER_BYTES,
		.stop = asked->stop,
	};
	struct http_response http = {0};
	int result = http_perform(client, &request, &http, err);
	if (result == 0 && http.failure != HTTP_OK)
		result =
			err_set(err, http.failure == HTTP_TIMEOUT ? ERR_TIMEOUT : ERR_NET,
				"no answer from STS at '%s': %s (%s)", asked->endpoint,
				http.message, http_failure_name(http.failure));
	else if (result == 0)
		result = read_reply(asked, &http, ret, err);
	if (http.body.data)
		explicit_bzero(http.body.data, http.body.capacity);
	http_response_release(&http);
	return result;
}

/* Asking twice does no harm: the keys that were lost with their answer end by themselves. */
int aws_web_identity(struct trust *trust, const struct aws_web_identity *asked,
		     struct aws_credentials *ret, struct err *err)
{
	if (http_url_check(asked->endpoint, err) < 0)
		return err_wrap(err, "endpoint '%s' of STS", asked->endpoint);
	char *form = form_of(asked);
	struct http_client *client = http_client_new(trust);
	int result = -1;
	int64_t delay_ms = DELAY_MS;
	struct err why = {0};
	for (unsigned tried = 1; tried <= ATTEMPTS; tried++, delay_ms *= 2) {
		err_clear(&why);
		result = ask(client, asked, form, ret, &why);
		if (result == 0 || tried == ATTEMPTS ||
		    (why.code != ERR_NET && why.code != ERR_TIMEOUT))
			break;
		if (clock_sleep_ms(delay_ms, &asked->stop) < 0) {
			err_set(&why, ERR_CANCELLED, "cancelled");
			break;
		}
	}
	if (result < 0)
		*err = why;
	http_client_free(client);
	explicit_bzero(form, strlen(form));
	free(form);
	return result;
}
