/* The cockpit: what people see of a transaction on GitHub. A deployment that goes in_progress when the
 * journal knows of it and always comes to an end, and, as configured, a mark beside the commit.
 *
 * GitHub is told, never asked for a decision: no answer of it changes what happens to the services, and
 * what it refuses is one line in the timeline. What a run that died left in progress the next run ends:
 * by the ids on the journal (cockpit.linked), or, when it died before they got there, by the payload.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aftermath.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

/* A deployment does not wait for a slow GitHub. */
#define TIMEOUT_MS 5000
#define PATIENCE_MS 10000

#define LEFTOVERS_MAX 5    /* dead runs in a row that one run tidies up after */
#define ASK_AGAIN_MS 15000 /* about the holder of a lock */

struct cockpit {
	struct github github;
	bool there;   /* is there a GitHub to speak to? */
	json_t *told; /* refusals that have had their line */
	json_t *link; /* data of this transaction's cockpit.linked, or NULL */
	char *holder; /* the last one asked about: its id */
	enum github_run holder_run;
	int64_t holder_asked_mono_ms;
};

/* How an end, or an outcome of the journal, looks on GitHub. */
static const struct sign {
	const char *end;
	const char *state;      /* of a deployment and of a commit status */
	const char *conclusion; /* of a check run */
	const char *words;
} signs[] = {
	{"passed", "success", "success", "live"},
	{"failed", "failure", "failure", "failed"},
	{"rolled-back", "failure", "failure", "rolled back"},
	{"stuck", "error", "failure", "CRITICAL, could not be taken back"},
	{"inconclusive", "error", "action_required", "no basis for a decision"},
	{"unproven", "error", "action_required", "live and unproven"},
	{"cancelled", "error", "cancelled", "cancelled"},
	{"abandoned", "error", "cancelled", "its run ended without a word"},
};

static const struct sign *sign_of(const char *end)
{
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strcmp(signs[i].end, end) == 0)
			return &signs[i];
	return sign_of("abandoned");
}

/* --- the connection ------------------------------------------------------------------------ */

/* On a person's own machine a token in the environment is not there for this. */
static bool may_speak(const struct transaction *t)
{
	_cleanup_free_ char *actions = NULL;
	struct err ignored = {0};
	if (t->engine->config->github.token)
		return true;
	return effects_env(t->engine->fx, "GITHUB_ACTIONS", &actions, &ignored) == 0 &&
	       str_equal(actions, "true");
}

/* Every refusal has one line, however often it comes. */
static void complain(struct transaction *t, const struct err *err)
{
	struct cockpit *cockpit = t->cockpit;
	if (json_object_get(cockpit->told, err->message))
		return;
	json_object_set_new(cockpit->told, err->message, json_true());
	record_line(t, "github", NULL, "warning", 0, "not shown on GitHub: %s%s%s",
		    err->message, err->hint[0] ? "; " : "", err->hint);
}

/* NULL when there is no GitHub to speak to. */
static struct cockpit *open_cockpit(struct transaction *t)
{
	struct err err = {0};
	if (!t->cockpit) {
		t->cockpit = mem_new(struct cockpit);
		t->cockpit->told = json_object();
		if (may_speak(t) &&
		    github_init(&t->cockpit->github, t->engine->fx, t->engine->config,
				&t->cockpit->there, &err) < 0)
			complain(t, &err);
		t->cockpit->github.api.timeout_ms = TIMEOUT_MS;
		t->cockpit->github.api.patience_ms = PATIENCE_MS;
	}
	return t->cockpit->there ? t->cockpit : NULL;
}

void cockpit_free(struct cockpit *cockpit)
{
	if (!cockpit)
		return;
	github_release(&cockpit->github);
	json_decref(cockpit->told);
	json_decref(cockpit->link);
	free(cockpit->holder);
	free(cockpit);
}

static bool wants_status(const struct transaction *t, const char *kind)
{
	return str_equal(t->engine->config->github.status, kind);
}

static bool is_wanted(const struct transaction *t)
{
	return t->engine->config->github.deployments ||
	       wants_status(t, "commit-status") || wants_status(t, "check-run");
}

/* --- showing one state ----------------------------------------------------------------------- */

/* What is to be shown, and where. All borrowed. */
struct view {
	const json_t *link;
	const char *state, *conclusion; /* conclusion NULL: in progress */
	const char *description;
	const char *reason;  /* or NULL */
	const char *run_url; /* or NULL */
};

static char *context_of(const struct transaction *t)
{
	return str_format("belay/%s", t->engine->environment->name);
}

static void show_deployment(struct transaction *t, const struct view *view)
{
	struct err err = {0};
	int64_t id = json_get_int(view->link, "github_deployment", 0);
	if (id &&
	    github_deployment_status(&t->cockpit->github, t->engine->fx, id, view->state,
				     view->description, t->engine->environment->url,
				     view->run_url, &err) < 0)
		complain(t, &err);
}

static void show_commit_status(struct transaction *t, const struct view *view)
{
	struct err err = {0};
	_cleanup_free_ char *context = context_of(t);
	const char *commit = json_get_string(view->link, "commit", NULL);
	const char *state = view->conclusion ? view->state : "pending";
	if (commit &&
	    github_commit_status(&t->cockpit->github, t->engine->fx, commit, context,
				 state, view->description, view->run_url, &err) < 0)
		complain(t, &err);
}

/* A block of code: the reason comes from outside. */
static char *check_run_page(const struct view *view)
{
	struct str page = STR_INIT;
	if (view->reason) {
		str_add(&page, "    ");
		for (const char *c = view->reason; *c; c++)
			str_add_char(&page, *c == '\n' || *c == '\r' ? ' ' : *c);
		str_add(&page, "\n\n");
	}
	if (view->run_url)
		str_addf(&page, "[Log of the run](%s)\n", view->run_url);
	return page.data ? str_take(&page) : mem_strdup("");
}

/* 0 when GitHub refuses it, or in a dry run. */
static int64_t show_check_run(struct transaction *t, const struct view *view)
{
	struct err err = {0};
	_cleanup_free_ char *context = context_of(t);
	_cleanup_free_ char *page = check_run_page(view);
	int64_t id = json_get_int(view->link, "check_run", 0);
	const char *commit = json_get_string(view->link, "commit", NULL);
	if (github_check_run(&t->cockpit->github, t->engine->fx, id, context, commit,
			     view->conclusion, view->description, page, &id, &err) < 0)
		complain(t, &err);
	return id;
}

static void show_end(struct transaction *t, const struct view *view)
{
	show_deployment(t, view);
	if (wants_status(t, "commit-status"))
		show_commit_status(t, view);
	if (json_get_int(view->link, "check_run", 0))
		show_check_run(t, view);
}

/* --- what the journal knows ------------------------------------------------------------------ */

static const json_t *find_link(const struct transaction *t, const char *deployment)
{
	const json_t *links =
		json_object_get(store_documents(t->store)->state, "cockpit");
	size_t i;
	const json_t *link;
	json_array_foreach(links, i, link) {
		if (str_equal(json_get_string(link, "deployment", NULL), deployment))
			return link;
	}
	return NULL;
}

static const json_t *recent_rows(const struct transaction *t)
{
	return json_object_get(store_documents(t->store)->recent, "deployments");
}

/* The newest deployment that passed, other than ours; of `version` when that is not NULL. */
static const json_t *find_passed(const struct transaction *t, const char *version)
{
	size_t i;
	const json_t *row;
	json_array_foreach(recent_rows(t), i, row) {
		if (str_equal(json_get_string(row, "outcome", ""), "passed") &&
		    !str_equal(json_get_string(row, "deployment", ""), t->id) &&
		    (!version ||
		     str_equal(json_get_string(row, "version", NULL), version)))
			return row;
	}
	return NULL;
}

/* The commit that GitHub shows: a rollback's is the one that its version was built from. */
static const char *commit_of(const struct transaction *t)
{
	const json_t *row = t->going_back ? find_passed(t, t->version) : NULL;
	return json_get_string(row, "commit", t->commit);
}

/* --- what dead runs left --------------------------------------------------------------------- */

static bool is_going_on(const char *state)
{
	return !str_equal(state, "success") && !str_equal(state, "failure") &&
	       !str_equal(state, "error") && !str_equal(state, "inactive");
}

/* The ids of an earlier deployment, when it is still shown as going on. New reference or NULL. */
static json_t *find_leftover(struct transaction *t, const json_t *row)
{
	struct github *github = &t->cockpit->github;
	const char *deployment = json_get_string(row, "deployment", "");
	const json_t *known = find_link(t, deployment);
	bool abandoned = str_equal(json_get_string(row, "outcome", ""), "abandoned");
	int64_t id = json_get_int(known, "github_deployment", 0);
	_cleanup_free_ char *state = NULL;
	struct err err = {0};
	if (!id && !abandoned)
		return NULL;
	if (!id && t->engine->config->github.deployments &&
	    github_deployment_find(github, t->engine->fx, t->engine->environment->name,
				   deployment, &id, &err) < 0) {
		complain(t, &err);
		return NULL;
	}
	if (id && (github_deployment_state(github, t->engine->fx, id, &state, &err) < 0 ||
		   !is_going_on(state)))
		return NULL;
	json_t *link = known ? json_deep_copy(known) : json_object();
	json_object_set_new(link, "github_deployment", json_integer(id));
	if (!json_get_string(link, "commit", NULL))
		json_object_set(link, "commit", json_object_get(row, "commit"));
	return link;
}

/* Newest first, until one whose run ended it itself. */
static void end_leftovers(struct transaction *t)
{
	size_t i;
	const json_t *row;
	json_array_foreach(recent_rows(t), i, row) {
		const char *outcome = json_get_string(row, "outcome", "");
		const struct sign *sign = sign_of(outcome);
		_cleanup_json_ json_t *link = NULL;
		if (i >= LEFTOVERS_MAX)
			return;
		link = find_leftover(t, row);
		if (link)
			show_end(t, &(struct view){.link = link,
						   .state = sign->state,
						   .conclusion = sign->conclusion,
						   .description = sign->words});
		if (strcmp(outcome, "abandoned") != 0)
			return;
	}
}

/* --- the begin ------------------------------------------------------------------------------- */

static bool is_production(const char *environment)
{
	return strcmp(environment, "production") == 0 || strcmp(environment, "prod") == 0;
}

/* 0 when GitHub refuses it, or in a dry run. */
static int64_t create_deployment(struct transaction *t, const json_t *link,
				 const char *description)
{
	const char *environment = t->engine->environment->name;
	_cleanup_json_ json_t *payload = json_pack(
		"{s:s, s:s, s:s*, s:s}", "deployment", t->id, "version", t->version,
		"previous", t->previous, "kind", t->going_back ? "rollback" : "deploy");
	const struct github_deployment wanted = {
		.ref = json_get_string(link, "commit", NULL),
		.environment = environment,
		.description = description,
		.payload = payload,
		.production = is_production(environment),
	};
	struct err err = {0};
	int64_t id = 0;
	if (github_deployment_create(&t->cockpit->github, t->engine->fx, &wanted, &id,
				     &err) < 0)
		complain(t, &err);
	return id;
}

void cockpit_begin(struct transaction *t)
{
	if (!is_wanted(t) || !open_cockpit(t) || !commit_of(t))
		return;
	const struct config *config = t->engine->config;
	_cleanup_free_ char *description = str_format(
		"%s %s", t->going_back ? "going back to" : "deploying", t->version);
	json_t *link =
		json_pack("{s:s, s:s}", "deployment", t->id, "commit", commit_of(t));
	const struct view view = {.link = link,
				  .state = "in_progress",
				  .description = description,
				  .run_url = json_get_string(t->run, "url", NULL)};
	t->cockpit->link = link;
	end_leftovers(t);
	int64_t id =
		config->github.deployments ? create_deployment(t, link, description) : 0;
	json_object_set_new(link, "github_deployment",
			    id ? json_integer(id) : json_null());
	show_deployment(t, &view);
	if (wants_status(t, "commit-status"))
		show_commit_status(t, &view);
	int64_t check = wants_status(t, "check-run") ? show_check_run(t, &view) : 0;
	if (check)
		json_object_set_new(link, "check_run", json_integer(check));
	if (id || check || wants_status(t, "commit-status"))
		record_event(t, "cockpit.linked", json_deep_copy(link));
}

/* --- the end --------------------------------------------------------------------------------- */

/* What was live before is not any more. In environments other than production GitHub sees to that. */
static void take_down(struct transaction *t)
{
	const json_t *before = find_passed(t, NULL);
	const json_t *link = find_link(t, json_get_string(before, "deployment", ""));
	if (link && is_production(t->engine->environment->name))
		show_deployment(t, &(struct view){.link = link, .state = "inactive"});
}

/* What was live before is live again. */
static void light_up(struct transaction *t)
{
	const json_t *before = t->previous ? find_passed(t, t->previous) : NULL;
	const json_t *link = find_link(t, json_get_string(before, "deployment", ""));
	_cleanup_free_ char *description =
		str_format("%s is live again", t->previous ? t->previous : "");
	if (link)
		show_deployment(t, &(struct view){.link = link,
						  .state = "success",
						  .description = description});
}

/* The requests that are left of an hour's, for the summary. */
static void add_rate(const struct transaction *t, json_t *result)
{
	const struct api_rate *rate = &t->cockpit->github.api.rate;
	json_t *row = json_pack("{s:I}", "requests", (json_int_t)rate->requests);
	if (rate->limit >= 0 && rate->remaining >= 0) {
		json_object_set_new(row, "limit", json_integer(rate->limit));
		json_object_set_new(row, "remaining", json_integer(rate->remaining));
	}
	json_object_set_new(result, "github", row);
}

/* Begun and waiting for `finish`: no end yet. */
static bool is_open(const struct transaction *t)
{
	const json_t *open = state_transaction(store_documents(t->store)->state);
	return open && !str_equal(json_get_string(open, "phase", ""), "stuck");
}

void cockpit_end(struct transaction *t, json_t *result)
{
	const char *end = json_get_string(result, "end", "abandoned");
	const char *reason = json_get_string(result, "reason", NULL);
	if (!is_wanted(t) || !open_cockpit(t))
		return;
	const struct sign *sign = sign_of(end);
	const json_t *link = t->cockpit->link ? t->cockpit->link : find_link(t, t->id);
	if (link && !is_open(t)) {
		_cleanup_free_ char *description =
			str_format("%s: %s%s%s", t->version, sign->words,
				   reason ? ": " : "", reason ? reason : "");
		show_end(t,
			 &(struct view){.link = link,
					.state = sign->state,
					.conclusion = sign->conclusion,
					.description = description,
					.reason = reason,
					.run_url = json_get_string(t->run, "url", NULL)});
		if (strcmp(end, "passed") == 0)
			take_down(t);
		else if (t->undone)
			light_up(t);
	}
	if (t->cockpit->github.api.rate.requests > 0)
		add_rate(t, result);
}

/* --- who holds the lock ---------------------------------------------------------------------- */

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

enum github_run cockpit_holder(struct transaction *t, const json_t *holder)
{
	int64_t run, our_run;
	int attempt, our_attempt;
	if (!open_cockpit(t) ||
	    !parse_holder(&t->cockpit->github, holder, &run, &attempt))
		return GITHUB_RUN_UNKNOWN;
	struct cockpit *cockpit = t->cockpit;
	/* That the run which we are part of is going on says nothing about another job of it. A new
	 * attempt begins when the one before is over. */
	if (parse_holder(&cockpit->github, t->run, &our_run, &our_attempt) &&
	    our_run == run)
		return our_attempt > attempt ? GITHUB_RUN_OVER : GITHUB_RUN_UNKNOWN;
	const char *id = json_get_string(holder, "id", "");
	int64_t now_ms = effects_mono_ms(t->engine->fx);
	if (str_equal(cockpit->holder, id) &&
	    now_ms - cockpit->holder_asked_mono_ms < ASK_AGAIN_MS)
		return cockpit->holder_run;
	str_assign(&cockpit->holder, id);
	cockpit->holder_asked_mono_ms = now_ms;
	cockpit->holder_run =
		github_run_state(&cockpit->github, t->engine->fx, run, attempt);
	return cockpit->holder_run;
}
