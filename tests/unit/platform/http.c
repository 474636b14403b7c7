/* HTTP exchanges against a scripted server in this process. */
#include "platform/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "belay/mem.h"
#include "platform/trust.h"
#include "test.h"

/* One request on each connection; the path chooses the answer. */
struct server {
	int fd;
	int port;
	int other_port; /* where /away redirects to */
	pthread_t thread;
	pthread_mutex_t lock;
	char seen[16384]; /* all requests, one after the other */
};

/* Every answer ends its connection. Redirects say so: what follows them may have a body, and that is never sent
 * twice, not even when the connection turns out to be closed. */
static const struct {
	const char *path;
	const char *answer;
} answers[] = {
	{"/plain",
	 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello"},
	{"/json",
	 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"},
	{"/here",
	 "HTTP/1.1 302 Found\r\nLocation: /plain\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"},
	{"/loop",
	 "HTTP/1.1 302 Found\r\nLocation: /loop\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
	{"/keep",
	 "HTTP/1.1 307 Moved\r\nLocation: /plain\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
	{"/see",
	 "HTTP/1.1 303 See\r\nLocation: /plain\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
	{"/ftp",
	 "HTTP/1.1 302 Found\r\nLocation: ftp://x/y\r\nContent-Length: 0\r\n\r\n"},
	{"/short", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"},
	{"/garbage", "hello\r\n\r\n"},
	{"/empty", ""},
	{"/continue",
	 "HTTP/1.1 100 Continue\r\nX-No: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
};

static void answer(struct server *server, int fd, const char *request)
{
	char path[64] = "";
	char reply[1024] = "";
	sscanf(request, "%*s %63s", path);
	if (strcmp(path, "/silent") == 0)
		usleep(700000);
	if (strcmp(path, "/away") == 0)
		snprintf(reply, sizeof reply,
			 "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/plain\r\n"
			 "Content-Length: 0\r\n\r\n",
			 server->other_port);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		if (strcmp(answers[i].path, path) == 0)
			snprintf(reply, sizeof reply, "%s", answers[i].answer);
	send(fd, reply, strlen(reply), MSG_NOSIGNAL);
}

/* Is all of it there? A body may come in a segment of its own, and closing a connection with unread
 * bytes takes the answer away from the client. */
static bool is_whole(const char *request)
{
	const char *body = strstr(request, "\r\n\r\n");
	const char *length = strstr(request, "Content-Length: ");
	if (!body)
		return false;
	return !length || length > body ||
	       strlen(body + 4) >= (size_t)atol(length + strlen("Content-Length: "));
}

static bool receive(int fd, char *request, size_t size)
{
	size_t used = 0;
	while (used == 0 || !is_whole(request)) {
		ssize_t n = recv(fd, request + used, size - 1 - used, 0);
		if (n <= 0)
			break;
		used += (size_t)n;
		request[used] = '\0';
	}
	return used > 0;
}

static void *serve(void *context)
{
	struct server *server = context;
	for (;;) {
		char request[4096] = "";
		int fd = accept(server->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		if (receive(fd, request, sizeof request)) {
			pthread_mutex_lock(&server->lock);
			size_t used = strlen(server->seen);
			snprintf(server->seen + used, sizeof server->seen - used, "%s",
				 request);
			pthread_mutex_unlock(&server->lock);
			answer(server, fd, request);
		}
		close(fd);
	}
}

static void server_start(struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	*server = (struct server){0};
	pthread_mutex_init(&server->lock, NULL);
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
	pthread_mutex_destroy(&server->lock);
}

struct world {
	struct server here, there;
	struct trust *trust;
	struct http_client *client;
};

static void world_open(struct world *world)
{
	signal(SIGPIPE, SIG_IGN);
	server_start(&world->here);
	server_start(&world->there);
	world->here.other_port = world->there.port;
	world->trust = trust_new();
	world->client = http_client_new(world->trust);
}

static void world_close(struct world *world)
{
	http_client_free(world->client);
	trust_free(world->trust);
	server_stop(&world->here);
	server_stop(&world->there);
}

static struct http_request request_to(struct world *world, const char *path, char *url,
				      size_t size)
{
	snprintf(url, size, "http://127.0.0.1:%d%s", world->here.port, path);
	return (struct http_request){
		.url = url,
		.timeout_ms = 5000,
		.max_redirects = 3,
		.max_body_bytes = 1000,
		.max_header_bytes = 1000,
	};
}

TEST(answers_and_failures)
{
	static const struct row {
		const char *name;
		const char *path;
		enum http_failure failure;
		int status;
		const char *body;
		unsigned redirects;
	} rows[] = {
		{"plain", "/plain", HTTP_OK, 200, "hello", 0},
		{"json", "/json", HTTP_OK, 200, "{\"a\":1}", 0},
		{"followed", "/here", HTTP_OK, 200, "hello", 1},
		{"to another origin", "/away", HTTP_OK, 200, "hello", 1},
		{"endless", "/loop", HTTP_REDIRECTS, 302, "", 3},
		{"no HTTP", "/ftp", HTTP_REDIRECTS, 302, "", 0},
		{"closed too early", "/short", HTTP_RESET, 200, "", 0},
		{"not HTTP at all", "/garbage", HTTP_PROTOCOL, 0, "", 0},
		{"closed at once", "/empty", HTTP_RESET, 0, "", 0},
		{"interim answer", "/continue", HTTP_OK, 200, "ok", 0},
	};
	struct world world;
	world_open(&world);
	FOR_ROWS(row, rows) {
		char url[128];
		struct err err = {0};
		struct http_response response;
		struct http_request request =
			request_to(&world, row->path, url, sizeof url);
		CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
		CHECK_INT_EQ(response.failure, row->failure);
		CHECK_INT_EQ(response.status, row->status);
		CHECK_STR_EQ(str_text(&response.body), row->body);
		CHECK_INT_EQ(response.redirects, row->redirects);
		CHECK_NULL(http_response_header(&response, "x-no"));
		http_response_release(&response);
	}
	world_close(&world);
}

TEST(what_belongs_to_an_origin_stays_there)
{
	struct world world;
	char url[128];
	struct err err = {0};
	struct http_response response;
	const struct http_header headers[] = {
		{"X-Key", "sesame", true},
		{"X-Plain", "open", false},
		{"authorization", "Bearer abc", false},
		{"Cookie", "id=7", false},
	};
	world_open(&world);
	struct http_request request = request_to(&world, "/away", url, sizeof url);
	request.headers = headers;
	request.header_count = ARRAY_SIZE(headers);
	CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
	CHECK(response.left_origin);
	http_response_release(&response);
	CHECK_STR_HAS(world.here.seen, "X-Key: sesame");
	CHECK_STR_HAS(world.here.seen, "authorization: Bearer abc");
	CHECK_STR_HAS(world.there.seen, "X-Plain: open");
	CHECK_NULL(strstr(world.there.seen, "sesame"));
	CHECK_NULL(strstr(world.there.seen, "Bearer"));
	CHECK_NULL(strstr(world.there.seen, "id=7"));

	request = request_to(&world, "/away", url, sizeof url);
	request.user = "ci";
	request.password = "s3cret";
	CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
	http_response_release(&response);
	CHECK_STR_HAS(world.here.seen, "Authorization: Basic Y2k6czNjcmV0");
	CHECK_NULL(strstr(world.there.seen, "Basic"));
	world_close(&world);
}

TEST(methods_and_bodies_over_redirects)
{
	static const struct row {
		const char *name;
		const char *method;
		const char *path;
		const char *second; /* the request after the redirect */
		bool body_again;
	} rows[] = {
		{"302 after POST", "POST", "/here", "GET /plain", false},
		{"307 after POST", "POST", "/keep", "POST /plain", true},
		{"303 after PUT", "PUT", "/see", "GET /plain", false},
		{"302 after PUT", "PUT", "/here", "PUT /plain", true},
		{"302 after HEAD", "HEAD", "/here", "HEAD /plain", false},
	};
	FOR_ROWS(row, rows) {
		struct world world;
		char url[128];
		struct err err = {0};
		struct http_response response;
		world_open(&world);
		struct http_request request =
			request_to(&world, row->path, url, sizeof url);
		request.method = row->method;
		if (strcmp(row->method, "HEAD") != 0) {
			request.body = "payload";
			request.body_len = 7;
		}
		CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
		CHECK_INT_EQ(response.status, 200);
		http_response_release(&response);
		const char *second = strstr(world.here.seen, row->second);
		if (CHECK(second != NULL))
			CHECK((strstr(second, "payload") != NULL) == row->body_again);
		world_close(&world);
	}
}

TEST(limits)
{
	struct world world;
	char url[128];
	struct err err = {0};
	struct http_response response;
	world_open(&world);

	struct http_request request = request_to(&world, "/plain", url, sizeof url);
	request.max_body_bytes = 3;
	CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
	CHECK_INT_EQ(response.failure, HTTP_TOO_LARGE);
	CHECK(response.truncated);
	CHECK_INT_EQ(response.status, 200);
	CHECK_STR_EQ(str_text(&response.body), "hel");
	CHECK_STR_EQ(http_response_header(&response, "X-A"), "1, 2");
	http_response_release(&response);

	request = request_to(&world, "/plain", url, sizeof url);
	request.max_header_bytes = 20;
	CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
	CHECK_INT_EQ(response.failure, HTTP_TOO_LARGE);
	CHECK(!response.truncated);
	http_response_release(&response);

	request = request_to(&world, "/silent", url, sizeof url);
	request.timeout_ms = 200;
	CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
	CHECK_INT_EQ(response.failure, HTTP_TIMEOUT);
	CHECK(response.latency_ms >= 190 && response.latency_ms < 650);
	http_response_release(&response);
	world_close(&world);
}

static bool always(const void *context)
{
	(void)context;
	return true;
}

TEST(refused_and_cancelled_and_unusable)
{
	struct world world;
	char url[128];
	struct err err = {0};
	struct http_response response;
	world_open(&world);
	struct http_request request = request_to(&world, "/silent", url, sizeof url);
	request.stop = (struct stop){.asked = always, .wake_fd = -1};
	CHECK_FAILS(http_perform(world.client, &request, &response, &err), &err,
		    ERR_CANCELLED, "cancelled");
	http_response_release(&response);

	request = request_to(&world, "/plain", url, sizeof url);
	request.headers = &(struct http_header){"X-A", "1\r\nX-B: 2", false};
	request.header_count = 1;
	CHECK_FAILS(http_perform(world.client, &request, &response, &err), &err,
		    ERR_CONFIG, "line break");
	http_response_release(&response);

	request = request_to(&world, "", url, sizeof url);
	request.url = "http://ci:s3cret@127.0.0.1/";
	CHECK_FAILS(http_perform(world.client, &request, &response, &err), &err,
		    ERR_CONFIG, "credentials");
	CHECK_NULL(strstr(err.message, "s3cret"));
	http_response_release(&response);

	request = request_to(&world, "/plain", url, sizeof url);
	server_stop(&world.here);
	CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
	CHECK_INT_EQ(response.failure, HTTP_REFUSED);
	http_response_release(&response);

	/* A name that does not exist goes where the caller says. */
	const struct http_resolve resolve = {"app.invalid:80", "127.0.0.1"};
	char named[64];
	char host_port[64];
	snprintf(named, sizeof named, "http://app.invalid:%d/plain", world.there.port);
	snprintf(host_port, sizeof host_port, "app.invalid:%d", world.there.port);
	request.url = named;
	request.resolve = &(struct http_resolve){host_port, resolve.address};
	request.resolve_count = 1;
	CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
	CHECK_INT_EQ(response.status, 200);
	CHECK_STR_HAS(world.there.seen, "Host: app.invalid");
	http_response_release(&response);

	http_client_free(world.client);
	trust_free(world.trust);
	server_stop(&world.there);
}

/* Answers one request on each connection, and drops the next one on it. */
static void *serve_once(void *context)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	int listener = *(int *)context;
	for (;;) {
		char request[4096] = "", next[4096] = "";
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			return NULL;
		if (receive(fd, request, sizeof request))
			send(fd, ok, strlen(ok), MSG_NOSIGNAL);
		(void)receive(fd, next, sizeof next);
		close(fd);
	}
}

/* What is sent on a connection that was used before and dies fails once: the next exchange is a new one. */
TEST(a_body_after_a_connection_that_died)
{
	struct world world;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	pthread_t thread;
	char url[64];
	static const enum http_failure want[] = {HTTP_OK, HTTP_RESET, HTTP_OK, HTTP_RESET,
						 HTTP_OK};
	world_open(&world);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	bind(listener, (struct sockaddr *)&address, sizeof address);
	listen(listener, 8);
	getsockname(listener, (struct sockaddr *)&address, &size);
	pthread_create(&thread, NULL, serve_once, &listener);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct http_request request = request_to(&world, "/", url, sizeof url);
		struct http_response response = {0};
		struct err err = {0};
		snprintf(url, sizeof url, "http://127.0.0.1:%d/",
			 ntohs(address.sin_port));
		request.method = "PUT";
		request.body = "body";
		request.body_len = 4;
		test_row("exchange %zu", i + 1);
		CHECK_OK(http_perform(world.client, &request, &response, &err), &err);
		CHECK_INT_EQ(response.failure, want[i]);
		http_response_release(&response);
	}
	test_at_row(NULL);
	world_close(&world); /* the server waits for more from us */
	shutdown(listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(listener);
}
