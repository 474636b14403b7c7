/* Showing a transaction on GitHub: the connection, refusals, and one function for each thing that shows a
 * state (a deployment, a commit status, a check run).
 */
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "cockpit.h"

/* A deployment does not wait for a slow GitHub. */
#define TIMEOUT_MS 5000
#define PATIENCE_MS 10000

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

void cockpit_complain(struct transaction *t, const struct err *err)
{
	struct cockpit *cockpit = t->cockpit;
	cockpit->silent = cockpit->silent || err->code == ERR_NET ||
			  err->code == ERR_TIMEOUT || err->code == ERR_LIMIT;
	if (json_object_get(cockpit->told, err->message))
		return;
	json_object_set_new(cockpit->told, err->message, json_true());
	record_line(t, "github", NULL, "warning", 0, "not shown on GitHub: %s%s%s",
		    err->message, err->hint[0] ? "; " : "", err->hint);
}

int cockpit_github(const struct engine *engine, struct github *ret, bool *ret_there,
		   struct err *err)
{
	int result = github_init(ret, engine->fx, engine->config, ret_there, err);
	ret->api.timeout_ms = TIMEOUT_MS;
	ret->api.patience_ms = PATIENCE_MS;
	return result;
}

struct cockpit *cockpit_open(struct transaction *t)
{
	struct err err = {0};
	if (!t->cockpit) {
		t->cockpit = mem_new(struct cockpit);
		t->cockpit->told = json_object();
		if (may_speak(t) && cockpit_github(t->engine, &t->cockpit->github,
						   &t->cockpit->there, &err) < 0)
			cockpit_complain(t, &err);
	}
	return t->cockpit->there && !t->cockpit->silent ? t->cockpit : NULL;
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

bool cockpit_wants_status(const struct transaction *t, const char *kind)
{
	return str_equal(t->engine->config->github.status, kind);
}

/* --- showing one state ----------------------------------------------------------------------- */

static char *context_of(const struct transaction *t)
{
	return str_format("belay/%s", t->engine->environment->name);
}

void view_deployment(struct transaction *t, const struct view *view)
{
	struct err err = {0};
	int64_t id = json_get_int(view->link, "github_deployment", 0);
	if (id && !t->cockpit->silent &&
	    github_deployment_status(&t->cockpit->github, t->engine->fx, id, view->state,
				     view->description, t->engine->environment->url,
				     view->run_url, &err) < 0)
		cockpit_complain(t, &err);
}

void view_commit_status(struct transaction *t, const struct view *view)
{
	struct err err = {0};
	_cleanup_free_ char *context = context_of(t);
	const char *commit = json_get_string(view->link, "commit", NULL);
	const char *state = view->conclusion ? view->state : "pending";
	if (commit && !t->cockpit->silent &&
	    github_commit_status(&t->cockpit->github, t->engine->fx, commit, context,
				 state, view->description, view->run_url, &err) < 0)
		cockpit_complain(t, &err);
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

int64_t view_check_run(struct transaction *t, const struct view *view)
{
	struct err err = {0};
	_cleanup_free_ char *context = context_of(t);
	_cleanup_free_ char *page = check_run_page(view);
	int64_t id = json_get_int(view->link, "check_run", 0);
	const char *commit = json_get_string(view->link, "commit", NULL);
	if (!t->cockpit->silent &&
	    github_check_run(&t->cockpit->github, t->engine->fx, id, context, commit,
			     view->conclusion, view->description, page, &id, &err) < 0)
		cockpit_complain(t, &err);
	return id;
}
