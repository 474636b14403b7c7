/* What messages say about backups, and what has been said about them already. */
#include "belay/json.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "message.h"

/* --- words ------------------------------------------------------------------------------------ */

static void add_field(json_t *content, const char *name, const char *value)
{
	if (value && *value)
		json_array_append_new(
			json_object_get(content, "fields"),
			json_pack("{s:s, s:s}", "name", name, "value", value));
}

json_t *content_of_backup(const struct backup_news *news, const json_t *run)
{
	_cleanup_free_ char *title = str_format("%s: backup %s %s", news->environment,
						news->backup, news->event);
	_cleanup_str_ struct str took = STR_INIT;
	json_t *content = content_new(news->environment, run, "P2", news->at_ms);
	json_object_set_new(content, "title", json_string(title));
	if (news->reason) {
		json_object_set_new(content, "text", json_string(news->reason));
		json_object_set_new(content, "reason", json_string(news->reason));
	}
	if (news->duration_ms >= 0) {
		duration_add(&took, news->duration_ms);
		json_object_set_new(content, "duration_ms",
				    json_integer(news->duration_ms));
	}
	add_field(content, "Backup", news->backup);
	add_field(content, "Copy", news->id);
	add_field(content, "Store", news->store);
	add_field(content, "Took", str_text(&took));
	return content;
}

char *message_backup_key(const char *backup)
{
	return str_format("backup/%s", backup);
}

/* --- what was said ---------------------------------------------------------------------------- */

/* When it was last told of the topic and key, or queued to be; -1: never. */
static int64_t last_said_ms(const json_t *state, const char *topic, const char *key)
{
	static const char *const lists[] = {"told", "outbox"};
	int64_t latest_ms = -1;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		size_t k;
		const json_t *row;
		json_array_foreach(json_object_get(state, lists[i]), k, row) {
			int64_t at_ms = message_time_of(row, "at");
			if (at_ms > latest_ms &&
			    str_equal(json_get_string(row, "topic", ""), topic) &&
			    str_equal(json_get_string(row, "key", ""), key))
				latest_ms = at_ms;
		}
	}
	return latest_ms;
}

bool message_backup_late_told(const json_t *state, const char *backup, int64_t since_ms)
{
	_cleanup_free_ char *key = message_backup_key(backup);
	return last_said_ms(state, "backup-late", key) >= since_ms;
}

bool message_backup_owes_good(const json_t *state, const char *backup)
{
	_cleanup_free_ char *key = message_backup_key(backup);
	int64_t good_ms = last_said_ms(state, "backup-recovered", key);
	return last_said_ms(state, "backup-failed", key) > good_ms ||
	       last_said_ms(state, "backup-late", key) > good_ms;
}
