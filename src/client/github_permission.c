/* Permissions of a token: which line of a workflow's `permissions:` a request needs, and what GitHub's
 * refusals mean. Source: GitHub's docs "Permissions required for GitHub Apps", which hold for the
 * GITHUB_TOKEN of a job as well.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "github_parts.h"

#define SECONDARY_LIMIT_MS 60000

/* What follows "/repos/OWNER/NAME" begins like this; the first row that fits counts. */
static const struct {
	const char *begin;
	const char *read, *write;
} rows[] = {
	{"/deployments", "deployments: read", "deployments: write"},
	{"/statuses/", "statuses: read", "statuses: write"},
	{"/check-runs", "checks: read", "checks: write"},
	{"/issues", "issues: read", "issues: write"},
	{"/labels", "issues: read", "issues: write"},
	{"/contents/", "contents: read", "contents: write"},
	{"/git/", "contents: read", "contents: write"},
	{"/pulls", "pull-requests: read", "pull-requests: write"},
	{"/actions/", "actions: read", "actions: write"},
};

/* Behind the repository, or NULL. */
static const char *within_repository(const char *path)
{
	if (!str_has_prefix(path, "/repos/"))
		return NULL;
	const char *name = strchr(path + strlen("/repos/"), '/');
	const char *rest = name ? strpbrk(name + 1, "/?") : NULL;
	return rest;
}

const char *github_permission(const char *method, const char *path)
{
	const char *rest = within_repository(path);
	bool looks = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	for (size_t i = 0; rest && i < ARRAY_SIZE(rows); i++)
		if (str_has_prefix(rest, rows[i].begin))
			return looks ? rows[i].read : rows[i].write;
	return NULL;
}

/* In the place of what a lower level advises, which does not know GitHub. */
ATTR_PRINTF(2, 3) static void advise(struct err *err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(err->hint, sizeof err->hint, format, args);
	va_end(args);
}

static void advise_permission(struct err *err, const char *message,
			      const char *permission)
{
	if (strcasestr(message, "personal access token"))
		advise(err, "give the token this permission on the repository: %s",
		       permission);
	else if (err->code == ERR_NOT_FOUND)
		advise(err,
		       "it is not there, or the token may not see it: in a private "
		       "repository the job needs 'permissions: {%s}'",
		       permission);
	else
		advise(err,
		       "add it to the job in the workflow: 'permissions: {%s}', beside "
		       "those that are there",
		       permission);
}

void github_explain(const struct api *api, const char *method, const char *path,
		    const json_t *answer, struct err *err)
{
	(void)api;
	const char *message =
		json_get_string(json_object_get(answer, "body"), "message", "");
	const char *permission = github_permission(method, path);
	if (err->code != ERR_AUTH && err->code != ERR_NOT_FOUND)
		return;
	if (strcasestr(message, "secondary rate limit")) {
		/* Without Retry-After: GitHub asks to wait for a minute at least. */
		err->code = ERR_LIMIT;
		err->retry_after_ms = SECONDARY_LIMIT_MS;
		return;
	}
	if (strcasestr(message, "bad credentials"))
		advise(err,
		       "the token is not valid, or not any more: that of a job ends with "
		       "the job");
	else if (strcasestr(message, "create or approve pull requests"))
		advise(err, "allow it in the repository's settings: Actions, General, "
			    "Workflow permissions");
	else if (json_get_string(json_object_get(answer, "headers"), "x-github-sso",
				 NULL))
		advise(err,
		       "the organization wants the token authorized for single sign-on");
	else if (permission)
		advise_permission(err, message, permission);
}
