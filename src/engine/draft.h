/* Events about incidents while they are being thought out. Private to src/engine.
 *
 * What is added is folded at once on documents of the draft's own, so that what follows sees it: an
 * incident is opened, and the messages about it are made from the incident as it then stands. An event
 * that does not fit is left out with a note: whoever tells must not fail for it.
 */
#ifndef BELAY_ENGINE_DRAFT_H
#define BELAY_ENGINE_DRAFT_H

#include "aftermath.h"
#include "belay/incident.h"

struct draft {
	const struct courier *courier;
	struct journal_documents documents; /* as they will be */
	int64_t now_ms;
	json_t *events; /* [{type, data}] */
};

void draft_init(struct draft *draft, const struct courier *courier,
		const struct journal_documents *documents);
void draft_release(struct draft *draft);

/* Takes data. */
void draft_add(struct draft *draft, const char *type, json_t *data);
/* The same for what has to be recorded: an event that does not fit is an error. */
int draft_require(struct draft *draft, const char *type, json_t *data, struct err *err);
/* Messages of the topic about an incident of the draft (the occasion's incident and content are set
 * here), or about nothing but `content`. */
void draft_tell(struct draft *draft, const char *topic, const char *key,
		const json_t *incident, const json_t *content);

/* An incident's way, each step with its messages. `opened` and `change` are the events' data (taken);
 * what is opened with P0 or P1 owes a post-mortem. */
void draft_open(struct draft *draft, json_t *opened);
/* Says in the data where the log of this run is. */
void draft_add_forensics(struct draft *draft, json_t *data);
void draft_update(struct draft *draft, const char *id, json_t *change);
/* `tells` false: an update that follows does. */
void draft_acknowledge(struct draft *draft, const char *id, bool tells);
/* When incidents are not closed by themselves (`incidents.close`), `closes` false: only an update. */
void draft_resolve(struct draft *draft, const char *id, const char *text, bool closes);
/* Reminders, and pages that have landed. Looks at files. */
void draft_post_mortems(struct draft *draft);

/* {id, title, severity, url} of an incident, for results. New. */
json_t *draft_brief(const json_t *incident, const char *environment);

/* Composes on the journal as it is and pushes: nothing when there is nothing. */
typedef int draft_compose(struct draft *draft, void *context, struct err *err);
int draft_append(const struct courier *courier, draft_compose *compose, void *context,
		 struct err *err);
/* courier_deliver(), whose failure is no more than a note: what it told, or NULL. New. */
json_t *draft_deliver(const struct courier *courier);

#endif
