/* git over SSH for libgit2, over our SSH adapter: one connection for a session, one channel with
 * git-upload-pack or git-receive-pack for each operation. */
#include <git2/sys/errors.h>
#include <git2/sys/transport.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/git_session.h"
#include "platform/ssh.h"

#define IDLE_TIMEOUT_MS 60000
#define REST_MAX_BYTES 65536

struct ssh_git_stream {
	git_smart_subtransport_stream parent;
	struct vcs_session *session;
	struct ssh_stream *ssh;
	bool pushes;
	bool heard; /* the remote said something */
};

struct ssh_subtransport {
	git_smart_subtransport parent;
	struct vcs_session *session;
	struct ssh_git_stream *current;
};

/* --- addresses -------------------------------------------------------------------------------- */

/* A leading "-" would be read as an option by somebody further down. */
static bool is_safe_host(const char *host)
{
	return *host && *host != '-' && !strpbrk(host, " \t\r\n'\"`$\\;&|<>");
}

static int take_host(char *host, char **ret_host, unsigned *ret_port)
{
	long long port = 22;
	char *end = host;
	if (*host == '[') {
		end = strchr(host, ']');
		if (!end)
			return -1;
		*end++ = '\0';
		host++;
	}
	char *colon = strchr(end, ':');
	if (colon) {
		*colon = '\0';
		if (str_to_int64(colon + 1, 1, 65535, &port) < 0)
			return -1;
	}
	if (!is_safe_host(host))
		return -1;
	*ret_host = mem_strdup(host);
	*ret_port = (unsigned)port;
	return 0;
}

int vcs_ssh_parse(const char *url, char **ret_user, char **ret_host, unsigned *ret_port,
		  char **ret_path)
{
	bool scheme = str_has_prefix(url, "ssh://");
	if (!scheme && strstr(url, "://"))
		return -1;
	_cleanup_free_ char *text = mem_strdup(scheme ? url + strlen("ssh://") : url);
	char *path = strchr(text, scheme ? '/' : ':');
	char *bracket = strchr(text, '[');
	if (!scheme && bracket && (bracket == text || bracket[-1] == '@')) {
		path = strstr(bracket, "]:");
		path = path ? path + 1 : NULL;
	}
	if (!path || !path[1] ||
	    (!scheme && strchr(text, '/') && strchr(text, '/') < path))
		return -1;
	_cleanup_free_ char *where =
		mem_strdup(scheme && path[1] != '~' ? path : path + 1);
	*path = '\0';
	char *at = strrchr(text, '@');
	if (at)
		*at = '\0';
	if (strchr(at ? text : "", ':') ||
	    take_host(at ? at + 1 : text, ret_host, ret_port) < 0)
		return -1;
	*ret_user = at ? mem_strdup(text) : NULL;
	*ret_path = TAKE_PTR(where);
	return 0;
}

void vcs_ssh_release(struct vcs_session *session)
{
	ssh_link_close(session->link);
	session->link = NULL;
}

/* --- what went wrong -------------------------------------------------------------------------- */

static int give_up(struct vcs_session *session)
{
	git_error_set_str(GIT_ERROR_NET, session->fault.message);
	return -1;
}

/* The command ended before it said anything: its standard error tells why. */
static int ended_early(struct ssh_git_stream *stream)
{
	struct err *fault = &stream->session->fault;
	const char *text = ssh_stream_stderr(stream->ssh);
	text += strspn(text, " \r\n");
	_cleanup_free_ char *line = mem_strndup(text, strcspn(text, "\r\n"));
	const char *needed = stream->pushes ? "write" : "read";
	if (strcasestr(line, "not found") || strcasestr(line, "does not appear to be") ||
	    strcasestr(line, "does not exist")) {
		err_set(fault, ERR_NOT_FOUND, "repository not found or no access: %s",
			line);
		err_hint(fault, "check the URL, and that the key may see the repository");
	} else if (strcasestr(line, "denied") || strcasestr(line, "permission") ||
		   strcasestr(line, "read only") || strcasestr(line, "read-only") ||
		   strcasestr(line, "access")) {
		err_set(fault, ERR_AUTH, "the git remote forbids to %s: %s", needed,
			line);
		err_hint(fault, "the key needs %s access to the repository", needed);
	} else {
		err_set(fault, ERR_NET, "the git remote ended the conversation%s%s",
			*line ? ": " : "", line);
	}
	return give_up(stream->session);
}

/* --- streams ---------------------------------------------------------------------------------- */

static int stream_read(git_smart_subtransport_stream *parent, char *buffer, size_t size,
		       size_t *ret_count)
{
	struct ssh_git_stream *stream = (struct ssh_git_stream *)parent;
	struct vcs_session *session = stream->session;
	*ret_count = 0;
	ssize_t count = ssh_stream_read(stream->ssh, buffer, size, &session->fault);
	if (count <= 0)
		session->answer_lost = stream->pushes && stream->heard;
	if (count < 0)
		return give_up(session);
	if (count == 0 && !stream->heard)
		return ended_early(stream);
	stream->heard = true;
	*ret_count = (size_t)count;
	return 0;
}

static int stream_write(git_smart_subtransport_stream *parent, const char *data,
			size_t len)
{
	struct ssh_git_stream *stream = (struct ssh_git_stream *)parent;
	struct vcs_session *session = stream->session;
	/* libgit2 takes its leave with a flush, also from a program that has ended. */
	if (session->conversation_over)
		return 0;
	if (ssh_stream_write(stream->ssh, data, len, &session->fault) == 0)
		return 0;
	session->answer_lost = stream->pushes;
	return give_up(session);
}

/* The remote's program ends by itself after the last flush; waiting for that keeps the connection
 * usable for the next one. Not after a failure: who knows what it does then. */
static void await_end(struct ssh_git_stream *stream)
{
	char rest[4096];
	struct err ignored = {0};
	size_t seen = 0;
	while (stream->session->fault.code == ERR_NONE && seen < REST_MAX_BYTES) {
		ssize_t count = ssh_stream_read(stream->ssh, rest, sizeof rest, &ignored);
		if (count <= 0)
			return;
		seen += (size_t)count;
	}
}

static void stream_free(git_smart_subtransport_stream *parent)
{
	struct ssh_git_stream *stream = (struct ssh_git_stream *)parent;
	struct ssh_subtransport *transport =
		(struct ssh_subtransport *)parent->subtransport;
	transport->current = NULL;
	await_end(stream);
	ssh_stream_close(stream->ssh, NULL);
	free(stream);
}

static int open_link(struct vcs_session *session)
{
	const struct vcs_remote *remote = session->remote;
	if (session->link && ssh_link_usable(session->link))
		return 0;
	vcs_ssh_release(session);
	if (!remote->open_ssh)
		return err_set(&session->fault, ERR_CONFIG,
			       "git over ssh is not possible here");
	const char *user = session->ssh_user ? session->ssh_user : remote->user;
	return remote->open_ssh(remote->open_ssh_context, user ? user : "git",
				session->ssh_host, session->ssh_port, &session->link,
				&session->fault);
}

static int open_stream(struct ssh_subtransport *transport, bool pushes)
{
	struct vcs_session *session = transport->session;
	struct ssh_stream *ssh = NULL;
	_cleanup_str_ struct str command = STR_INIT;
	str_add(&command, pushes ? "git-receive-pack " : "git-upload-pack ");
	str_add_shell_quoted(&command, session->ssh_path);
	if (open_link(session) < 0 ||
	    ssh_stream_open(session->link, str_text(&command), IDLE_TIMEOUT_MS,
			    session->remote->stop, &ssh, &session->fault) < 0)
		return give_up(session);
	struct ssh_git_stream *stream = mem_new(struct ssh_git_stream);
	stream->parent.subtransport = &transport->parent;
	stream->parent.read = stream_read;
	stream->parent.write = stream_write;
	stream->parent.free = stream_free;
	stream->session = session;
	stream->ssh = ssh;
	stream->pushes = pushes;
	transport->current = stream;
	return 0;
}

static int subtransport_action(git_smart_subtransport_stream **ret,
			       git_smart_subtransport *parent, const char *url,
			       git_smart_service_t action)
{
	struct ssh_subtransport *transport = (struct ssh_subtransport *)parent;
	bool begins = action == GIT_SERVICE_UPLOADPACK_LS ||
		      action == GIT_SERVICE_RECEIVEPACK_LS;
	(void)url; /* taken apart when the session was made */
	*ret = NULL;
	if (begins && !transport->current &&
	    open_stream(transport, action == GIT_SERVICE_RECEIVEPACK_LS) < 0)
		return -1;
	if (!transport->current) {
		git_error_set_str(GIT_ERROR_NET, "no conversation with the remote");
		return -1;
	}
	*ret = &transport->current->parent;
	return 0;
}

static int subtransport_close(git_smart_subtransport *parent)
{
	(void)parent; /* streams are freed on their own; the connection belongs to the session */
	return 0;
}

static void subtransport_free(git_smart_subtransport *parent)
{
	free(parent);
}

static int subtransport_new(git_smart_subtransport **ret, git_transport *owner,
			    void *session)
{
	struct ssh_subtransport *transport = mem_new(struct ssh_subtransport);
	(void)owner;
	transport->parent.action = subtransport_action;
	transport->parent.close = subtransport_close;
	transport->parent.free = subtransport_free;
	transport->session = session;
	*ret = &transport->parent;
	return 0;
}

int vcs_ssh_transport(git_transport **ret, git_remote *owner, void *session)
{
	git_smart_subtransport_definition definition = {
		.callback = subtransport_new,
		.rpc = 0,
		.param = session,
	};
	return git_transport_smart(ret, owner, &definition);
}
