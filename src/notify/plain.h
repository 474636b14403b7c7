/* Outside text in a channel's format: escaped, and within the channel's limits. Private to src/notify.
 *
 * Limits count UTF-16 units, as the services do: an emoji is two. A text that is too long ends in "…",
 * never inside a character or an escape.
 */
#ifndef BELAY_NOTIFY_PLAIN_H
#define BELAY_NOTIFY_PLAIN_H

#include "said.h"

/* What stands for a character; ends with a row whose character is 0. */
struct plain_escape {
	char character;
	const char *instead;
};
extern const struct plain_escape plain_none[], plain_slack[], plain_discord[];

/* Appends at most `max_units` (>= 1) of the text, escaped; control characters but line breaks become
 * blanks. Gives the units that were used. */
size_t plain_add(struct str *out, const char *text, const struct plain_escape *escapes,
		 size_t max_units);
/* The same as a JSON string. New. */
json_t *plain_json(const char *text, const struct plain_escape *escapes,
		   size_t max_units);

/* "https://…", in which no format sees an end or markup; NULL when it is none or longer than the
 * limit. Borrowed. */
const char *plain_url(const char *url, size_t max_units);

/* What people in a chat hear when the configuration says nothing: what went wrong, and how it went on. */
extern const char *const plain_topics[];

/* How a message looks: a sign in front of its title, and a colour. */
struct plain_tone {
	const char *mark;
	unsigned colour;   /* 0xRRGGBB */
	const char *style; /* of Adaptive Cards: good, warning, attention, default */
};
struct plain_tone plain_tone(const struct channel_job *job);

/* The facts that a card lists: those of the message but for what stands elsewhere on it. New. */
json_t *plain_facts(const struct channel_job *job);
/* "P1 · production · 2026-11-21T09:52:03Z · ada". Fresh. */
char *plain_footer(const struct channel_job *job);

#endif
