/* Words and numbers of backups: sizes, rates, ages, states. Shared by text and Markdown. */
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "ink.h"

#define RATE_MIN_MS 100 /* what is shorter has no rate worth a number */
#define MINUTE_MS 60000
#define RATIO_MIN_BYTES (64 << 10) /* of less, most is the seal's own */

void backup_add_size(struct str *out, const json_t *object, const char *key)
{
	if (json_is_integer(json_object_get(object, key)))
		size_add(out, json_get_int(object, key, 0));
}

void backup_add_duration(struct str *out, const json_t *object, const char *key)
{
	if (json_is_integer(json_object_get(object, key)))
		duration_add(out, json_get_int(object, key, 0));
}

void backup_add_rate(struct str *out, int64_t bytes, int64_t duration_ms)
{
	str_add(out, " in ");
	duration_add(out, duration_ms);
	if (bytes <= 0 || duration_ms < RATE_MIN_MS)
		return;
	str_add(out, ", ");
	size_add(out, (int64_t)((double)bytes / ((double)duration_ms / 1000)));
	str_add(out, "/s");
}

void backup_add_when(struct str *out, const json_t *object, const char *key,
		     int64_t now_ms)
{
	int64_t at_ms;
	if (time_parse(json_get_string(object, key, ""), &at_ms) == 0)
		time_add_relative(out, at_ms, now_ms);
}

void backup_add_ratio(struct str *out, const json_t *row)
{
	int64_t open = json_get_int(row, "open_bytes", 0);
	int64_t stored = json_get_int(row, "stored_bytes", 0);
	size_add(out, open);
	str_add(out, " → ");
	size_add(out, stored);
	if (open >= RATIO_MIN_BYTES && stored <= open)
		str_addf(out, " (%.0f%%)", 100.0 * (double)stored / (double)open);
}

const char *backup_state_mark(const char *state, enum ink *ret_ink)
{
	static const struct {
		const char *state, *outcome;
	} rows[] = {
		{"good", "pass"},   {"bad", "fail"},        {"missing", "fail"},
		{"failed", "fail"}, {"incomplete", "warn"}, {"unknown", "unknown"},
	};
	for (size_t i = 0; state && i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].state, state) == 0)
			return ink_mark(rows[i].outcome, ret_ink);
	}
	return ink_mark(NULL, ret_ink);
}

const char *backup_how_text(const char *how)
{
	static const struct {
		const char *how, *text;
	} rows[] = {
		{"listed", "there in its size"},
		{"sampled", "samples read again"},
		{"data", "all of it read again"},
		{"opened", "all of it read and opened"},
	};
	for (size_t i = 0; how && i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].how, how) == 0)
			return rows[i].text;
	}
	return "";
}

void backup_add_trust(struct str *out, const json_t *row)
{
	const char *trust = json_get_string(row, "trust", "");
	const char *signer = json_get_string(row, "signer", NULL);
	if (strcmp(trust, "journal") == 0)
		str_add(out, "its digest is on the journal");
	else if (strcmp(trust, "none") == 0)
		str_add(out, "nothing vouches for it but itself");
	if (signer)
		str_addf(out, "%ssigned by %s", strcmp(trust, "journal") == 0 ? ", " : "",
			 signer);
}

void backup_add_reason(struct str *out, const struct render *render, const json_t *row)
{
	const char *reason = json_get_string(row, "reason", NULL);
	const char *hint = json_get_string(row, "hint", NULL);
	if (reason)
		render_inkf(out, render, INK_PLAIN, "  because %s\n", reason);
	if (hint)
		render_inkf(out, render, INK_DIM, "  hint: %s\n", hint);
}

void backup_add_warnings(struct str *out, const struct render *render,
			 const json_t *warnings)
{
	size_t i;
	json_t *warning;
	json_array_foreach(warnings, i, warning)
		render_inkf(out, render, INK_WARN, "  ! %s\n",
			    json_string_value(warning) ? json_string_value(warning) : "");
}

const char *backup_remark(const json_t *health)
{
	if (!json_is_integer(json_object_get(health, "age_ms")))
		return NULL;
	return json_get_string(health, "reason", NULL);
}

/* To the minute: nobody needs more of it. */
static void add_minutes(struct str *out, int64_t age_ms)
{
	if (age_ms < MINUTE_MS) {
		str_add(out, "just made");
		return;
	}
	duration_add(out, age_ms - age_ms % MINUTE_MS);
	str_add(out, " old");
}

void backup_add_age(struct str *out, const json_t *health)
{
	if (json_is_integer(json_object_get(health, "age_ms")))
		add_minutes(out, json_get_int(health, "age_ms", 0));
	else
		str_add(out, json_get_string(health, "reason", "none yet"));
	if (!json_is_integer(json_object_get(health, "every_ms")))
		return;
	str_add(out, ", promised every ");
	backup_add_duration(out, health, "every_ms");
}
