/* Retries over a real connection: a server in this process that answers each connection as its script
 * says, and counts the requests that it has read to their end. */
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "belay/api.h"
#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

#define TRY_MS 1500

enum step {
	END = 0,
	GOOD,
	RESET_BEFORE, /* the request is not even read */
	RESET_AFTER,  /* read to its end, then nothing */
	SLOW,         /* says nothing until the client has gone */
	CUT_BODY,     /* promises more than it gives */
	LIMITED,      /* 429 with Retry-After: 1 */
	AWAY,         /* 503 */
	AWAY_A_WHILE, /* 503 with Retry-After: 1 */
};

static const char *const texts[] = {
	[GOOD] =
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n"
		"\r\n{\"ok\":true}",
	[CUT_BODY] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		     "Content-Length: 99\r\n\r\n{\"ok\":",
	[LIMITED] = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n"
		    "Content-Length: 0\r\n\r\n",
	[AWAY] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
	[AWAY_A_WHILE] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
			 "Content-Length: 0\r\n\r\n",
};

struct server {
	int fd, port;
	pthread_t thread;
	const enum step *script;
	int connections, taken; /* read after the thread has ended */
};

static void reset(int fd)
{
	const struct linger linger = {.l_onoff = 1};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* The requests of this test fit into one buffer, but perhaps not into one packet. */
static bool read_request(int fd)
{
	char text[4096] = "";
	size_t len = 0;
	while (len < sizeof text - 1) {
		ssize_t n = recv(fd, text + len, sizeof text - 1 - len, 0);
		if (n <= 0)
			return false;
		len += (size_t)n;
		const char *end = strstr(text, "\r\n\r\n");
		if (end && (strncmp(text, "GET", 3) == 0 || strchr(end, '}')))
			return true;
	}
	return false;
}

static void play(struct server *server, int fd, enum step step)
{
	char rest[64];
	server->connections++;
	if (step == RESET_BEFORE) {
		/* It has to be on its way: who is refused before that has sent nothing, and may send it again. */
		char first;
		(void)!recv(fd, &first, sizeof first, MSG_PEEK);
		reset(fd);
		return;
	}
	server->taken += read_request(fd);
	if (step == RESET_AFTER)
		reset(fd);
	else if (step == SLOW)
		while (recv(fd, rest, sizeof rest, 0) > 0)
			;
	else
		send(fd, texts[step], strlen(texts[step]), MSG_NOSIGNAL);
}

static void *serve(void *context)
{
	struct server *server = context;
	for (const enum step *step = server->script; *step != END; step++) {
		int fd = accept(server->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		play(server, fd, *step);
		close(fd);
	}
	return NULL;
}

static void server_start(struct server *server, const enum step *script)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	*server = (struct server){.script = script};
	server->fd = socket(AF_INET, SOCK_STREAM, 0);
	bind(server->fd, (struct sockaddr *)&address, sizeof address);
	listen(server->fd, 8);
	getsockname(server->fd, (struct sockaddr *)&address, &size);
	server->port = ntohs(address.sin_port);
	pthread_create(&server->thread, NULL, serve, server);
}

static void server_stop(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
}

static const struct row {
	const char *name, *method;
	enum step script[5];
	int connections, taken;
	enum err_code code;
	enum api_sent sent;
	int64_t waited_ms; /* at least */
} rows[] = {
	{"works", "POST", {GOOD}, 1, 1, ERR_NONE, API_NOT_TAKEN, 0},
	{"429 with Retry-After",
	 "POST",
	 {LIMITED, GOOD},
	 2,
	 2,
	 ERR_NONE,
	 API_NOT_TAKEN,
	 1000},
	{"503 with Retry-After",
	 "POST",
	 {AWAY_A_WHILE, GOOD},
	 2,
	 2,
	 ERR_NONE,
	 API_NOT_TAKEN,
	 1000},
	{"503, a look", "GET", {AWAY, GOOD}, 2, 2, ERR_NONE, API_NOT_TAKEN, 0},
	{"503, an act", "POST", {AWAY, GOOD}, 1, 1, ERR_NET, API_UNKNOWN, 0},
	{"reset before the request was read, a look",
	 "GET",
	 {RESET_BEFORE, GOOD},
	 2,
	 1,
	 ERR_NONE,
	 API_NOT_TAKEN,
	 0},
	{"reset before the request was read, an act",
	 "POST",
	 {RESET_BEFORE, GOOD},
	 1,
	 0,
	 ERR_NET,
	 API_UNKNOWN,
	 0},
	{"reset after the body was read, a look",
	 "GET",
	 {RESET_AFTER, GOOD},
	 2,
	 2,
	 ERR_NONE,
	 API_NOT_TAKEN,
	 0},
	{"reset after the body was read, an act",
	 "POST",
	 {RESET_AFTER, GOOD},
	 1,
	 1,
	 ERR_NET,
	 API_UNKNOWN,
	 0},
	{"slow, a look", "GET", {SLOW, GOOD}, 2, 2, ERR_NONE, API_NOT_TAKEN, TRY_MS},
	{"slow, an act", "POST", {SLOW, GOOD}, 1, 1, ERR_TIMEOUT, API_UNKNOWN, 0},
	{"cut body, a look", "GET", {CUT_BODY, GOOD}, 2, 2, ERR_NONE, API_NOT_TAKEN, 0},
	{"cut body, an act", "POST", {CUT_BODY, GOOD}, 1, 1, ERR_NET, API_UNKNOWN, 0},
};

TEST(over_the_wire)
{
	_cleanup_json_ json_t *json = json_pack("{s:i}", "a", 1);
	signal(SIGPIPE, SIG_IGN);
	FOR_ROWS(row, rows) {
		struct server server;
		struct api api;
		struct err err = {0};
		enum api_sent sent = API_NOT_TAKEN;
		_cleanup_(effects_freep) struct effects *fx =
			effects_new(effects_live_new());
		_cleanup_json_ json_t *body = NULL;
		bool get = strcmp(row->method, "GET") == 0;
		const struct api_request request = {.method = row->method,
						    .path = "/x",
						    .json = get ? NULL : json,
						    .summary = "do it"};
		server_start(&server, row->script);
		_cleanup_free_ char *url = str_format("http://127.0.0.1:%d", server.port);
		api_init(&api, "Service", url);
		api.timeout_ms = TRY_MS;
		int64_t begin_ms = effects_mono_ms(fx);
		int result = api_request(&api, fx, &request, &body, &sent, &err);
		CHECK(effects_mono_ms(fx) - begin_ms >= row->waited_ms);
		server_stop(&server);
		if (row->code)
			CHECK_FAILS(result, &err, row->code,
				    "it is not known whether it took effect");
		else if (CHECK_OK(result, &err))
			CHECK(json_get_bool(body, "ok", false));
		CHECK_INT_EQ(sent, row->sent);
		CHECK_INT_EQ(server.connections, row->connections);
		CHECK_INT_EQ(server.taken, row->taken);
		api_release(&api);
	}
}

TEST(nobody_listens)
{
	struct server server;
	struct api api;
	struct err err = {0};
	enum api_sent sent = API_UNKNOWN;
	static const enum step nothing[] = {END};
	_cleanup_(effects_freep) struct effects *fx = effects_new(effects_live_new());
	const struct api_request request = {
		.method = "POST", .path = "/x", .summary = "do it"};
	server_start(&server, nothing);
	server_stop(&server);
	_cleanup_free_ char *url = str_format("http://127.0.0.1:%d", server.port);
	api_init(&api, "Service", url);
	api.patience_ms = 1000;
	CHECK_FAILS(api_request(&api, fx, &request, NULL, &sent, &err), &err, ERR_NET,
		    "Service gives no answer to 'POST /x'");
	CHECK_INT_EQ(sent, API_NOT_TAKEN);
	CHECK(api.rate.requests >= 2);
	api_release(&api);
}
