/* The table of channels: a new way to tell somebody is one file and one row here. */
#include "table.h"

#include "belay/str.h"

const struct channel *const channels[] = {
	&channel_github_issue,
	&channel_slack,
	&channel_pagerduty,
	&channel_email,
	&channel_webhook,
	&channel_teams,
	&channel_discord,
	&channel_jira,
	&channel_grafana,
	&channel_pushgateway,
	NULL,
};

const struct channel *channel_find(const char *name)
{
	for (size_t i = 0; channels[i]; i++)
		if (str_equal(channels[i]->name, name))
			return channels[i];
	return NULL;
}
