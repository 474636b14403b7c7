/* What the files of the cockpit share. Private to src/engine.
 *
 * cockpit.c says what is shown when, cockpit_view.c shows it, cockpit_holder.c asks about a lock's
 * holder. */
#ifndef BELAY_ENGINE_COCKPIT_H
#define BELAY_ENGINE_COCKPIT_H

#include "aftermath.h"

struct cockpit {
	struct github github;
	bool there; /* is there a GitHub to speak to? */
	bool silent; /* it did not answer, or asks to be left alone: nothing more for now */
	json_t *told; /* refusals that have had their line */
	json_t *link; /* data of this transaction's cockpit.linked, or NULL */
	char *holder; /* the last one asked about: its id */
	enum github_run holder_run;
	int64_t holder_asked_mono_ms;
};

/* t->cockpit, or NULL when there is no GitHub to speak to, or it does not answer. */
struct cockpit *cockpit_open(struct transaction *t);
/* A line of the timeline for what GitHub refused; one, however often it is refused. */
void cockpit_complain(struct transaction *t, const struct err *err);

/* What is to be shown, and where. All borrowed. */
struct view {
	const json_t *link;
	const char *state, *conclusion; /* conclusion NULL: in progress */
	const char *description;
	const char *reason;  /* or NULL */
	const char *run_url; /* or NULL */
};
/* Each only where the link leads to something. */
void view_deployment(struct transaction *t, const struct view *view);
void view_commit_status(struct transaction *t, const struct view *view);
/* Creates it when the link has none. 0 when GitHub refuses it, or in a dry run. */
int64_t view_check_run(struct transaction *t, const struct view *view);

/* github.status of the configuration: is it of this kind? */
bool cockpit_wants_status(const struct transaction *t, const char *kind);

#endif
