/* TCP: connecting with staggered attempts (RFC 8305, "happy eyeballs", without the sorting). */
#include "platform/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "belay/mem.h"
#include "platform/deadline.h"
#include "platform/resolve.h"

#define ATTEMPTS_MAX 8
#define ATTEMPT_DELAY_MS 250
#define STOP_POLL_MS 100
/* What a peer says first comes in one breath; after that much silence we have it. */
#define READ_PAUSE_MS 200

const char *tcp_failure_name(enum tcp_failure failure)
{
	switch (failure) {
	case TCP_OK:
		return NULL;
	case TCP_DNS:
		return "dns";
	case TCP_NO_NETWORK:
		return "no_network";
	case TCP_REFUSED:
		return "refused";
	case TCP_TIMEOUT:
		return "timeout";
	case TCP_RESET:
		return "reset";
	}
	return NULL;
}

static int cancelled(struct err *err)
{
	return err_set(err, ERR_CANCELLED, "cancelled");
}

ATTR_PRINTF(3, 4)
static void peer_fail(struct tcp_peer *peer, enum tcp_failure failure, const char *format,
		      ...)
{
	va_list args;
	va_start(args, format);
	peer->failure = failure;
	vsnprintf(peer->message, sizeof peer->message, format, args);
	va_end(args);
}

static bool is_our_network(int number)
{
	return number == ENETUNREACH || number == ENETDOWN || number == EADDRNOTAVAIL ||
	       number == EAFNOSUPPORT;
}

static enum tcp_failure failure_of_errno(int number)
{
	if (number == ETIMEDOUT)
		return TCP_TIMEOUT;
	if (number == ECONNRESET || number == EPIPE)
		return TCP_RESET;
	if (is_our_network(number))
		return TCP_NO_NETWORK;
	return TCP_REFUSED;
}

static void format_address(const struct sockaddr *address,
			   char text[static TCP_ADDRESS_BYTES])
{
	char host[INET6_ADDRSTRLEN] = "";
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 =
			(const struct sockaddr_in6 *)(const void *)address;
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
		snprintf(text, TCP_ADDRESS_BYTES, "[%s]:%u", host,
			 (unsigned)ntohs(v6->sin6_port));
		return;
	}
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
	snprintf(text, TCP_ADDRESS_BYTES, "%s:%u", host, (unsigned)ntohs(v4->sin_port));
}

/* Attempts under way: pfds[i] belongs to targets[i]. */
struct race {
	struct pollfd pfds[ATTEMPTS_MAX];
	const struct addrinfo *targets[ATTEMPTS_MAX];
	nfds_t count;
	const struct addrinfo *next;
	int64_t next_start_ms;
	int last_errno;
};

/* A machine without IPv6 cannot reach half of the addresses; what the other half said counts. */
static void race_note(struct race *race, int number)
{
	if (race->last_errno == 0 || !is_our_network(number))
		race->last_errno = number;
}

static void race_close(struct race *race)
{
	for (nfds_t i = 0; i < race->count; i++)
		if (race->pfds[i].fd >= 0)
			close(race->pfds[i].fd);
}

static bool race_running(const struct race *race)
{
	for (nfds_t i = 0; i < race->count; i++)
		if (race->pfds[i].fd >= 0)
			return true;
	return false;
}

/* Starts the next attempt; one that fails at once leaves a negative descriptor behind. */
static void race_start(struct race *race)
{
	const struct addrinfo *target = race->next;
	race->next = race->count + 1 < ATTEMPTS_MAX ? target->ai_next : NULL;
	race->next_start_ms = deadline_after_ms(ATTEMPT_DELAY_MS);
	race->targets[race->count] = target;
	struct pollfd *pfd = &race->pfds[race->count++];
	pfd->events = POLLOUT;
	pfd->fd =
		socket(target->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (pfd->fd >= 0 && (connect(pfd->fd, target->ai_addr, target->ai_addrlen) == 0 ||
			     errno == EINPROGRESS))
		return;
	race_note(race, errno);
	if (pfd->fd >= 0)
		close(pfd->fd);
	pfd->fd = -1;
	race->next_start_ms = 0;
}

/* Looks at what poll() reported. True when an attempt has won: it is moved into *peer. */
static bool race_collect(struct race *race, struct tcp_peer *peer)
{
	for (nfds_t i = 0; i < race->count; i++) {
		struct pollfd *pfd = &race->pfds[i];
		if (pfd->fd < 0 || !pfd->revents)
			continue;
		int number = 0;
		socklen_t size = sizeof number;
		getsockopt(pfd->fd, SOL_SOCKET, SO_ERROR, &number, &size);
		if (number == 0) {
			peer->fd = pfd->fd;
			pfd->fd = -1;
			format_address(race->targets[i]->ai_addr, peer->address);
			return true;
		}
		race_note(race, number);
		close(pfd->fd);
		pfd->fd = -1;
		race->next_start_ms = 0;
	}
	return false;
}

static int race_run(struct race *race, int64_t deadline_ms, const struct stop *stop,
		    struct tcp_peer *peer, struct err *err)
{
	for (;;) {
		if (stop_asked(stop))
			return cancelled(err);
		if (race->next && deadline_now_ms() >= race->next_start_ms)
			race_start(race);
		if (!race_running(race)) {
			if (race->next)
				continue;
			char reason[96];
			peer_fail(peer, failure_of_errno(race->last_errno), "%s",
				  strerror_r(race->last_errno, reason, sizeof reason));
			return 0;
		}
		int wait_ms = deadline_left_ms(deadline_ms);
		if (wait_ms == 0) {
			peer_fail(peer, TCP_TIMEOUT,
				  "no answer to the connection request");
			return 0;
		}
		int next_ms =
			race->next ? deadline_left_ms(race->next_start_ms) : STOP_POLL_MS;
		if (next_ms > STOP_POLL_MS)
			next_ms = STOP_POLL_MS;
		poll(race->pfds, race->count, next_ms < wait_ms ? next_ms : wait_ms);
		if (race_collect(race, peer))
			return 0;
	}
}

/* Without the brackets of an IPv6 literal. */
static char *bare_host(const char *host)
{
	size_t len = strlen(host);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']')
		return mem_strndup(host + 1, len - 2);
	return mem_strdup(host);
}

int tcp_connect(const char *host, int port, int64_t deadline_ms, const struct stop *stop,
		struct tcp_peer *ret_peer, struct err *err)
{
	*ret_peer = (struct tcp_peer){.fd = -1};
	if (str_is_blank(host) || port < 1 || port > 65535)
		return err_set(err, ERR_CONFIG, "'%s:%d' is no address to connect to",
			       host ? host : "", port);

	_cleanup_free_ char *name = bare_host(host);
	struct addrinfo *list = NULL;
	const char *reason = "";
	switch (resolve_name(name, (uint16_t)port, deadline_ms, stop, &list, &reason)) {
	case RESOLVE_OK:
		break;
	case RESOLVE_FAILED:
		peer_fail(ret_peer, TCP_DNS, "cannot resolve '%s': %s", name, reason);
		return 0;
	case RESOLVE_AWAY:
		peer_fail(ret_peer, TCP_NO_NETWORK, "cannot resolve '%s': %s", name,
			  reason);
		return 0;
	case RESOLVE_TIMEOUT:
		peer_fail(ret_peer, TCP_DNS, "cannot resolve '%s': no answer in time",
			  name);
		return 0;
	case RESOLVE_CANCELLED:
		return cancelled(err);
	}

	struct race race = {.next = list};
	int result = race_run(&race, deadline_ms, stop, ret_peer, err);
	race_close(&race);
	freeaddrinfo(list);
	if (ret_peer->fd >= 0)
		setsockopt(ret_peer->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1},
			   sizeof(int));
	return result;
}

int tcp_wait(int fd, short events, int64_t deadline_ms, const struct stop *stop)
{
	for (;;) {
		if (stop_asked(stop))
			return -1;
		int left = deadline_left_ms(deadline_ms);
		if (left == 0)
			return 0;
		struct pollfd pfds[] = {
			{.fd = fd, .events = events},
			{.fd = stop->asked ? stop->wake_fd : -1, .events = POLLIN},
		};
		poll(pfds, ARRAY_SIZE(pfds), left < STOP_POLL_MS ? left : STOP_POLL_MS);
		if (pfds[0].revents)
			return 1;
	}
}

/* --- probe ------------------------------------------------------------------------------------ */

static void result_fail(struct tcp_result *result, enum tcp_failure failure,
			const char *message)
{
	result->failure = failure;
	snprintf(result->message, sizeof result->message, "%s", message);
}

static void result_fail_errno(struct tcp_result *result, int number)
{
	char reason[96];
	result_fail(result, failure_of_errno(number),
		    strerror_r(number, reason, sizeof reason));
}

static int probe_send(int fd, const struct tcp_probe *probe, int64_t deadline_ms,
		      struct tcp_result *result, struct err *err)
{
	size_t len = strlen(probe->send);
	size_t sent = 0;
	while (sent < len) {
		int ready = tcp_wait(fd, POLLOUT, deadline_ms, &probe->stop);
		if (ready < 0)
			return cancelled(err);
		if (ready == 0) {
			result_fail(result, TCP_TIMEOUT,
				    "the peer does not take what is sent");
			return 0;
		}
		ssize_t n = send(fd, probe->send + sent, len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			result_fail_errno(result, errno);
			return 0;
		}
		sent += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int probe_read(int fd, const struct tcp_probe *probe, int64_t deadline_ms,
		      struct tcp_result *result, struct err *err)
{
	char chunk[4096];
	while (result->received.len < probe->read_bytes) {
		int64_t until = deadline_ms;
		if (result->received.len && deadline_after_ms(READ_PAUSE_MS) < until)
			until = deadline_after_ms(READ_PAUSE_MS);
		int ready = tcp_wait(fd, POLLIN, until, &probe->stop);
		if (ready < 0)
			return cancelled(err);
		if (ready == 0) {
			if (result->received.len == 0)
				result_fail(result, TCP_TIMEOUT, "the peer says nothing");
			return 0;
		}
		size_t want = probe->read_bytes - result->received.len;
		ssize_t n = recv(fd, chunk, want < sizeof chunk ? want : sizeof chunk, 0);
		if (n == 0)
			return 0;
		if (n > 0)
			str_add_bytes(&result->received, chunk, (size_t)n);
		else if (errno != EAGAIN && errno != EINTR) {
			result_fail_errno(result, errno);
			return 0;
		}
	}
	return 0;
}

int tcp_probe(const struct tcp_probe *probe, struct tcp_result *ret, struct err *err)
{
	*ret = (struct tcp_result){.received = STR_INIT_MAX(probe->read_bytes)};
	int64_t start_ms = deadline_now_ms();
	int64_t deadline_ms = start_ms + probe->timeout_ms;
	struct tcp_peer peer;
	if (tcp_connect(probe->host, probe->port, deadline_ms, &probe->stop, &peer, err) <
	    0)
		return -1;
	ret->latency_ms = deadline_now_ms() - start_ms;
	memcpy(ret->address, peer.address, sizeof ret->address);
	if (peer.fd < 0) {
		result_fail(ret, peer.failure, peer.message);
		return 0;
	}
	ret->connected = true;

	int result = 0;
	if (probe->send)
		result = probe_send(peer.fd, probe, deadline_ms, ret, err);
	if (result == 0 && ret->failure == TCP_OK && probe->read_bytes)
		result = probe_read(peer.fd, probe, deadline_ms, ret, err);
	close(peer.fd);
	return result;
}

void tcp_result_release(struct tcp_result *result)
{
	str_release(&result->received);
}
