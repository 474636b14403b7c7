/* The rows of the table of channels, one file each. Private to src/notify. */
#ifndef BELAY_NOTIFY_TABLE_H
#define BELAY_NOTIFY_TABLE_H

#include "belay/channel.h"

extern const struct channel channel_github_issue, channel_slack, channel_pagerduty,
	channel_email, channel_webhook, channel_teams, channel_discord, channel_jira,
	channel_grafana, channel_pushgateway;

#endif
