/* Appending: decide, fold, commit, push as a compare-and-swap, and again when somebody was faster.
 *
 * A remote that does not answer, or says that it cannot now, is asked again for a minute. What was sent
 * may have arrived: the same commits are sent again, and the remote tells whether it has them. How long
 * to wait between tries is for store_pace.c.
 */
#include <assert.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "store_parts.h"

#define GIVE_UP_MS 300000 /* after so long a time of lost races */

/* What one try works with. */
struct attempt {
	struct store *store;
	struct journal_documents documents; /* as folded so far */
	json_t *commits;
	const char *headline; /* subject of the event that says most, in `commits` */
	bool on_branch;
};

static void attempt_release(struct attempt *attempt)
{
	journal_documents_release(&attempt->documents);
	json_decref(attempt->commits);
}

/* There is no branch yet, and this run has not made it. */
static bool is_new(const struct store *store)
{
	return !store->tip && !store->assumed;
}

/* The files that differ from the commit before. */
static json_t *changed_files(const struct attempt *attempt,
			     const struct journal_documents *after)
{
	struct branch_document before[BRANCH_DOCUMENTS], now[BRANCH_DOCUMENTS];
	json_t *files = json_object();
	branch_list(&attempt->documents, before);
	branch_list(after, now);
	for (size_t i = 0; i < BRANCH_DOCUMENTS; i++) {
		if (attempt->on_branch && before[i].value == now[i].value)
			continue;
		_cleanup_free_ char *path =
			branch_path(attempt->store->environment, now[i].name);
		_cleanup_free_ char *text = json_text_pretty(now[i].value);
		json_object_set_new(files, path, json_string(text));
	}
	if (is_new(attempt->store) && json_array_size(attempt->commits) == 0) {
		json_object_set_new(files, "README.md", json_string(branch_readme()));
		json_object_set_new(files, "format", json_string(BRANCH_FORMAT_TEXT));
	}
	return files;
}

static int add_commit(struct attempt *attempt, const json_t *event, struct err *err)
{
	struct journal_documents after;
	int64_t at_ms = 0;
	if (journal_reduce(&attempt->documents, event, &after, err))
		return -1;
	_cleanup_free_ char *subject = journal_subject(event);
	_cleanup_free_ char *body = json_text_compact(event);
	time_parse(json_get_string(event, "at", ""), &at_ms);
	json_t *commit = json_pack("{s:s, s:s, s:I, s:o}", "subject", subject, "body",
				   body, "at_ms", (json_int_t)at_ms, "files",
				   changed_files(attempt, &after));
	json_array_append_new(attempt->commits, commit);
	if (!attempt->headline ||
	    !str_has_prefix(json_get_string(event, "type", ""), "lock."))
		attempt->headline = json_get_string(commit, "subject", "");
	journal_documents_release(&attempt->documents);
	attempt->documents = after;
	attempt->on_branch = true;
	return 0;
}

/* The embedded repository must not show up in the user's work tree. */
static int write_ignore(struct store *store, struct err *err)
{
	const char *path = store->location.ignore;
	if (!path || !is_new(store))
		return 0;
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", path);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {.kind = "file.stat", .args = args, .subject = path};
	if (effects_perform(store->fx, &effect, &answer, err))
		return -1;
	if (strcmp(json_get_string(answer, "type", ""), "missing") != 0)
		return 0;
	return effects_write_file(store->fx, path, "*\n", 0644, false, err);
}

static json_t *append_args(const struct attempt *attempt)
{
	const struct store *store = attempt->store;
	const struct config *config = store->config;
	return json_pack("{s:O, s:s, s:o, s:{s:s, s:s}, s:O}", "remote",
			 store->location.remote, "branch", store->location.branch,
			 "parent", store->tip ? json_string(store->tip) : json_null(),
			 "author", "name", config->state.author_name, "email",
			 config->state.author_email, "commits", attempt->commits);
}

static char *append_summary(const struct attempt *attempt)
{
	size_t more = json_array_size(attempt->commits) - 1;
	struct str text = STR_INIT;
	str_addf(&text, "record \"%s\"", attempt->headline);
	if (more > 0)
		str_addf(&text, " and %zu event%s around it", more, more == 1 ? "" : "s");
	return str_take(&text);
}

/* The branch moved to what the attempt made: so does the store. */
static void accept(struct attempt *attempt, const json_t *answer)
{
	struct store *store = attempt->store;
	const char *tip = json_get_string(answer, "tip", NULL);
	if (answer_is_assumed(answer)) {
		store->assumed = true;
	} else if (tip) {
		free(store->tip);
		store->tip = mem_strdup(tip);
	}
	journal_documents_release(&store->documents);
	store->documents = attempt->documents;
	store->on_branch = true;
	attempt->documents = (struct journal_documents){0};
}

static int refresh(struct store *store, struct err *err)
{
	struct store_outage outage = {0};
	struct err failure = {0};
	while (store_refresh(store, &failure)) {
		if (store_outage_wait(store, &outage, &failure)) {
			*err = failure;
			return -1;
		}
	}
	return 0;
}

/* The same commits again and again, until the remote says what became of them. */
static int append_patiently(struct attempt *attempt, const struct effect *effect,
			    json_t *args, json_t **ret_answer, struct err *err)
{
	struct store_outage outage = {0};
	struct err failure = {0};
	while (effects_perform(attempt->store->fx, effect, ret_answer, &failure)) {
		if (store_outage_wait(attempt->store, &outage, &failure)) {
			*err = failure;
			return -1;
		}
		json_object_set_new(args, "again", json_true());
	}
	return 0;
}

enum turn {
	TURN_IDLE, /* there was nothing to write */
	TURN_WON,
	TURN_LOST,
};

static int push(struct attempt *attempt, enum turn *ret, struct err *err)
{
	struct store *store = attempt->store;
	_cleanup_json_ json_t *args = append_args(attempt);
	_cleanup_free_ char *summary = append_summary(attempt);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {
		.kind = "git.append",
		.mode = EFFECT_ACT,
		.args = args,
		.subject = store->location.text,
		.summary = summary,
	};
	if (write_ignore(store, err) ||
	    append_patiently(attempt, &effect, args, &answer, err))
		return err_wrap(err, "writing the journal at %s", store->location.text);
	*ret = json_get_bool(answer, "raced", false) ? TURN_LOST : TURN_WON;
	if (*ret == TURN_WON)
		accept(attempt, answer);
	return 0;
}

static int try_once(struct store *store, store_decide *decide, void *context,
		    enum turn *ret, struct err *err)
{
	_cleanup_json_ json_t *events = json_array();
	__attribute__((cleanup(attempt_release))) struct attempt attempt = {
		.store = store,
		.documents = {json_incref(store->documents.state),
			      json_incref(store->documents.recent),
			      json_incref(store->documents.rollup)},
		.commits = json_array(),
		.on_branch = store->on_branch,
	};
	size_t index;
	json_t *event;
	*ret = TURN_IDLE;
	if (decide(&store->documents, events, context, err))
		return -1;
	json_array_foreach(events, index, event) {
		if (add_commit(&attempt, event, err))
			return -1;
	}
	if (json_array_size(attempt.commits) == 0)
		return 0;
	return push(&attempt, ret, err);
}

/* Whatever is tried next is tried on what the branch is now. */
static int wait_and_refresh(struct store *store, int64_t nap_ms, struct err *err)
{
	if (nap_ms > 0 && effects_sleep(store->fx, nap_ms, err))
		return -1;
	return refresh(store, err);
}

/* Somebody who appends again and again lets others have a turn. */
static int wait_for_turn(struct store *store, struct err *err)
{
	int64_t nap_ms;
	bool crowded = store_pace_before(store, &nap_ms);
	if (crowded)
		return wait_and_refresh(store, nap_ms, err);
	return nap_ms > 0 ? effects_sleep(store->fx, nap_ms, err) : 0;
}

int store_append(struct store *store, store_decide *decide, void *context,
		 struct err *err)
{
	assert(store->environment);
	int64_t began_ms = -1;
	enum turn turn;
	if (wait_for_turn(store, err))
		return -1;
	for (int tries = 1;; tries++) {
		int64_t start_ms = effects_mono_ms(store->fx);
		if (try_once(store, decide, context, &turn, err))
			return -1;
		if (turn == TURN_IDLE)
			return 0;
		int64_t now_ms = effects_mono_ms(store->fx);
		int64_t push_ms = now_ms - start_ms;
		if (turn == TURN_WON) {
			store_pace_won(store, tries, now_ms, push_ms);
			return 0;
		}
		if (began_ms < 0)
			began_ms = now_ms;
		int64_t age_ms = now_ms - began_ms;
		if (age_ms >= GIVE_UP_MS) {
			err_set(err, ERR_STATE,
				"lost %d races in %lld s: others keep writing to %s",
				tries, (long long)(age_ms / 1000), store->location.text);
			return err_hint(
				err,
				"run it again; a branch for each environment "
				"(state.branch: \"belay-state-{environment}\") keeps "
				"teams out of each other's way");
		}
		if (wait_and_refresh(store, store_pace_lost(store, tries, push_ms), err))
			return -1;
	}
}
