/* Who holds a lock, as GitHub sees it: is the holder's workflow run still going on? Asked at most every
 * few seconds, because a waiting run looks at the lock more often than that.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "cockpit.h"

#define ASK_AGAIN_MS 15000

/* "URL of our repository/actions/runs/4711" and "github-4711-2-3fa2": run and attempt. */
static bool parse_holder(const struct github *github, const json_t *holder,
			 int64_t *ret_run, int *ret_attempt)
{
	_cleanup_free_ char *begin =
		str_format("%s/%s/actions/runs/", github->server_url, github->repository);
	const char *url = json_get_string(holder, "url", "");
	const char *id = json_get_string(holder, "id", "");
	long long run;
	if (!str_has_prefix(url, begin) ||
	    str_to_int64(url + strlen(begin), 1, INT64_MAX, &run) < 0)
		return false;
	_cleanup_free_ char *named = str_format("github-%lld-", run);
	if (!str_has_prefix(id, named))
		return false;
	*ret_run = run;
	*ret_attempt = (int)strtol(id + strlen(named), NULL, 10);
	return true;
}

enum github_run holder_run(struct github *github, struct effects *fx, const json_t *ours,
			   const json_t *holder)
{
	int64_t run, our_run;
	int attempt, our_attempt;
	if (!parse_holder(github, holder, &run, &attempt))
		return GITHUB_RUN_UNKNOWN;
	/* That the run which we are part of is going on says nothing about another job of it. A new
	 * attempt begins when the one before is over. */
	if (parse_holder(github, ours, &our_run, &our_attempt) && our_run == run)
		return our_attempt > attempt ? GITHUB_RUN_OVER : GITHUB_RUN_UNKNOWN;
	return github_run_state(github, fx, run, attempt);
}

enum github_run cockpit_holder(struct transaction *t, const json_t *holder)
{
	if (!cockpit_open(t))
		return GITHUB_RUN_UNKNOWN;
	struct cockpit *cockpit = t->cockpit;
	const char *id = json_get_string(holder, "id", "");
	int64_t now_ms = effects_mono_ms(t->engine->fx);
	if (str_equal(cockpit->holder, id) &&
	    now_ms - cockpit->holder_asked_mono_ms < ASK_AGAIN_MS)
		return cockpit->holder_run;
	str_assign(&cockpit->holder, id);
	cockpit->holder_asked_mono_ms = now_ms;
	cockpit->holder_run = holder_run(&cockpit->github, t->engine->fx, t->run, holder);
	return cockpit->holder_run;
}
