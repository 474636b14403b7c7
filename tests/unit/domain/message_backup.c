/* What is said about backups, what has been said already, and what takes back what. */
#include "domain/message.h"
#include "office.h"

#define ONE                                                                              \
	"notify: {ops: {webhook: {url: 'https://a.example'}, on: [backup-failed, "       \
	"backup-late, backup-recovered, degraded]%s}}\n"

static const struct content_row {
	const char *name;
	struct backup_news news;
	const char *title, *text, *fields;
} contents[] = {
	{"everything",
	 {"production", "db", "failed", "ID", "s3", "refused", 1000, 65000},
	 "production: backup db failed",
	 "refused",
	 "[{'name': 'Backup', 'value': 'db'}, {'name': 'Copy', 'value': 'ID'}, {'name': "
	 "'Store', 'value': 's3'}, {'name': 'Took', 'value': '1m 5s'}]"},
	{"next to nothing",
	 {"production", "db", "is good again", NULL, NULL, NULL, 1000, -1},
	 "production: backup db is good again",
	 NULL,
	 "[{'name': 'Backup', 'value': 'db'}]"},
};

TEST(a_backup_in_words)
{
	FOR_ROWS(row, contents) {
		_cleanup_json_ json_t *run = journey_run("4711");
		_cleanup_json_ json_t *content = content_of_backup(&row->news, run);
		_cleanup_json_ json_t *bounded = content_bounded(content);
		CHECK_STR_EQ(json_get_string(bounded, "title", ""), row->title);
		CHECK_STR_EQ(json_get_string(bounded, "text", NULL), row->text);
		CHECK_STR_EQ(json_get_string(bounded, "reason", NULL), row->text);
		CHECK_STR_EQ(json_get_string(bounded, "actor", ""), "ada");
		CHECK_STR_EQ(json_get_string(bounded, "severity", ""), "P2");
		CHECK_JSON_EQ(json_object_get(bounded, "fields"), row->fields);
	}
}

/* One letter a minute: it fails, is late, is good again, or nothing happens. */
static const char *topic_of(char c)
{
	return c == 'f' ? "backup-failed" : c == 'l' ? "backup-late" : "backup-recovered";
}

static const struct floor_row {
	const char *name, *script, *told;
} floors[] = {
	{"each once", "fg.....", "fg....."},
	{"failures are gathered", "ff.f......", "f....f...."},
	{"good before it was told again", "fgf.g......", "fg........."},
	{"one good takes back late and failed", "lf.g......", "lf.g......"},
	{"late waits and is over", "lgl.g......", "lg........."},
};

TEST(the_floor_knows_what_takes_back_what)
{
	FOR_ROWS(row, floors) {
		_cleanup_free_ char *notify = str_format(ONE, ", floor: 5m");
		struct office o = office_open(notify, "ops");
		struct str told = STR_INIT;
		for (const char *at = row->script; *at; at++) {
			if (*at != '.')
				office_tell(&o, topic_of(*at), NULL, "backup/db");
			_cleanup_free_ char *sent = office_send(&o);
			const char *word = strstr(sent, "backup-");
			str_add_char(&told, !word ? '.' : word[7] == 'r' ? 'g' : word[7]);
			o.now_ms += OFFICE_MINUTE_MS;
		}
		CHECK_STR_EQ(str_text(&told), row->told);
		str_release(&told);
		office_close(&o);
	}
}

static const struct owed_row {
	const char *name, *script; /* '!' sends */
	bool owes, late;
} owed[] = {
	{"nothing was said", "", false, false},
	{"it failed", "f!", true, false},
	{"it failed, and that waits", "f", true, false},
	{"it is late", "l!", true, true},
	{"it is late, and that waits", "l", true, true},
	{"it was late and is good", "l!g!", false, true},
	{"it was good and is late", "g!l!", true, true},
};

TEST(good_news_is_owed_to_those_who_heard_bad_news)
{
	FOR_ROWS(row, owed) {
		_cleanup_free_ char *notify = str_format(ONE, "");
		struct office o = office_open(notify, "ops");
		int64_t begin_ms = o.now_ms;
		for (const char *at = row->script; *at; at++) {
			if (*at == '!')
				free(office_send(&o));
			else
				office_tell(&o, topic_of(*at), NULL, "backup/db");
			o.now_ms += OFFICE_MINUTE_MS;
		}
		const json_t *state = o.j.documents.state;
		CHECK_INT_EQ(message_backup_owes_good(state, "db"), row->owes);
		CHECK(!message_backup_owes_good(state, "other"));
		CHECK_INT_EQ(message_backup_late_told(state, "db", begin_ms), row->late);
		CHECK(!message_backup_late_told(state, "db",
						o.now_ms)); /* a newer copy */
		CHECK(!message_backup_late_told(state, "other", begin_ms));
		office_close(&o);
	}
}

TEST(that_it_is_late_is_remembered_whatever_else_is_told)
{
	_cleanup_free_ char *notify = str_format(ONE, "");
	struct office o = office_open(notify, "ops");
	int64_t begin_ms = o.now_ms;
	office_tell(&o, "backup-late", NULL, "backup/db");
	free(office_send(&o));
	for (int i = 0; i < 300; i++) {
		_cleanup_free_ char *key = str_format("alert/%d", i);
		office_tell(&o, "degraded", NULL, key);
		free(office_send(&o));
	}
	const json_t *state = o.j.documents.state;
	CHECK_INT_EQ(json_array_size(json_object_get(state, "told")), 100);
	CHECK(message_backup_late_told(state, "db", begin_ms));
	office_close(&o);
}
