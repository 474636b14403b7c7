/* The cockpit: what people see of a transaction on GitHub. A deployment that goes in_progress when the
 * journal knows of it and always comes to an end, and, as configured, a mark beside the commit.
 *
 * GitHub is told, never asked for a decision: no answer of it changes what happens to the services, and
 * what it refuses is one line in the timeline. What a run that died left in progress the next run ends:
 * by the ids on the journal (cockpit.linked), or, when it died before they got there, by the payload.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "cockpit.h"

#define LEFTOVERS_MAX 5 /* dead runs in a row that one run tidies up after */

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

static bool is_wanted(const struct transaction *t)
{
	return t->engine->config->github.deployments ||
	       cockpit_wants_status(t, "commit-status") ||
	       cockpit_wants_status(t, "check-run");
}

static void show_end(struct transaction *t, const struct view *view)
{
	view_deployment(t, view);
	if (cockpit_wants_status(t, "commit-status"))
		view_commit_status(t, view);
	if (json_get_int(view->link, "check_run", 0))
		view_check_run(t, view);
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
		cockpit_complain(t, &err);
		return NULL;
	}
	if (id && github_deployment_state(github, t->engine->fx, id, &state, &err) < 0) {
		cockpit_complain(t, &err);
		return NULL;
	}
	if (id && !is_going_on(state))
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
		if (strcmp(outcome, "abandoned") != 0 || t->cockpit->silent)
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
	if (!t->cockpit->silent &&
	    github_deployment_create(&t->cockpit->github, t->engine->fx, &wanted, &id,
				     &err) < 0)
		cockpit_complain(t, &err);
	return id;
}

void cockpit_begin(struct transaction *t)
{
	if (!is_wanted(t) || !cockpit_open(t) || !commit_of(t))
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
	view_deployment(t, &view);
	if (cockpit_wants_status(t, "commit-status"))
		view_commit_status(t, &view);
	int64_t check =
		cockpit_wants_status(t, "check-run") ? view_check_run(t, &view) : 0;
	if (check)
		json_object_set_new(link, "check_run", json_integer(check));
	if (id || check || cockpit_wants_status(t, "commit-status"))
		record_event(t, "cockpit.linked", json_deep_copy(link));
}

/* --- the end --------------------------------------------------------------------------------- */

/* What was live before is not any more. In environments other than production GitHub sees to that. */
static void take_down(struct transaction *t)
{
	const json_t *before = find_passed(t, NULL);
	const json_t *link = find_link(t, json_get_string(before, "deployment", ""));
	if (link && is_production(t->engine->environment->name))
		view_deployment(t, &(struct view){.link = link, .state = "inactive"});
}

/* What was live before is live again. */
static void light_up(struct transaction *t)
{
	const json_t *before = t->previous ? find_passed(t, t->previous) : NULL;
	const json_t *link = find_link(t, json_get_string(before, "deployment", ""));
	_cleanup_free_ char *description =
		str_format("%s is live again", t->previous ? t->previous : "");
	if (link)
		view_deployment(t, &(struct view){.link = link,
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

void cockpit_end(struct transaction *t, json_t *result)
{
	const char *end = json_get_string(result, "end", "abandoned");
	const char *reason = json_get_string(result, "reason", NULL);
	if (t->cockpit)
		t->cockpit->silent = false; /* it may be back */
	if (!is_wanted(t) || !cockpit_open(t))
		return;
	const struct sign *sign = sign_of(end);
	const json_t *link = t->cockpit->link ? t->cockpit->link : find_link(t, t->id);
	if (link) {
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
