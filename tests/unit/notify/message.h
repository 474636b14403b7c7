/* Messages for tests of channels: JSON in which ' stands for ". */
#ifndef TEST_NOTIFY_MESSAGE_H
#define TEST_NOTIFY_MESSAGE_H

#include <jansson.h>
#include <stdlib.h>

#include "belay/channel.h"
#include "belay/mem.h"

static json_t *message_json(const char *quoted)
{
	char *copy = mem_strdup(quoted);
	for (char *at = copy; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	json_t *value = json_loads(copy, JSON_DECODE_ANY, NULL);
	free(copy);
	return value;
}

/* One notification 'ops' and one message for it; release both values. */
struct told {
	struct config config;
	struct config_notification notification;
	json_t *settings, *message;
	struct channel_job job;
};

static void told_open(struct told *told, const char *channel, const char *settings,
		      const char *message)
{
	*told = (struct told){.settings = message_json(settings),
			      .message = message_json(message)};
	told->notification = (struct config_notification){
		.name = "ops", .channel = channel, .settings = told->settings};
	told->job = (struct channel_job){.config = &told->config,
					 .notification = &told->notification,
					 .message = told->message,
					 .now_ms = INT64_C(1795267203000)};
}

static void told_close(struct told *told)
{
	json_decref(told->settings);
	json_decref(told->message);
}

#endif
