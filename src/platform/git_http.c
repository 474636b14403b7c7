/* git's smart HTTP (gitprotocol-http(5)) for libgit2, over our HTTP adapter.
 *
 * GET info/refs begins, its redirect decides where the rest goes; each POST is sent as a whole, with
 * a length, when libgit2 begins to read the answer. Credentials are sent from the first request on. */
#include <git2/sys/errors.h>
#include <git2/sys/transport.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/deadline.h"
#include "platform/git_session.h"
#include "platform/http.h"
#include "platform/http_url.h"

#define REQUEST_MAX_BYTES ((size_t)256 << 20)
#define STALL_TIMEOUT_MS 60000
#define CONNECT_TIMEOUT_MS 20000
#define REDIRECTS_MAX 5

struct http_stream {
	git_smart_subtransport_stream parent;
	struct vcs_session *session;
	git_smart_service_t action;
	struct str body; /* of the POST */
	bool begun;      /* the request was sent */
	char *url;
	char *type, *accept;
	struct http_header headers[3];
	struct http_request request; /* borrowed by the exchange until it is closed */
	struct http_response response;
};

struct http_subtransport {
	git_smart_subtransport parent;
	struct vcs_session *session;
};

static bool lists(git_smart_service_t action)
{
	return action == GIT_SERVICE_UPLOADPACK_LS ||
	       action == GIT_SERVICE_RECEIVEPACK_LS;
}

static bool writes(git_smart_service_t action)
{
	return action == GIT_SERVICE_RECEIVEPACK || action == GIT_SERVICE_RECEIVEPACK_LS;
}

static const char *service(git_smart_service_t action)
{
	return writes(action) ? "git-receive-pack" : "git-upload-pack";
}

/* --- what went wrong -------------------------------------------------------------------------- */

/* libgit2 learns that it failed; our caller finds the reason in the session. */
static int give_up(struct vcs_session *session)
{
	git_error_set_str(GIT_ERROR_NET, session->fault.message);
	return -1;
}

static int no_answer(struct http_stream *stream)
{
	struct vcs_session *session = stream->session;
	struct err *fault = &session->fault;
	const struct http_response *response = &stream->response;
	bool late = response->failure == HTTP_TIMEOUT;
	err_set(fault, late ? ERR_TIMEOUT : ERR_NET, "the git remote does not answer: %s",
		response->message);
	if (response->failure == HTTP_TLS)
		err_hint(fault, "name the remote's certificate authority (ca_file, or "
				"SSL_CERT_FILE for everything)");
	bool never_sent = response->failure == HTTP_DNS ||
			  response->failure == HTTP_REFUSED ||
			  response->failure == HTTP_TLS;
	session->answer_lost = stream->action == GIT_SERVICE_RECEIVEPACK && !never_sent;
	return give_up(session);
}

/* The first line of an error page, when it is text for people. */
static char *page_text(struct vcs_session *session, const struct http_response *response)
{
	char page[512];
	size_t count = 0;
	struct err ignored = {0};
	const char *type = http_response_header(response, "content-type");
	if (!type || !str_has_prefix(type, "text/plain") ||
	    http_read(session->http, page, sizeof page - 1, &count, &ignored) < 0)
		return mem_strdup("");
	page[count] = '\0';
	page[strcspn(page, "\r\n")] = '\0';
	return str_is_utf8(page, strlen(page)) ? str_format(": %s", page)
					       : mem_strdup("");
}

static int refused(struct http_stream *stream)
{
	struct vcs_session *session = stream->session;
	struct err *fault = &session->fault;
	bool anonymous = !session->remote->password || session->base_is_elsewhere;
	int status = stream->response.status;
	const char *needed = writes(stream->action) ? "write" : "read";
	_cleanup_free_ char *page = page_text(session, &stream->response);
	if (status == 401 && anonymous) {
		err_set(fault, ERR_AUTH,
			"the git remote asks for credentials (HTTP 401)");
		if (session->base_is_elsewhere)
			err_hint(
				fault,
				"it redirects to another host: name that one as the remote");
		else
			err_hint(fault, "give a token with the permission 'contents: %s'",
				 needed);
	} else if (status == 401) {
		err_set(fault, ERR_AUTH,
			"the git remote does not accept the credentials (HTTP 401)");
		err_hint(fault, "the token may have expired or belong to another host");
	} else if (status == 403) {
		err_set(fault, ERR_AUTH, "the git remote forbids to %s (HTTP 403)%s",
			needed, page);
		err_hint(fault, "the token needs the permission 'contents: %s'", needed);
	} else if (status == 404 || status == 410) {
		err_set(fault, ERR_NOT_FOUND,
			"repository not found or no access (HTTP %d)", status);
		err_hint(fault,
			 "check the URL, and that the token may see the repository");
	} else {
		bool passing = status == 429 || status >= 500;
		err_set(fault, passing ? ERR_NET : ERR_FAIL,
			"the git remote answers HTTP %d%s", status, page);
		fault->retry_after_ms = stream->response.retry_after_ms;
		/* Who names a time does not want to be asked before it. */
		session->answer_lost = stream->action == GIT_SERVICE_RECEIVEPACK &&
				       status >= 500 && fault->retry_after_ms == 0;
	}
	return give_up(session);
}

static int no_repository(struct vcs_session *session)
{
	err_set(&session->fault, ERR_NOT_FOUND, "there is no git repository at this URL");
	err_hint(&session->fault,
		 "the server does not speak git's smart HTTP protocol there");
	return give_up(session);
}

/* --- requests --------------------------------------------------------------------------------- */

static const char *base_url(const struct vcs_session *session)
{
	return session->base_url ? session->base_url : session->url;
}

static void prepare(struct http_stream *stream)
{
	struct http_request *request = &stream->request;
	struct vcs_session *session = stream->session;
	const struct vcs_remote *remote = session->remote;
	const char *name = service(stream->action);
	stream->headers[0] = (struct http_header){"User-Agent", "git/2.0 (belay)", false};
	*request = (struct http_request){
		.headers = stream->headers,
		.header_count = 1,
		.tls = {.ca_file = remote->ca_file},
		.timeout_ms = deadline_left_ms(session->deadline_ms),
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.stall_timeout_ms = STALL_TIMEOUT_MS,
		.max_header_bytes = 65536,
		.stop = remote->stop,
	};
	if (remote->password && !session->base_is_elsewhere) {
		request->user = remote->user ? remote->user : "x-access-token";
		request->password = remote->password->data;
	}
	if (lists(stream->action)) {
		stream->url =
			str_format("%s/info/refs?service=%s", base_url(session), name);
		request->max_redirects = REDIRECTS_MAX;
	} else {
		stream->url = str_format("%s/%s", base_url(session), name);
		stream->type = str_format("application/x-%s-request", name);
		stream->accept = str_format("application/x-%s-result", name);
		stream->headers[1] =
			(struct http_header){"Content-Type", stream->type, false};
		stream->headers[2] =
			(struct http_header){"Accept", stream->accept, false};
		request->header_count = 3;
		request->method = "POST";
		request->body = str_text(&stream->body);
		request->body_len = stream->body.len;
	}
	request->url = stream->url;
}

/* Later requests go where info/refs was found in the end. */
static int remember_base(struct http_stream *stream)
{
	struct vcs_session *session = stream->session;
	const struct http_response *response = &stream->response;
	if (response->redirects == 0)
		return 0;
	_cleanup_free_ char *suffix =
		str_format("/info/refs?service=%s", service(stream->action));
	if (!str_has_suffix(response->url, suffix))
		return no_repository(session);
	free(session->base_url);
	session->base_url =
		mem_strndup(response->url, strlen(response->url) - strlen(suffix));
	session->base_is_elsewhere =
		!http_url_same_origin(session->base_url, session->url);
	return 0;
}

static bool is_expected_type(const struct http_stream *stream)
{
	const char *type = http_response_header(&stream->response, "content-type");
	_cleanup_free_ char *expected =
		str_format("application/x-%s-%s", service(stream->action),
			   lists(stream->action) ? "advertisement" : "result");
	return type && str_has_prefix(type, expected);
}

static int send_request(struct http_stream *stream)
{
	struct vcs_session *session = stream->session;
	if (!session->http)
		session->http = http_client_new(session->trust);
	prepare(stream);
	stream->begun = true;
	if (http_open(session->http, &stream->request, &stream->response,
		      &session->fault) < 0)
		return give_up(session);
	if (stream->response.failure != HTTP_OK)
		return no_answer(stream);
	if (stream->response.status != 200)
		return refused(stream);
	if (!is_expected_type(stream))
		return no_repository(session);
	return lists(stream->action) ? remember_base(stream) : 0;
}

/* --- streams ---------------------------------------------------------------------------------- */

static int stream_read(git_smart_subtransport_stream *parent, char *buffer, size_t size,
		       size_t *ret_count)
{
	struct http_stream *stream = (struct http_stream *)parent;
	struct vcs_session *session = stream->session;
	*ret_count = 0;
	if (!stream->begun && send_request(stream) < 0)
		return -1;
	if (http_read(session->http, buffer, size, ret_count, &session->fault) < 0)
		return give_up(session);
	if (stream->response.failure != HTTP_OK)
		return no_answer(stream);
	if (*ret_count == 0 && stream->action == GIT_SERVICE_RECEIVEPACK)
		session->answer_lost = true; /* libgit2 wanted more than there was */
	return 0;
}

static int stream_write(git_smart_subtransport_stream *parent, const char *data,
			size_t len)
{
	struct http_stream *stream = (struct http_stream *)parent;
	str_add_bytes(&stream->body, data, len);
	if (!stream->body.truncated)
		return 0;
	err_set(&stream->session->fault, ERR_LIMIT, "more than %zu bytes to push",
		REQUEST_MAX_BYTES);
	return give_up(stream->session);
}

static void stream_free(git_smart_subtransport_stream *parent)
{
	struct http_stream *stream = (struct http_stream *)parent;
	if (stream->begun)
		http_close(stream->session->http);
	http_response_release(&stream->response);
	str_release(&stream->body);
	free(stream->url);
	free(stream->type);
	free(stream->accept);
	free(stream);
}

static int subtransport_action(git_smart_subtransport_stream **ret,
			       git_smart_subtransport *parent, const char *url,
			       git_smart_service_t action)
{
	struct http_subtransport *transport = (struct http_subtransport *)parent;
	struct http_stream *stream = mem_new(struct http_stream);
	(void)url; /* the session knows better: redirects */
	stream->parent.subtransport = parent;
	stream->parent.read = stream_read;
	stream->parent.write = stream_write;
	stream->parent.free = stream_free;
	stream->session = transport->session;
	stream->action = action;
	stream->body.max_bytes = REQUEST_MAX_BYTES;
	*ret = &stream->parent;
	return 0;
}

static int subtransport_close(git_smart_subtransport *parent)
{
	(void)parent; /* the connection belongs to the session */
	return 0;
}

static void subtransport_free(git_smart_subtransport *parent)
{
	free(parent);
}

static int subtransport_new(git_smart_subtransport **ret, git_transport *owner,
			    void *session)
{
	struct http_subtransport *transport = mem_new(struct http_subtransport);
	(void)owner;
	transport->parent.action = subtransport_action;
	transport->parent.close = subtransport_close;
	transport->parent.free = subtransport_free;
	transport->session = session;
	*ret = &transport->parent;
	return 0;
}

int vcs_http_transport(git_transport **ret, git_remote *owner, void *session)
{
	git_smart_subtransport_definition definition = {
		.callback = subtransport_new,
		.rpc = 1,
		.param = session,
	};
	return git_transport_smart(ret, owner, &definition);
}
