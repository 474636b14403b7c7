/* Opening an SSH connection: TCP, key exchange, the host's key, our key. */
#include "platform/ssh.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/deadline.h"
#include "platform/known_hosts.h"
#include "platform/ssh_link.h"
#include "platform/tcp.h"

enum { DEFAULT_CONNECT_TIMEOUT_MS = 30000 };

/* --- waiting and failing ------------------------------------------------------------------- */

enum ssh_wait ssh_link_wait(struct ssh_link *link, int64_t deadline_ms,
			    const struct stop *stop)
{
	short events = POLLIN;
	if (ssh_get_poll_flags(link->session) & SSH_WRITE_PENDING)
		events |= POLLOUT;
	int result = tcp_wait(ssh_get_fd(link->session), events, deadline_ms, stop);
	return result > 0    ? SSH_WAIT_READY
	       : result == 0 ? SSH_WAIT_DEADLINE
			     : SSH_WAIT_STOP;
}

int ssh_link_gave_up(struct ssh_link *link, enum ssh_wait wait, const char *what,
		     struct err *err)
{
	link->broken = true;
	if (wait == SSH_WAIT_STOP)
		return err_set(err, ERR_CANCELLED, "cancelled by a signal");
	return err_set(err, ERR_TIMEOUT, "%s: no answer in time while %s", link->name,
		       what);
}

int ssh_link_fail(struct ssh_link *link, const char *what, struct err *err)
{
	link->broken = true;
	const char *why = ssh_get_error(link->session);
	return err_set(err, ERR_NET, "%s: %s: %s", link->name, what,
		       why && *why ? why : "the connection broke");
}

/* --- life ---------------------------------------------------------------------------------- */

void ssh_link_close(struct ssh_link *link)
{
	if (!link)
		return;
	if (link->event) {
		ssh_event_remove_session(link->event, link->session);
		ssh_event_free(link->event);
	}
	if (link->session) {
		if (!link->broken)
			ssh_disconnect(link->session);
		ssh_free(link->session);
	}
	free(link->name);
	free(link);
}

void ssh_link_closep(struct ssh_link **link)
{
	ssh_link_close(*link);
	*link = NULL;
}

bool ssh_link_usable(struct ssh_link *link)
{
	if (link->broken || !ssh_is_connected(link->session))
		return false;
	/* Whatever the server has said meanwhile (a goodbye, a keepalive) is taken in now. */
	if (ssh_event_dopoll(link->event, 0) == SSH_ERROR ||
	    !ssh_is_connected(link->session))
		link->broken = true;
	return !link->broken;
}

/* --- TCP ----------------------------------------------------------------------------------- */

static int connect_failure(const struct ssh_target *target, const struct tcp_peer *peer,
			   const char *name, struct err *err)
{
	err_set(err, peer->failure == TCP_TIMEOUT ? ERR_TIMEOUT : ERR_NET,
		"%s: cannot connect to %s port %u: %s", name, target->address,
		target->port, peer->message);
	return err_hint(
		err,
		"is the address right, does sshd listen there, and does a firewall let "
		"this machine in?");
}

/* A dead peer is noticed after about 30 s of silence, also while a command computes quietly. */
static void keep_alive(int fd)
{
	const int on = 1, idle_s = 15, interval_s = 5, probes = 3,
		  user_timeout_ms = 60000;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms,
		   sizeof user_timeout_ms);
}

static int connect_tcp(const struct ssh_target *target, const char *name,
		       int64_t deadline_ms, int *ret_fd, struct err *err)
{
	struct tcp_peer peer;
	if (tcp_connect(target->address, (int)target->port, deadline_ms, &target->stop,
			&peer, err) < 0)
		return -1;
	if (peer.failure != TCP_OK)
		return connect_failure(target, &peer, name, err);
	keep_alive(peer.fd);
	*ret_fd = peer.fd;
	return 0;
}

/* --- key exchange -------------------------------------------------------------------------- */

/* What libssh can check as a host key, in the order of its own preference. */
static const char *const host_key_algorithms[] = {
	"ssh-ed25519",         "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp521", "rsa-sha2-512",        "rsa-sha2-256",
};

static bool is_of_type(const char *algorithm, const char *types)
{
	/* An RSA key is listed as ssh-rsa and signs with the SHA-2 algorithms. */
	const char *type = str_has_prefix(algorithm, "rsa-") ? "ssh-rsa" : algorithm;
	size_t len = strlen(type);
	for (const char *at = types; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == len && memcmp(at, type, len) == 0)
			return true;
	return false;
}

static char *algorithms_for(const struct known_hosts *known)
{
	struct str types = STR_INIT, list = STR_INIT;
	known_hosts_types(known, &types);
	for (int listed = 1; listed >= 0; listed--)
		for (size_t i = 0; i < ARRAY_SIZE(host_key_algorithms); i++)
			if (is_of_type(host_key_algorithms[i], str_text(&types)) ==
			    (listed == 1))
				str_addf(&list, "%s%s", list.len ? "," : "",
					 host_key_algorithms[i]);
	str_release(&types);
	return str_take(&list);
}

/* Nothing of this machine's SSH configuration is looked at: paths that hold nothing. */
static int set_options(ssh_session session, const struct ssh_target *target,
		       const char *algorithms, int fd)
{
	static const char nowhere[] = "/dev/null";
	const bool no_config = false;
	const int quiet = SSH_LOG_NOLOG;
	const struct {
		enum ssh_options_e option;
		const void *value;
	} options[] = {
		{SSH_OPTIONS_LOG_VERBOSITY, &quiet},
		{SSH_OPTIONS_PROCESS_CONFIG, &no_config},
		{SSH_OPTIONS_SSH_DIR, nowhere},
		{SSH_OPTIONS_KNOWNHOSTS, nowhere},
		{SSH_OPTIONS_GLOBAL_KNOWNHOSTS, nowhere},
		{SSH_OPTIONS_HOST, target->address},
		{SSH_OPTIONS_PORT, &target->port},
		{SSH_OPTIONS_USER, target->user},
		{SSH_OPTIONS_HOSTKEYS, algorithms},
		{SSH_OPTIONS_IDENTITY_AGENT, target->agent_socket},
		{SSH_OPTIONS_FD, &fd},
	};
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].value &&
		    ssh_options_set(session, options[i].option, options[i].value) < 0)
			return -1;
	return 0;
}

static int exchange_keys(struct ssh_link *link, const struct ssh_target *target,
			 int64_t deadline_ms, struct err *err)
{
	for (;;) {
		int result = ssh_connect(link->session);
		if (result == SSH_OK) {
			/* libssh leaves a socket open that it was given. It has taken it over by now;
			 * forgetting where it came from makes it close it. */
			(void)ssh_options_set(link->session, SSH_OPTIONS_FD, NULL);
			return 0;
		}
		if (result != SSH_AGAIN) {
			ssh_link_fail(link, "ssh handshake", err);
			return strstr(err->message, "no match")
				       ? err_hint(
						 err,
						 "server and belay have no algorithm in common")
				       : -1;
		}
		enum ssh_wait wait = ssh_link_wait(link, deadline_ms, &target->stop);
		if (wait != SSH_WAIT_READY)
			return ssh_link_gave_up(link, wait, "exchanging keys", err);
	}
}

/* --- the host's key ------------------------------------------------------------------------ */

static int get_host_key(struct ssh_link *link, unsigned char **ret, size_t *ret_len,
			const char **ret_type, struct err *err)
{
	ssh_key key = NULL;
	char *base64 = NULL;
	int result = -1;
	if (ssh_get_server_publickey(link->session, &key) == SSH_OK &&
	    ssh_pki_export_pubkey_base64(key, &base64) == SSH_OK &&
	    str_unbase64(base64, ret, ret_len) == 0) {
		*ret_type = ssh_key_type_to_char(ssh_key_type(key));
		result = 0;
	}
	if (base64)
		ssh_string_free_char(base64);
	ssh_key_free(key);
	return result < 0 ? ssh_link_fail(link, "cannot read the host's key", err) : 0;
}

static int hint_keyscan(const struct ssh_target *target, struct err *err)
{
	return err_hint(
		err,
		"compare with `ssh-keygen -lf` of the host's own key (on the host: "
		"/etc/ssh/ssh_host_*_key.pub); when it is the right one, put the output of "
		"`ssh-keyscan -p %u %s` into known_hosts",
		target->port, target->address);
}

static int distrust(struct ssh_link *link, const struct ssh_target *target,
		    enum known_host verdict, const char *shown, const char *expected,
		    bool authority, struct err *err)
{
	const char *from =
		target->known_hosts_from ? target->known_hosts_from : "known_hosts";
	link->broken = true;
	switch (verdict) {
	case KNOWN_HOST_TRUSTED:
		return 0;
	case KNOWN_HOST_UNKNOWN:
		err_set(err, ERR_AUTH,
			"%s: host key %s is unknown: %s names no key for it%s",
			link->name, shown, from,
			authority
				? ", only a certificate authority, and host certificates are not "
				  "supported"
				: "");
		break;
	case KNOWN_HOST_CHANGED:
		err_set(err, ERR_AUTH,
			"%s: host key changed: the host shows %s, %s expects %s",
			link->name, shown, from, expected);
		err_hint(
			err,
			"either the host was set up anew or somebody is between you and it; look at the "
			"host's own key (`ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub` there) before you "
			"replace the entry (`ssh-keyscan -p %u %s`)",
			target->port, target->address);
		break;
	case KNOWN_HOST_REVOKED:
		err_set(err, ERR_AUTH, "%s: host key %s is marked @revoked in %s",
			link->name, shown, from);
		err_hint(
			err,
			"this key must not be trusted any more: give the host a new one");
		break;
	}
	return hint_keyscan(target, err);
}

static int check_host_key(struct ssh_link *link, const struct ssh_target *target,
			  const struct known_hosts *known, struct err *err)
{
	_cleanup_free_ unsigned char *key = NULL;
	size_t key_len = 0;
	const char *type = "";
	if (get_host_key(link, &key, &key_len, &type, err) < 0)
		return -1;
	struct str expected = STR_INIT_MAX(600);
	bool authority = false;
	enum known_host verdict =
		known_hosts_judge(known, key, key_len, &expected, &authority);
	int result = 0;
	if (verdict != KNOWN_HOST_TRUSTED) {
		_cleanup_free_ char *fingerprint = known_hosts_fingerprint(key, key_len);
		_cleanup_free_ char *shown = str_format("%s (%s)", fingerprint, type);
		result = distrust(link, target, verdict, shown, str_text(&expected),
				  authority, err);
	}
	str_release(&expected);
	return result;
}

/* --- our key ------------------------------------------------------------------------------- */

/* Keys arrive through environment variables and web forms: line ends of another system, "\n" in two
 * characters, no line end at the end. None of these can be part of a key. */
static void tidy_key(const struct secret *raw, struct secret *ret)
{
	bool one_line = !memchr(raw->data, '\n', raw->len);
	ret->data = mem_alloc(raw->len + 2);
	ret->len = 0;
	for (size_t i = 0; i < raw->len; i++) {
		char c = raw->data[i];
		if (c == '\r')
			continue;
		if (one_line && c == '\\' && i + 1 < raw->len &&
		    raw->data[i + 1] == 'n') {
			c = '\n';
			i++;
		}
		ret->data[ret->len++] = c;
	}
	if (ret->len && ret->data[ret->len - 1] != '\n')
		ret->data[ret->len++] = '\n';
}

/* libssh asks for a passphrase only when the key needs one. */
static int note_question(const char *prompt, char *buffer, size_t len, int echo,
			 int verify, void *asked)
{
	(void)prompt;
	(void)buffer;
	(void)len;
	(void)echo;
	(void)verify;
	*(bool *)asked = true;
	return -1;
}

static int import_key(const struct ssh_link *link, const struct ssh_target *target,
		      ssh_key *ret, struct err *err)
{
	_cleanup_secret_ struct secret tidy = SECRET_INIT;
	tidy_key(target->key, &tidy);
	bool asked = false;
	const char *passphrase = target->passphrase ? target->passphrase->data : NULL;
	if (ssh_pki_import_privkey_base64(tidy.data, passphrase, note_question, &asked,
					  ret) == SSH_OK)
		return 0;
	if (asked) {
		err_set(err, ERR_CONFIG,
			"%s: the ssh key is encrypted and no passphrase was given",
			link->name);
		return err_hint(err, "set `passphrase` of the host");
	}
	if (passphrase)
		return err_set(
			err, ERR_CONFIG,
			"%s: the ssh key cannot be read: wrong passphrase or damaged",
			link->name);
	err_set(err, ERR_CONFIG, "%s: the ssh key cannot be read", link->name);
	return err_hint(
		err,
		"give the whole text of a private key in OpenSSH or PEM form, its first and last line "
		"included");
}

/* "type base64 [comment]", as ssh-keygen -s writes it. */
static int add_certificate(const struct ssh_link *link, const char *text, ssh_key key,
			   struct err *err)
{
	char type_name[128], base64[16384];
	ssh_key certificate = NULL;
	int result = -1;
	if (sscanf(text, "%127s %16383s", type_name, base64) == 2 &&
	    ssh_pki_import_cert_base64(base64, ssh_key_type_from_name(type_name),
				       &certificate) == SSH_OK &&
	    ssh_pki_copy_cert_to_privkey(certificate, key) == SSH_OK)
		result = 0;
	ssh_key_free(certificate);
	return result < 0
		       ? err_set(err, ERR_CONFIG,
				 "%s: the ssh certificate cannot be read or is of another kind than "
				 "the key",
				 link->name)
		       : 0;
}

/* Returns 1 when the server let us in, 0 when it did not, -1 on errors. */
static int try_auth(struct ssh_link *link, const struct ssh_target *target, ssh_key key,
		    int64_t deadline_ms, struct err *err)
{
	for (;;) {
		int result = key ? ssh_userauth_publickey(link->session, NULL, key)
				 : ssh_userauth_agent(link->session, NULL);
		if (result == SSH_AUTH_SUCCESS)
			return 1;
		if (result == SSH_AUTH_DENIED || result == SSH_AUTH_PARTIAL)
			return 0;
		/* An agent that is not there is an error to libssh, and a "no" to us. */
		if (result != SSH_AUTH_AGAIN && !key && ssh_is_connected(link->session))
			return 0;
		if (result != SSH_AUTH_AGAIN) {
			ssh_link_fail(link, "ssh authentication", err);
			if (strstr(err->message, "authentication failures"))
				err->code = ERR_AUTH;
			return -1;
		}
		enum ssh_wait wait = ssh_link_wait(link, deadline_ms, &target->stop);
		if (wait != SSH_WAIT_READY)
			return ssh_link_gave_up(link, wait, "authenticating", err);
	}
}

static int refused(struct ssh_link *link, const struct ssh_target *target, ssh_key key,
		   struct err *err)
{
	link->broken = true;
	_cleanup_free_ char *fingerprint = NULL;
	char *base64 = NULL;
	unsigned char *wire = NULL;
	size_t len = 0;
	if (key && ssh_pki_export_pubkey_base64(key, &base64) == SSH_OK &&
	    str_unbase64(base64, &wire, &len) == 0)
		fingerprint = known_hosts_fingerprint(wire, len);
	free(wire);
	if (base64)
		ssh_string_free_char(base64);
	err_set(err, ERR_AUTH, "%s: user '%s' was refused with %s%s%s", link->name,
		target->user, fingerprint ? "key " : "the keys of the agent",
		fingerprint ? fingerprint : "",
		key && target->agent ? " and with the agent" : "");
	return err_hint(
		err,
		"is the public key in ~/.ssh/authorized_keys of that user, and may that "
		"user log in?");
}

static int authenticate(struct ssh_link *link, const struct ssh_target *target,
			int64_t deadline_ms, struct err *err)
{
	bool agent = target->agent && target->agent_socket;
	if (!target->key && !agent)
		return err_set(
			err, ERR_CONFIG, "%s: no ssh key is configured%s", link->name,
			target->agent ? ", and there is no agent (SSH_AUTH_SOCK)" : "");
	ssh_key key = NULL;
	int result = 0;
	if (target->key) {
		result = import_key(link, target, &key, err);
		if (result == 0 && target->certificate)
			result = add_certificate(link, target->certificate, key, err);
		if (result == 0)
			result = try_auth(link, target, key, deadline_ms, err);
	}
	if (result == 0 && agent)
		result = try_auth(link, target, NULL, deadline_ms, err);
	if (result == 0)
		result = refused(link, target, key, err);
	ssh_key_free(key);
	return result < 0 ? -1 : 0;
}

/* --- opening ------------------------------------------------------------------------------- */

static void initialise(void)
{
	ssh_init();
}

static int open_session(struct ssh_link *link, const struct ssh_target *target, int fd,
			int64_t deadline_ms, struct err *err)
{
	struct known_hosts known = {
		.text = target->known_hosts,
		.len = target->known_hosts ? strlen(target->known_hosts) : 0,
		.host = target->address,
		.port = target->port,
	};
	_cleanup_free_ char *algorithms = algorithms_for(&known);
	link->session = ssh_new();
	if (!link->session || set_options(link->session, target, algorithms, fd) < 0) {
		close(fd);
		return err_set(err, ERR_CONFIG,
			       "%s: ssh does not accept its settings: %s", link->name,
			       link->session ? ssh_get_error(link->session)
					     : "no memory");
	}
	ssh_set_blocking(link->session, 0);
	if (exchange_keys(link, target, deadline_ms, err) < 0 ||
	    check_host_key(link, target, &known, err) < 0 ||
	    authenticate(link, target, deadline_ms, err) < 0)
		return -1;
	link->event = ssh_event_new();
	if (!link->event || ssh_event_add_session(link->event, link->session) != SSH_OK)
		return ssh_link_fail(link, "cannot watch the connection", err);
	return 0;
}

int ssh_link_open(const struct ssh_target *given, struct ssh_link **ret, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, initialise);
	assert(given->address && given->user);

	struct ssh_target target = *given;
	if (!target.port)
		target.port = 22;
	if (!target.connect_timeout_ms)
		target.connect_timeout_ms = DEFAULT_CONNECT_TIMEOUT_MS;
	int64_t deadline_ms = deadline_after_ms(target.connect_timeout_ms);
	const char *name = target.name ? target.name : target.address;

	int fd = -1;
	if (connect_tcp(&target, name, deadline_ms, &fd, err) < 0)
		return -1;
	struct ssh_link *link = mem_new(struct ssh_link);
	link->name = mem_strdup(name);
	if (open_session(link, &target, fd, deadline_ms, err) < 0) {
		link->broken = true;
		ssh_link_close(link);
		return -1;
	}
	*ret = link;
	return 0;
}
