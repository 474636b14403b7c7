/* Events: building one, and its subject line for people.
 *
 * The subject is what `git log --oneline belay-state` shows, so it is one short line without
 * control characters, whatever a version, a reason or a person's name contain.
 */
#include <assert.h>
#include <string.h>

#include "belay/journal.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "event_backup.h"

#define SUBJECT_MAX_BYTES 120

/* An event that ends a transaction says what it ended, so that it can be read by itself. */
static void describe_transaction(json_t *data, const json_t *state)
{
	static const char *const members[] = {"kind", "deployment", "version",
					      "previous"};
	const json_t *transaction = state_transaction(state);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = json_object_get(transaction, members[i]);
		if (value && !json_object_get(data, members[i]))
			json_object_set(data, members[i], value);
	}
	if (!transaction || json_object_get(data, "services"))
		return;
	json_t *names = json_array();
	const char *name;
	json_t *service;
	json_object_foreach((json_t *)json_object_get(transaction, "services"), name,
			    service)
		json_array_append_new(names, json_string(name));
	json_object_set_new(data, "services", names);
}

static bool ends_transaction(const char *type)
{
	static const char *const types[] = {
		"deployment.committed", "deployment.failed",   "deployment.rolled-back",
		"deployment.stuck",     "deployment.unproven", "deployment.abandoned"};
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

json_t *journal_event(const json_t *state, const char *type, int64_t at_ms,
		      const json_t *run, const char *transaction, json_t *data)
{
	char at[TIME_TEXT_BYTES];
	if (!data)
		data = json_object();
	if (ends_transaction(type))
		describe_transaction(data, state);
	json_t *event = json_object();
	json_object_set_new(event, "belay", json_integer(JOURNAL_FORMAT));
	json_object_set_new(event, "type", json_string(type));
	json_object_set_new(event, "environment",
			    json_string(json_get_string(state, "environment", "")));
	json_object_set_new(event, "sequence",
			    json_integer(json_get_int(state, "sequence", 0) + 1));
	json_object_set_new(event, "at", json_string(time_format(at_ms, at)));
	json_object_set_new(event, "run", json_deep_copy(run));
	if (transaction)
		json_object_set_new(event, "transaction", json_string(transaction));
	json_object_set_new(event, "data", data);
	return event;
}

/* --- the subject line ---------------------------------------------------------------------- */

/* Names of an object's members or of an array's strings: "api, web". */
static void add_names(struct str *out, const json_t *names)
{
	const char *separator = "";
	const char *key;
	json_t *value;
	size_t index;
	if (json_is_object(names)) {
		json_object_foreach((json_t *)names, key, value) {
			str_addf(out, "%s%s", separator, key);
			separator = ", ";
		}
		return;
	}
	json_array_foreach(names, index, value) {
		if (!json_is_string(value))
			continue;
		str_addf(out, "%s%s", separator, json_string_value(value));
		separator = ", ";
	}
}

static void add_what(struct str *out, const char *verb, const json_t *data)
{
	const json_t *services = json_object_get(data, "services");
	const char *version = json_get_string(data, "version", NULL);
	str_add(out, verb);
	if (json_object_size(services) + json_array_size(services) > 0) {
		str_add_char(out, ' ');
		add_names(out, services);
	}
	if (version)
		str_addf(out, " %s", version);
}

static void add_reason(struct str *out, const json_t *data)
{
	const char *reason = json_get_string(data, "reason", NULL);
	if (reason && *reason)
		str_addf(out, ": %s", reason);
}

static void say_lock_acquired(struct str *out, const json_t *event, const json_t *data)
{
	bool over = json_is_object(json_object_get(data, "taken_over"));
	str_addf(out, "lock taken%s by %s (generation %lld)", over ? " over" : "",
		 json_get_string(json_object_get(event, "run"), "actor", "?"),
		 (long long)json_get_int(data, "generation", 0));
}

static void say_lock_renewed(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "lock renewed until %s", json_get_string(data, "expires_at", "?"));
}

static void say_lock_released(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	(void)data;
	str_add(out, "lock released");
}

static void say_lock_kept(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_add(out, "lock kept");
	add_reason(out, data);
}

static void say_begun(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	bool back = strcmp(json_get_string(data, "kind", ""), "rollback") == 0;
	add_what(out, back ? "going back with" : "deploying", data);
}

static void say_captured(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	add_what(out, "captured", data);
}

static void say_prepared(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	add_what(out, "prepared", data);
}

static void say_switched(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "switched %s", json_get_string(data, "service", "?"));
}

static void say_noted(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "noted something about %s", json_get_string(data, "service", "?"));
}

static void say_restarted(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "restarted %s", json_get_string(data, "service", "?"));
	add_reason(out, data);
}

static void say_judged(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	const json_t *gate = json_object_get(data, "gate");
	str_addf(out, "%s: %s", json_get_string(data, "phase", "gate"),
		 json_get_string(gate, "outcome", "?"));
}

static void say_committed(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	bool back = strcmp(json_get_string(data, "kind", ""), "rollback") == 0;
	add_what(out, back ? "went back with" : "deployed", data);
}

static void say_failed(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	add_what(out, "did not deploy", data);
	add_reason(out, data);
}

static void say_rolled_back(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	add_what(out, "rolled back", data);
	const char *previous = json_get_string(data, "previous", NULL);
	if (previous)
		str_addf(out, " to %s", previous);
	add_reason(out, data);
}

static void say_stuck(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	add_what(out, "STUCK, undo failed:", data);
	add_reason(out, data);
}

static void say_unproven(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	add_what(out, "unproven but live:", data);
	add_reason(out, data);
}

static void say_abandoned(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	add_what(out, "abandoned", data);
	add_reason(out, data);
}

static void say_linked(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "shown on GitHub: %s", json_get_string(data, "deployment", "?"));
}

static void say_incident_opened(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "incident %s opened, %s: %s", json_get_string(data, "id", "?"),
		 json_get_string(data, "severity", "?"),
		 json_get_string(data, "title", "?"));
}

/* "incident 4711 resolved by ada: v1.2.5 passed its gates". */
static void say_incident(struct str *out, const json_t *event, const json_t *data)
{
	const char *type = json_get_string(event, "type", "");
	const char *what = strchr(type, '.');
	const char *by = json_get_string(data, "by", NULL);
	const char *text = json_get_string(data, "text", NULL);
	str_addf(out, "incident %s %s", json_get_string(data, "incident", "?"),
		 what ? what + 1 : "");
	if (by)
		str_addf(out, " by %s", by);
	if (text && *text)
		str_addf(out, ": %s", text);
}

static void say_incident_linked(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "incident %s is known to %s as %s",
		 json_get_string(data, "incident", "?"),
		 json_get_string(data, "notification", "?"),
		 json_get_string(data, "ref", "?"));
}

static void say_post_mortem(struct str *out, const json_t *event, const json_t *data)
{
	const char *what = strchr(json_get_string(event, "type", ""), '.');
	str_addf(out, "post-mortem of %s %s", json_get_string(data, "incident", "?"),
		 what ? what + 1 : "");
}

/* "watch: 2 of 3 checks good". */
static void say_alert_judged(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	const json_t *checks = json_object_get(data, "checks");
	size_t good = 0;
	const char *name;
	json_t *row;
	json_object_foreach((json_t *)checks, name, row) {
		const char *outcome = json_get_string(row, "outcome", "");
		good += strcmp(outcome, "pass") == 0 || strcmp(outcome, "warn") == 0;
	}
	str_addf(out, "watch: %zu of %zu checks good", good, json_object_size(checks));
}

static void say_message_queued(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	const json_t *message = json_object_get(data, "message");
	str_addf(out, "to tell %s: %s", json_get_string(message, "notification", "?"),
		 json_get_string(message, "topic", "?"));
}

static void say_message_claimed(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	size_t count = json_array_size(json_object_get(data, "messages"));
	str_addf(out, "sending %zu message%s", count, count == 1 ? "" : "s");
}

static void say_message_sent(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "sent message %s", json_get_string(data, "message", "?"));
}

static void say_message_failed(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "could not send message %s: %s",
		 json_get_string(data, "message", "?"),
		 json_get_string(data, "error", "?"));
}

static void say_message_dropped(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "did not tell %s: %s", json_get_string(data, "notification", "?"),
		 json_get_string(data, "topic", "?"));
	add_reason(out, data);
}

static const struct {
	const char *type;
	subject_words *say;
} subjects[] = {
	{"lock.acquired", say_lock_acquired},
	{"lock.renewed", say_lock_renewed},
	{"lock.released", say_lock_released},
	{"lock.kept", say_lock_kept},
	{"deployment.begun", say_begun},
	{"deployment.captured", say_captured},
	{"deployment.prepared", say_prepared},
	{"deployment.switched", say_switched},
	{"deployment.noted", say_noted},
	{"gate.judged", say_judged},
	{"service.restarted", say_restarted},
	{"deployment.committed", say_committed},
	{"deployment.failed", say_failed},
	{"deployment.rolled-back", say_rolled_back},
	{"deployment.stuck", say_stuck},
	{"deployment.unproven", say_unproven},
	{"deployment.abandoned", say_abandoned},
	{"incident.opened", say_incident_opened},
	{"incident.updated", say_incident},
	{"incident.linked", say_incident_linked},
	{"incident.acknowledged", say_incident},
	{"incident.resolved", say_incident},
	{"post-mortem.written", say_post_mortem},
	{"post-mortem.reminded", say_post_mortem},
	{"post-mortem.done", say_post_mortem},
	{"alert.judged", say_alert_judged},
	{"message.queued", say_message_queued},
	{"message.claimed", say_message_claimed},
	{"message.sent", say_message_sent},
	{"message.failed", say_message_failed},
	{"message.dropped", say_message_dropped},
	{"cockpit.linked", say_linked},
	{"backup.begun", say_backup_begun},
	{"backup.made", say_backup_made},
	{"backup.failed", say_backup_failed},
	{"backup.abandoned", say_backup_abandoned},
	{"backup.verified", say_backup_verified},
	{"backup.restored", say_backup_restored},
	{"backup.drilled", say_backup_drilled},
	{"backup.forgotten", say_backup_forgotten},
	{"deployment.backed-up", say_backed_up},
};

/* Control characters become blanks; what is too long ends in "…", never inside a character. */
static char *one_line(const struct str *text)
{
	const char *from = str_text(text);
	size_t len = strlen(from);
	bool cut = len > SUBJECT_MAX_BYTES;
	if (cut)
		for (len = SUBJECT_MAX_BYTES - 3;
		     len > 0 && ((unsigned char)from[len] & 0xc0) == 0x80;)
			len--;
	struct str line = STR_INIT;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)from[i];
		str_add_char(&line, c < 0x20 || c == 0x7f ? ' ' : (char)c);
	}
	if (cut)
		str_add(&line, "…");
	while (line.len > 0 && line.data[line.len - 1] == ' ')
		line.data[--line.len] = '\0';
	return str_take(&line);
}

char *journal_subject(const json_t *event)
{
	const char *type = json_get_string(event, "type", "?");
	const json_t *data = json_object_get(event, "data");
	_cleanup_str_ struct str text = STR_INIT;
	str_addf(&text, "%s: ", json_get_string(event, "environment", "?"));
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		if (strcmp(subjects[i].type, type) == 0) {
			subjects[i].say(&text, event, data);
			return one_line(&text);
		}
	}
	str_add(&text, type);
	return one_line(&text);
}
