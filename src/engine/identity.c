/* Who runs this: the workflow run on GitHub, or the person at a machine. The id is unique for each
 * process, because two jobs of one workflow run must not take each other for themselves.
 */
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "transaction.h"

static char *variable(struct effects *fx, const char *name)
{
	struct err ignored = {0};
	char *value = NULL;
	if (effects_env(fx, name, &value, &ignored) < 0)
		return NULL;
	if (value && !*value) {
		free(value);
		value = NULL;
	}
	return value;
}

static json_t *system_facts(struct effects *fx)
{
	struct err ignored = {0};
	json_t *facts = NULL;
	const struct effect effect = {.kind = "system", .mode = EFFECT_OBSERVE};
	if (effects_perform(fx, &effect, &facts, &ignored) < 0)
		return json_object();
	return facts;
}

static json_t *github_run(struct effects *fx, const char *run_id, unsigned tag)
{
	_cleanup_free_ char *attempt = variable(fx, "GITHUB_RUN_ATTEMPT");
	_cleanup_free_ char *actor = variable(fx, "GITHUB_ACTOR");
	_cleanup_free_ char *server = variable(fx, "GITHUB_SERVER_URL");
	_cleanup_free_ char *repository = variable(fx, "GITHUB_REPOSITORY");
	_cleanup_free_ char *runner = variable(fx, "RUNNER_NAME");
	_cleanup_free_ char *id =
		str_format("github-%s-%s-%04x", run_id, attempt ? attempt : "1", tag);
	json_t *run =
		json_pack("{s:s, s:s, s:s}", "id", id, "actor", actor ? actor : "unknown",
			  "host", runner ? runner : "github");
	if (server && repository) {
		_cleanup_free_ char *url =
			str_format("%s/%s/actions/runs/%s", server, repository, run_id);
		json_object_set_new(run, "url", json_string(url));
	}
	return run;
}

json_t *identity_of_run(struct effects *fx)
{
	unsigned tag = (unsigned)(effects_random(fx) & 0xffff);
	_cleanup_free_ char *run_id = variable(fx, "GITHUB_RUN_ID");
	if (run_id)
		return github_run(fx, run_id, tag);
	_cleanup_json_ json_t *facts = system_facts(fx);
	const char *host = json_get_string(facts, "hostname", "unknown");
	_cleanup_free_ char *id = str_format(
		"%s-%lld-%04x", host, (long long)json_get_int(facts, "pid", 0), tag);
	return json_pack("{s:s, s:s, s:s}", "id", id, "actor",
			 json_get_string(facts, "user", "unknown"), "host", host);
}

char *identity_new_id(struct effects *fx, int64_t now_ms)
{
	char at[TIME_TEXT_BYTES];
	return str_format("%s-%04x", time_format_basic(now_ms, at),
			  (unsigned)(effects_random(fx) & 0xffff));
}

char *identity_commit(struct effects *fx)
{
	char *sha = variable(fx, "GITHUB_SHA");
	if (sha)
		return sha;
	struct err ignored = {0};
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", ".");
	_cleanup_json_ json_t *repository = NULL;
	const struct effect effect = {
		.kind = "git.repository", .mode = EFFECT_OBSERVE, .args = args};
	if (effects_perform(fx, &effect, &repository, &ignored) < 0)
		return NULL;
	const char *head = json_get_string(repository, "head", NULL);
	return head ? mem_strdup(head) : NULL;
}
