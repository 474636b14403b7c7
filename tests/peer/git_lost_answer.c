/* A push whose answer never comes, on a real git remote: exactly once, whatever was cut.
 *
 * GIT_HTTP_URL (clear text), GIT_HTTP_USER and GIT_HTTP_PASS say where the remote is; the test skips
 * itself without. Between it and belay stands a proxy that cuts one push. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/git.h"
#include "platform/trust.h"
#include "test.h"

enum cut {
	CUT_NOTHING,
	CUT_REQUEST,     /* the push never reaches the remote */
	CUT_ANSWER,      /* it does, but the answer is lost */
	CUT_AND_OVERTAKE /* the same, and somebody appends before we can look */
};

struct proxy {
	int fd, port;
	const char *upstream_host; /* an IPv4 address */
	int upstream_port;
	enum cut cut;
	bool hide;   /* after the cut nobody gets through any more */
	bool hidden; /* … as now */
	void (*overtake)(void *context);
	void *context;
	pthread_t thread;
};

static int dial(const char *host, int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port)};
	inet_pton(AF_INET, host, &address.sin_addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Passes on what one side says. False when the connection is over. */
static bool pass(struct proxy *proxy, int from, int to, bool answers, bool *pushing)
{
	char data[65536];
	ssize_t n = recv(from, data, sizeof data - 1, 0);
	if (n <= 0)
		return false;
	data[n] = '\0';
	if (!answers && memmem(data, (size_t)n, "/git-receive-pack HTTP", 22))
		*pushing = true;
	else if (!answers && strncmp(data, "GET ", 4) == 0)
		*pushing = false;
	if (*pushing && !answers && proxy->cut == CUT_REQUEST) {
		proxy->hidden = proxy->hide;
		return false;
	}
	if (*pushing && answers && proxy->cut != CUT_NOTHING) {
		if (proxy->cut == CUT_AND_OVERTAKE)
			proxy->overtake(proxy->context);
		proxy->cut = CUT_NOTHING;
		proxy->hidden = proxy->hide;
		return false;
	}
	return send(to, data, (size_t)n, MSG_NOSIGNAL) == n;
}

static void relay(struct proxy *proxy, int client)
{
	bool pushing = false;
	int server = dial(proxy->upstream_host, proxy->upstream_port);
	while (server >= 0) {
		struct pollfd pfds[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
		poll(pfds, 2, -1);
		if (pfds[0].revents && !pass(proxy, client, server, false, &pushing))
			break;
		if (pfds[1].revents && !pass(proxy, server, client, true, &pushing))
			break;
	}
	if (pushing && proxy->cut == CUT_REQUEST)
		proxy->cut = CUT_NOTHING;
	close(server);
	close(client);
}

static void *serve(void *context)
{
	struct proxy *proxy = context;
	int client;
	while ((client = accept(proxy->fd, NULL, NULL)) >= 0) {
		if (proxy->hidden)
			close(client);
		else
			relay(proxy, client);
	}
	return NULL;
}

static void proxy_start(struct proxy *proxy, const char *upstream_host, int upstream_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	*proxy = (struct proxy){.upstream_host = upstream_host,
				.upstream_port = upstream_port};
	proxy->fd = socket(AF_INET, SOCK_STREAM, 0);
	bind(proxy->fd, (struct sockaddr *)&address, sizeof address);
	listen(proxy->fd, 8);
	getsockname(proxy->fd, (struct sockaddr *)&address, &size);
	proxy->port = ntohs(address.sin_port);
	pthread_create(&proxy->thread, NULL, serve, proxy);
}

struct place {
	struct trust *trust;
	struct vcs_pool *pool;
	struct secret password;
	struct vcs_remote remote;
	char url[256];
};

static void place_open(struct place *place, const char *host, int port, const char *path)
{
	const char *password = getenv("GIT_HTTP_PASS");
	*place = (struct place){.trust = trust_new()};
	place->pool = vcs_pool_new(place->trust);
	secret_set(&place->password, password, strlen(password));
	snprintf(place->url, sizeof place->url, "http://%s:%d%s", host, port, path);
	place->remote = (struct vcs_remote){
		.url = place->url,
		.user = getenv("GIT_HTTP_USER"),
		.password = &place->password,
		.stop = {.wake_fd = -1},
	};
}

static void place_close(struct place *place)
{
	vcs_pool_free(place->pool);
	secret_release(&place->password);
	trust_free(place->trust);
}

static int append_file(struct place *place, const char *branch, const char *parent,
		       const char *data, bool again, struct vcs_append_result *ret,
		       struct err *err)
{
	const struct vcs_change change = {"f", data, strlen(data)};
	const struct vcs_new_commit commit = {.subject = data,
					      .body = "",
					      .at_ms = 1700000000000,
					      .changes = &change,
					      .change_count = 1};
	const struct vcs_append append = {.parent = parent,
					  .author_name = "belay",
					  .author_email = "belay@example.com",
					  .commits = &commit,
					  .commit_count = 1,
					  .again = again};
	return vcs_append(place->pool, &place->remote, branch, &append, ret, err);
}

struct rival {
	struct place place;
	const char *branch;
	int count;
};

/* Waits until the cut push has arrived (the remote begins its answer before it moves the ref), then
 * appends to it, more often than we look back at first. */
static void overtake(void *context)
{
	struct rival *rival = context;
	for (int done = 0, tries = 0; done < rival->count && tries < 2000; tries++) {
		struct err err = {0};
		struct vcs_snapshot snapshot;
		struct vcs_append_result result = {0};
		vcs_read(rival->place.pool, &rival->place.remote, rival->branch,
			 &snapshot, &err);
		if (done || str_equal(snapshot.commit.subject, "ours")) {
			append_file(&rival->place, rival->branch, snapshot.commit.id,
				    "rival", false, &result, &err);
			done++;
		}
		vcs_snapshot_release(&snapshot);
		free(result.ids);
	}
}

static size_t count_of(struct place *place, const char *branch, const char *subject)
{
	struct vcs_history history;
	struct err err = {0};
	const struct vcs_log_options options = {0};
	size_t count = 0;
	CHECK_OK(vcs_log(place->pool, &place->remote, branch, &options, &history, &err),
		 &err);
	for (size_t i = 0; i < history.commits.count; i++)
		count += str_equal(history.commits.items[i].subject, subject);
	vcs_history_release(&history);
	return count;
}

TEST(exactly_once)
{
	static const struct row {
		const char *name;
		enum cut cut;
		bool hide;
		int rivals;
		const char *says; /* ERR_NET at first; NULL: success at once */
		size_t arrived;   /* by then; once in the end */
	} rows[] = {
		{"nothing is cut", CUT_NOTHING, false, 0, NULL, 1},
		{"the request is lost", CUT_REQUEST, false, 0, "nothing was changed", 0},
		{"the answer is lost", CUT_ANSWER, false, 0, NULL, 1},
		{"and another goes on", CUT_AND_OVERTAKE, false, 1, NULL, 1},
		{"and many go on", CUT_AND_OVERTAKE, false, 70, NULL, 1},
		{"the request and all after it", CUT_REQUEST, true, 0, "is not known", 0},
		{"the answer and all after it", CUT_ANSWER, true, 0, "is not known", 1},
		{"and another goes on", CUT_AND_OVERTAKE, true, 1, "is not known", 1},
		{"and many go on", CUT_AND_OVERTAKE, true, 70, "is not known", 1},
	};
	const char *url = getenv("GIT_HTTP_URL");
	if (!url || !getenv("GIT_HTTP_PASS"))
		test_skip("GIT_HTTP_URL and GIT_HTTP_PASS are not set");
	signal(SIGPIPE, SIG_IGN);
	int upstream_port = 80;
	char host[64] = "", path[128] = "";
	sscanf(url, "http://%63[^:]:%d%127s", host, &upstream_port, path);
	struct proxy proxy;
	proxy_start(&proxy, host, upstream_port);
	FOR_ROWS(row, rows) {
		struct place place;
		struct rival rival = {.count = row->rivals};
		struct err err = {0};
		struct vcs_append_result first;
		struct vcs_append_result result = {0};
		char branch[64];
		snprintf(branch, sizeof branch, "lost-%d-%lld", (int)(row - rows),
			 (long long)time(NULL));
		place_open(&place, "127.0.0.1", proxy.port, path);
		place_open(&rival.place, host, upstream_port, path);
		rival.branch = branch;
		proxy.overtake = overtake;
		proxy.context = &rival;
		CHECK_OK(append_file(&place, branch, NULL, "first", false, &first, &err),
			 &err);
		proxy.cut = row->cut;
		proxy.hide = row->hide;
		int status = append_file(&place, branch, first.ids[0], "ours", false,
					 &result, &err);
		proxy.hidden = false;
		CHECK_INT_EQ(count_of(&rival.place, branch, "ours"), row->arrived);
		if (row->says) {
			CHECK_INT_EQ(status, -1);
			CHECK_INT_EQ(err.code, ERR_NET);
			CHECK_STR_HAS(err.message, row->says);
			proxy.cut = CUT_NOTHING;
			status = append_file(&place, branch, first.ids[0], "ours", true,
					     &result, &err);
		}
		if (CHECK_OK(status, &err))
			CHECK(!result.raced);
		CHECK_INT_EQ(count_of(&rival.place, branch, "ours"), 1);
		free(first.ids);
		free(result.ids);
		place_close(&place);
		place_close(&rival.place);
	}
	shutdown(proxy.fd, SHUT_RDWR);
	pthread_join(proxy.thread, NULL);
	close(proxy.fd);
}
