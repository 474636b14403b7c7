/* A server in this process that answers what a script says. */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "belay/str.h"
#include "test.h"

/* One request on each connection, answered by the next line of the script. NULL: the connection is cut. */
struct server {
	int fd, port;
	pthread_t thread;
	const char *const *script;
	char seen[8192];  /* first lines of the requests */
	char last[16384]; /* the last request, whole */
};

static inline void read_request(int fd, char buffer[static 16384], char *line,
				size_t room)
{
	size_t have = 0, want = 0;
	while (!want || have < want) {
		ssize_t got = read(fd, buffer + have, 16383 - have);
		if (got <= 0)
			break;
		have += (size_t)got;
		buffer[have] = '\0';
		const char *end = strstr(buffer, "\r\n\r\n");
		const char *length = strstr(buffer, "Content-Length: ");
		if (end)
			want = (size_t)(end - buffer) + 4 +
			       (length ? strtoul(length + 16, NULL, 10) : 0);
	}
	buffer[have] = '\0';
	snprintf(line, room, "%.*s%s ", (int)strcspn(buffer, " "), buffer,
		 strstr(buffer, "If-None-Match: *") ? "?" : "");
}

static inline void *serve(void *context)
{
	struct server *server = context;
	for (const char *const *answer = server->script;; answer++) {
		int fd = accept(server->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		char line[64];
		read_request(fd, server->last, line, sizeof line);
		strncat(server->seen, line,
			sizeof server->seen - strlen(server->seen) - 1);
		if (*answer && strcmp(*answer, "end") == 0)
			answer--;
		else if (*answer && write(fd, *answer, strlen(*answer)) < 0)
			abort();
		close(fd);
	}
}

/* The URL of the server. Fresh. */
static inline char *start_server(struct server *server, const char *const *script)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	signal(SIGPIPE, SIG_IGN);
	*server = (struct server){.script = script};
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_INT_EQ(bind(server->fd, (struct sockaddr *)&address, size), 0);
	CHECK_INT_EQ(listen(server->fd, 8), 0);
	getsockname(server->fd, (struct sockaddr *)&address, &size);
	pthread_create(&server->thread, NULL, serve, server);
	return str_format("http://127.0.0.1:%d", ntohs(address.sin_port));
}

static inline void stop_server(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
}

#endif
