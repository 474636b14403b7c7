/* Outside text, escaped and cut. Sources: Slack's reference on escaping (& < > and nothing else, so that
 * no <!channel> or <@user> comes about); Discord's Markdown, where a backslash takes the meaning from
 * what follows it (mentions are switched off in the request itself). */
#include "plain.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

const struct plain_escape plain_none[] = {{0, NULL}};

const struct plain_escape plain_slack[] = {
	{'&', "&amp;"},
	{'<', "&lt;"},
	{'>', "&gt;"},
	{0, NULL},
};

const struct plain_escape plain_discord[] = {
	{'\\', "\\\\"}, {'*', "\\*"}, {'_', "\\_"}, {'~', "\\~"}, {'`', "\\`"},
	{'|', "\\|"},   {'>', "\\>"}, {'<', "\\<"}, {'[', "\\["}, {']', "\\]"},
	{'(', "\\("},   {')', "\\)"}, {'#', "\\#"}, {'@', "\\@"}, {0, NULL},
};

/* Bytes of the UTF-8 character that begins here. */
static size_t character_len(const char *at)
{
	size_t len = 1;
	while (((unsigned char)at[len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* What is written for the character at `at`, and how long that is in bytes and in units. */
static const char *written(const char *at, size_t len, const struct plain_escape *escapes,
			   size_t *ret_bytes, size_t *ret_units)
{
	unsigned char c = (unsigned char)*at;
	*ret_bytes = len;
	*ret_units = c >= 0xf0 ? 2 : 1;
	if ((c < 0x20 && c != '\n') || c == 0x7f)
		return " ";
	for (; escapes->character; escapes++) {
		if (*at == escapes->character) {
			*ret_bytes = *ret_units = strlen(escapes->instead);
			return escapes->instead;
		}
	}
	return at;
}

size_t plain_add(struct str *out, const char *text, const struct plain_escape *escapes,
		 size_t max_units)
{
	size_t used = 0, kept_units = 0, kept_len = out->len;
	while (*text) {
		size_t len = character_len(text), bytes, units;
		const char *words = written(text, len, escapes, &bytes, &units);
		if (used + units > max_units) {
			out->len = kept_len;
			str_add(out, "…");
			return kept_units + 1;
		}
		str_add_bytes(out, words, bytes);
		used += units;
		if (used + 1 <= max_units) { /* room for the mark behind it */
			kept_units = used;
			kept_len = out->len;
		}
		text += len;
	}
	return used;
}

json_t *plain_json(const char *text, const struct plain_escape *escapes, size_t max_units)
{
	_cleanup_str_ struct str out = STR_INIT;
	plain_add(&out, text ? text : "", escapes, max_units);
	return json_string(str_text(&out));
}

const char *plain_url(const char *url, size_t max_units)
{
	if (!url || strlen(url) > max_units ||
	    (!str_has_prefix(url, "https://") && !str_has_prefix(url, "http://")))
		return NULL;
	for (const char *at = url; *at; at++)
		if ((unsigned char)*at <= 0x20 || *at == 0x7f || strchr("<>\"|\\", *at))
			return NULL;
	return url;
}

const char *const plain_topics[] = {
	"failed",
	"rolled-back",
	"rollback-failed",
	"unproven",
	"degraded",
	"recovered",
	"incident-opened",
	"incident-updated",
	"incident-resolved",
	"post-mortem-overdue",
	"backup-failed",
	"backup-recovered",
	"backup-late",
	NULL,
};

/* --- the look of a card ----------------------------------------------------------------------- */

struct plain_tone plain_tone(const struct channel_job *job)
{
	static const struct plain_tone good = {"🟢", 0x2da44e, "good"};
	static const struct plain_tone other = {"🔵", 0x0969da, "default"};
	static const struct {
		const char *severity;
		struct plain_tone tone;
	} bad[] = {
		{"P0", {"🔴", 0xcf222e, "attention"}},
		{"P1", {"🟠", 0xfb8500, "attention"}},
		{"P2", {"🟡", 0xd4a72c, "warning"}},
	};
	if (said_change(job) == SAID_OVER || str_equal(said_topic(job), "deployed"))
		return good;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (said_change(job) != SAID_OTHER &&
		    str_equal(bad[i].severity, said_severity(job)))
			return bad[i].tone;
	return other;
}

json_t *plain_facts(const struct channel_job *job)
{
	static const char *const elsewhere[] = {"Environment", "Severity", "By"};
	_cleanup_json_ json_t *all = said_facts(job);
	json_t *facts = json_array();
	size_t i;
	const json_t *fact;
	json_array_foreach(all, i, fact) {
		const char *name = json_get_string(fact, "name", "");
		bool shown = str_equal(name, "Reason") && said(job, "text");
		for (size_t k = 0; k < ARRAY_SIZE(elsewhere); k++)
			shown = shown || str_equal(name, elsewhere[k]);
		if (!shown)
			json_array_append(facts, (json_t *)fact);
	}
	return facts;
}

char *plain_footer(const struct channel_job *job)
{
	char at[TIME_TEXT_BYTES];
	const char *actor = said(job, "actor");
	return str_format("%s · %s · %s%s%s", said_severity(job), said_environment(job),
			  time_format(said_at_ms(job), at), actor ? " · " : "",
			  actor ? actor : "");
}
