/* Binding: who hears of what (notifications), GitHub, and what becomes of incidents. */
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "bind.h"
#include "problems.h"

void bind_github(struct config *config)
{
	const json_t *github = json_object_get(config->tree, "github");
	config->github.token = json_object_get(github, "token");
	config->github.api_url = json_get_string(github, "api_url", NULL);
	config->github.repository = json_get_string(github, "repository", NULL);
	config->github.deployments = json_get_bool(github, "deployments", true);
	config->github.status = json_get_string(github, "status", "none");
}

static void bind_post_mortem(const json_t *object, struct config_post_mortem *ret)
{
	ret->due_ms = bind_duration(object, "due", 0);
	ret->template = json_get_string(object, "template", NULL);
	ret->write = json_get_string(object, "write", "none");
	ret->path = json_get_string(object, "path", "");
	ret->remind_ms = bind_duration(object, "remind", 0);
}

void bind_incidents(struct config *config)
{
	const json_t *incidents = json_object_get(config->tree, "incidents");
	config->incidents.close = json_get_bool(incidents, "close", true);
	config->incidents.tracker = json_get_string(incidents, "tracker", NULL);
	bind_post_mortem(json_object_get(incidents, "post_mortem"),
			 &config->incidents.post_mortem);
}

static const char *channel_of(const json_t *notification)
{
	static const char *const channel_keys[] = {
		"github-issue", "slack",   "pagerduty", "email",   "webhook",
		"teams",        "discord", "jira",      "grafana", "pushgateway"};
	for (size_t i = 0; i < ARRAY_SIZE(channel_keys); i++) {
		if (json_object_get(notification, channel_keys[i]))
			return channel_keys[i];
	}
	return "";
}

static void bind_notification(struct config_notification *notification, const char *name,
			      const json_t *object)
{
	const json_t *escalate = json_object_get(object, "escalate");
	notification->name = name;
	notification->channel = channel_of(object);
	notification->settings = json_object_get(object, notification->channel);
	bind_names(json_object_get(object, "on"), &notification->on);
	bind_names(json_object_get(object, "severities"), &notification->severities);
	bind_names(json_object_get(object, "environments"), &notification->environments);
	notification->digest =
		str_equal(json_get_string(object, "digest", "none"), "daily");
	notification->floor_ms = bind_duration(object, "floor", 0);
	notification->escalate_after_ms = bind_duration(escalate, "after", 0);
	bind_names(json_object_get(escalate, "to"), &notification->escalate_to);
}

void bind_notifications(struct config *config)
{
	json_t *notify = json_object_get(config->tree, "notify"), *object;
	const char *name;
	config->notifications =
		mem_array(struct config_notification, bind_count(notify) + 1);
	json_object_foreach(notify, name, object) {
		if (!is_ignored(name))
			bind_notification(
				&config->notifications[config->notification_count++],
				name, object);
	}
}

void notification_release(struct config_notification *notification)
{
	names_release(&notification->on);
	names_release(&notification->severities);
	names_release(&notification->environments);
	names_release(&notification->escalate_to);
}
