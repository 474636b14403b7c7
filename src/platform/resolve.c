/* Names to addresses: getaddrinfo(3) in a thread that may be left behind. */
#include "platform/resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "belay/mem.h"
#include "platform/deadline.h"

#define STOP_POLL_MS 100

/* Shared by the asking thread and the working thread; whoever lets go last frees it. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	char *host;
	char port[8];
	bool done;
	bool abandoned;
	int code;
	struct addrinfo *list;
};

static void lookup_free(struct lookup *lookup)
{
	if (lookup->list)
		freeaddrinfo(lookup->list);
	pthread_cond_destroy(&lookup->ended);
	pthread_mutex_destroy(&lookup->lock);
	free(lookup->host);
	free(lookup);
}

static void *lookup_run(void *context)
{
	struct lookup *lookup = context;
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	struct addrinfo *list = NULL;
	int code = getaddrinfo(lookup->host, lookup->port, &hints, &list);

	pthread_mutex_lock(&lookup->lock);
	lookup->code = code;
	lookup->list = code == 0 ? list : NULL;
	lookup->done = true;
	bool abandoned = lookup->abandoned;
	pthread_cond_signal(&lookup->ended);
	pthread_mutex_unlock(&lookup->lock);
	if (abandoned)
		lookup_free(lookup);
	return NULL;
}

static struct lookup *lookup_new(const char *host, uint16_t port)
{
	struct lookup *lookup = mem_new(struct lookup);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&lookup->lock, NULL);
	pthread_cond_init(&lookup->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	lookup->host = mem_strdup(host);
	snprintf(lookup->port, sizeof lookup->port, "%u", (unsigned)port);
	return lookup;
}

/* Waits under the lock. */
static enum resolve_result lookup_wait(struct lookup *lookup, int64_t deadline_ms,
				       const struct stop *stop)
{
	while (!lookup->done) {
		int64_t now = deadline_now_ms();
		if (now >= deadline_ms)
			return RESOLVE_TIMEOUT;
		if (stop_asked(stop))
			return RESOLVE_CANCELLED;
		int64_t until = now + STOP_POLL_MS < deadline_ms ? now + STOP_POLL_MS
								 : deadline_ms;
		struct timespec at = {
			.tv_sec = (time_t)(until / 1000),
			.tv_nsec = (long)(until % 1000) * 1000000,
		};
		pthread_cond_timedwait(&lookup->ended, &lookup->lock, &at);
	}
	if (lookup->code == EAI_AGAIN)
		return RESOLVE_AWAY;
	return lookup->code == 0 ? RESOLVE_OK : RESOLVE_FAILED;
}

enum resolve_result resolve_name(const char *host, uint16_t port, int64_t deadline_ms,
				 const struct stop *stop, struct addrinfo **ret_list,
				 const char **ret_reason)
{
	struct lookup *lookup = lookup_new(host, port);
	pthread_t thread;
	if (pthread_create(&thread, NULL, lookup_run, lookup) != 0) {
		lookup_free(lookup);
		*ret_reason = "cannot start a thread for the look-up";
		return RESOLVE_FAILED;
	}
	pthread_detach(thread);

	pthread_mutex_lock(&lookup->lock);
	enum resolve_result result = lookup_wait(lookup, deadline_ms, stop);
	bool done = lookup->done;
	lookup->abandoned = !done;
	if (result == RESOLVE_OK)
		*ret_list = TAKE_PTR(lookup->list);
	if (result == RESOLVE_FAILED || result == RESOLVE_AWAY)
		*ret_reason = gai_strerror(lookup->code);
	pthread_mutex_unlock(&lookup->lock);
	if (done)
		lookup_free(lookup);
	return result;
}
