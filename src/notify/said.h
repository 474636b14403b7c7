/* What a message says, as channels ask for it. Private to src/notify.
 *
 * Everything borrows from the job unless it says "fresh". Texts come from outside in part (reasons
 * hold what servers answered): each channel makes them harmless in its own format.
 */
#ifndef BELAY_NOTIFY_SAID_H
#define BELAY_NOTIFY_SAID_H

#include <stdbool.h>

#include "belay/api.h"
#include "belay/channel.h"
#include "belay/str.h"

/* What a message means for something that is opened and closed: an alert, an issue, a page. */
enum said_change {
	SAID_BAD,   /* it begins, or goes on */
	SAID_SEEN,  /* somebody takes care of it */
	SAID_OVER,  /* it has ended */
	SAID_OTHER, /* worth knowing, and neither begins nor ends anything */
};
enum said_change said_change(const struct channel_job *job);

const char *said_topic(const struct channel_job *job);    /* "rolled-back" */
const char *said_severity(const struct channel_job *job); /* "P0" … "P3" */
const char *said_environment(const struct channel_job *job);
/* The incident's id, or NULL; and all of it as the state has it (incident.h), or NULL. */
const char *said_incident(const struct channel_job *job);
json_t *said_whole_incident(const struct channel_job *job);
/* A member of the content, or NULL when it is absent, empty or no text. */
const char *said(const struct channel_job *job, const char *member);
/* The same, but never NULL: the title, or the topic in its place. */
const char *said_title(const struct channel_job *job);
/* The content's text, else its reason; never NULL. */
const char *said_text(const struct channel_job *job);
/* The topic in words: "Incident opened". Fresh. */
char *said_heading(const struct channel_job *job);
/* When it happened; the message's own time when the content does not say. */
int64_t said_at_ms(const struct channel_job *job);

/* What the message is about, the same for all messages of one trouble: the incident when there is
 * one, else the key within its environment. Fresh. */
char *said_subject(const struct channel_job *job);

/* [{name, value}], texts: environment and severity, the content's own fields, and what of version,
 * previous, services and actor they leave out. New. */
json_t *said_facts(const struct channel_job *job);

/* The first `max_chars` characters of UTF-8 text, "…" at the end when it is cut. Fresh. */
char *said_cut(const char *text, size_t max_chars);

/* One line: line breaks, tabs and control characters become spaces. Fresh. */
char *said_line(const char *text);

/* A channel may not hold up a deployment for long: what could not be sent is sent by a later run. */
#define SAID_TRY_MS 10000
#define SAID_PATIENCE_MS 15000
/* A client for a channel's service, with that patience. */
void said_api(struct api *api, const char *name, const char *base_url);

/* {ref, url}, what a channel gives back. New. */
json_t *said_link(const char *ref, const char *url);

#endif
