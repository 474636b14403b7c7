/* Post-mortems in the world: writing the page to a file or a pull request, seeing that it has landed,
 * reminding of it. What is on the page and when it is late is the domain's.
 */
#include <stdlib.h>
#include <string.h>

#include "belay/github.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "draft.h"
#include "incident.h"

#define LOOK_MS 5000 /* a run that ends, and has the lock, does not wait for GitHub */
#define PAGE_MAX_BYTES ((size_t)1 << 20)
#define PAGE_MODE 0644

static struct config_post_mortem rules_of(const struct engine *engine)
{
	return post_mortem_rules(engine->config, engine->environment);
}

/* Where the page of this incident is in the repository. Fresh, or NULL. */
static char *path_of(const struct config_post_mortem *rules, const json_t *incident)
{
	return incident_fill_id(rules->path, json_get_string(incident, "id", ""));
}

/* --- has it landed? --------------------------------------------------------------------------- */

/* The page on the default branch, or NULL: also when GitHub does not say. Fresh. */
static char *page_on_github(const struct engine *engine, const char *path)
{
	struct github github = {0};
	struct err ignored = {0};
	char *text = NULL;
	bool there = false;
	if (github_init(&github, engine->fx, engine->config, &there, &ignored) < 0)
		return NULL;
	github.api.timeout_ms = github.api.patience_ms = LOOK_MS;
	if (there &&
	    github_file_get(&github, engine->fx, path, NULL, &text, &ignored) < 0)
		text = NULL;
	github_release(&github);
	return text;
}

static bool has_landed(const struct engine *engine,
		       const struct config_post_mortem *rules, const json_t *incident)
{
	_cleanup_free_ char *path = path_of(rules, incident);
	_cleanup_free_ char *text = NULL;
	struct err ignored = {0};
	if (!path)
		return false;
	if (str_equal(rules->write, "pull-request"))
		text = page_on_github(engine, path);
	else if (effects_read_file(engine->fx, path, PAGE_MAX_BYTES, &text, &ignored) < 0)
		return false;
	return text && post_mortem_is_complete(text);
}

/* --- chasing ---------------------------------------------------------------------------------- */

static void chase(struct draft *draft, const struct config_post_mortem *rules,
		  const json_t *incident)
{
	const struct engine *engine = draft->courier->engine;
	const char *id = json_get_string(incident, "id", "");
	bool late = post_mortem_is_overdue(incident, draft->now_ms);
	_cleanup_free_ char *key = str_format("incident/%s", id);
	if (has_landed(engine, rules, incident)) {
		draft_add(draft, "post-mortem.done", json_pack("{s:s}", "incident", id));
		return;
	}
	if (late)
		progress_report(engine->progress, PROGRESS_NOTE, "post-mortem",
				"that of incident %s is overdue: 'belay incident "
				"post-mortem %s'",
				id, id);
	if (!post_mortem_wants_reminder(incident, rules, draft->now_ms))
		return;
	draft_add(draft, "post-mortem.reminded", json_pack("{s:s}", "incident", id));
	draft_tell(draft, late ? "post-mortem-overdue" : "post-mortem-due", key, incident,
		   NULL);
}

void draft_post_mortems(struct draft *draft)
{
	const struct config_post_mortem rules = rules_of(draft->courier->engine);
	_cleanup_json_ json_t *rows =
		json_incref(json_object_get(draft->documents.state, "incidents"));
	size_t i;
	const json_t *incident;
	json_array_foreach(rows, i, incident) {
		if (post_mortem_is_owed(incident))
			chase(draft, &rules, incident);
	}
}

/* --- writing ---------------------------------------------------------------------------------- */

struct writing {
	const struct engine *engine;
	const struct engine_incident *asked;
	const json_t *incident; /* borrowed */
	struct config_post_mortem rules;
	struct str page;
	char *url; /* where it is: a path, a pull request; NULL when it is only shown */
};

static int read_template(const struct writing *writing, char **ret, struct err *err)
{
	const char *path = writing->rules.template;
	if (!path)
		return 0;
	return effects_read_file(writing->engine->fx, path, PAGE_MAX_BYTES, ret, err);
}

static int make_page(struct writing *writing, struct err *err)
{
	const char *kept = json_get_string(writing->incident, "forensics", "");
	const struct engine *engine = writing->engine;
	_cleanup_free_ char *text = NULL;
	const struct incident_page page = {
		.incident = writing->incident,
		.environment = engine->environment->name,
		.run_url = str_has_prefix(kept, "http") ? kept : NULL,
		.now_ms = effects_now_ms(engine->fx),
	};
	if (read_template(writing, &text, err) < 0)
		return err_wrap(err, "the post-mortem's template");
	if (post_mortem_render(text, &page, &writing->page, err) < 0)
		return err_wrap(err, "the post-mortem's template '%s'",
				writing->rules.template ? writing->rules.template
							: "(built in)");
	return 0;
}

static int write_file(struct writing *writing, const char *path, struct err *err)
{
	if (effects_write_file(writing->engine->fx, path, str_text(&writing->page),
			       PAGE_MODE, true, err) < 0)
		return err_hint(err, "'--path FILE' writes it somewhere else");
	writing->url = mem_strdup(path);
	return 0;
}

static int propose(struct writing *writing, const char *path, struct err *err)
{
	const struct engine *engine = writing->engine;
	const char *id = json_get_string(writing->incident, "id", "");
	_cleanup_free_ char *branch = str_format("belay/post-mortem-%s", id);
	_cleanup_free_ char *name =
		incident_title(writing->incident, engine->environment->name);
	_cleanup_free_ char *title = str_format("Post-mortem: %s", name);
	_cleanup_free_ char *body = str_format(
		"The page for incident `%s`, with what the journal knows filled in. It "
		"counts as done when it is on the default branch, nothing in it is left "
		"to be written and every box is ticked.\n",
		id);
	struct github github = {0};
	bool there = false;
	if (github_init(&github, engine->fx, engine->config, &there, err) < 0)
		return -1;
	int result = 0;
	if (!there) {
		err_set(err, ERR_CONFIG,
			"a pull request needs GitHub: there is no token or repository");
		result = err_hint(err, "set 'github: {token, repository}', or write the "
				       "page with --path FILE");
	} else {
		result = github_file_propose(&github, engine->fx, branch, path,
					     str_text(&writing->page), title, body,
					     &writing->url, err);
	}
	github_release(&github);
	return result;
}

static int put_page(struct writing *writing, struct err *err)
{
	_cleanup_free_ char *path = path_of(&writing->rules, writing->incident);
	if (writing->asked->path)
		return write_file(writing, writing->asked->path, err);
	if (str_equal(writing->rules.write, "pull-request") && path)
		return propose(writing, path, err);
	if (str_equal(writing->rules.write, "file") && path)
		return write_file(writing, path, err);
	return 0;
}

static int compose_event(struct draft *draft, void *context, struct err *err)
{
	const struct writing *writing = context;
	const char *id = json_get_string(writing->incident, "id", "");
	(void)err;
	if (writing->asked->done)
		draft_add(draft, "post-mortem.done",
			  json_pack("{s:s, s:s*}", "incident", id, "url",
				    writing->asked->path));
	else if (writing->url)
		draft_add(draft, "post-mortem.written",
			  json_pack("{s:s, s:s}", "incident", id, "url", writing->url));
	return 0;
}

static int write_post_mortem(const struct courier *courier, struct writing *writing,
			     struct err *err)
{
	if (!writing->asked->done &&
	    (make_page(writing, err) < 0 || put_page(writing, err) < 0))
		return -1;
	return draft_append(courier, compose_event, writing, err);
}

/* --- by itself -------------------------------------------------------------------------------- */

/* The page of an incident that is over and has none yet. */
static bool wants_page(const json_t *incident)
{
	const json_t *page = json_object_get(incident, "post_mortem");
	return str_equal(json_get_string(incident, "status", ""), "resolved") &&
	       str_equal(json_get_string(page, "status", ""), "due");
}

static void propose_page(const struct courier *courier, const json_t *incident)
{
	static const struct engine_incident nothing_asked = {0};
	struct err failure = {0};
	struct writing writing = {.engine = courier->engine,
				  .asked = &nothing_asked,
				  .incident = incident,
				  .rules = rules_of(courier->engine),
				  .page = STR_INIT};
	if (write_post_mortem(courier, &writing, &failure) < 0)
		progress_report(courier->engine->progress, PROGRESS_NOTE, "post-mortem",
				"no page for incident %s yet: %s",
				json_get_string(incident, "id", ""), failure.message);
	str_release(&writing.page);
	free(writing.url);
}

void post_mortems_propose(const struct courier *courier)
{
	const json_t *state = store_documents(courier->store)->state;
	const struct config_post_mortem rules = rules_of(courier->engine);
	_cleanup_json_ json_t *rows = json_incref(json_object_get(state, "incidents"));
	size_t i;
	const json_t *incident;
	if (!str_equal(rules.write, "pull-request"))
		return;
	json_array_foreach(rows, i, incident) {
		if (wants_page(incident))
			propose_page(courier, incident);
	}
}

/* --- by hand ---------------------------------------------------------------------------------- */

int engine_post_mortem(const struct engine *engine, const struct engine_incident *asked,
		       json_t **ret_result, struct err *err)
{
	__attribute__((cleanup(incident_desk_close))) struct incident_desk desk = {0};
	_cleanup_json_ json_t *incident = NULL;
	struct writing writing = {.engine = engine,
				  .asked = asked,
				  .rules = rules_of(engine),
				  .page = STR_INIT};
	if (incident_desk_open(&desk, engine, err) < 0 ||
	    incident_desk_find(&desk, asked->id, DESK_OWED, &incident, err) < 0)
		return -1;
	writing.incident = incident;
	int result = write_post_mortem(&desk.courier, &writing, err);
	if (result == 0) {
		*ret_result = incident_desk_result(&desk, incident);
		if (!asked->done)
			json_object_set_new(*ret_result, "page",
					    json_string(str_text(&writing.page)));
		if (writing.url)
			json_object_set_new(*ret_result, "written",
					    json_string(writing.url));
	}
	str_release(&writing.page);
	free(writing.url);
	return result;
}
