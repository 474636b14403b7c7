/* Who may make a backup, and how healthy one is. */
#include "belay/backup.h"
#include "belay/timefmt.h"
#include "journey.h"

#define NOW "2026-11-21T12:00:00Z"
#define HOUR INT64_C(3600000)

static int64_t at(const char *text)
{
	int64_t at_ms = 0;
	CHECK_INT_EQ(time_parse(text, &at_ms), 0);
	return at_ms;
}

static json_t *state_of(const char *entry)
{
	_cleanup_json_ json_t *value = journey_json(entry);
	return json_pack("{s:{s:O}}", "backups", "db", value);
}

#define ENTRY(running, copies, failed, drilled)                                          \
	"{'running': " running ", 'copies': [" copies "], 'failed': " failed             \
	", 'drilled': " drilled ", 'restored': null}"
#define COPY(id, at, stores, verified, bad)                                              \
	"{'id': '" id "', 'at': '" at                                                    \
	"', 'manifest': 'x', 'open_bytes': 2, 'stored_bytes': 1, "                       \
	"'duration_ms': 9, 'stores': [" stores "], 'verified': " verified                \
	", 'bad': " bad "}"
#define VERIFIED(at) "{'s3': {'at': '" at "', 'how': 'sampled'}}"
#define GOOD COPY("c1", "2026-11-21T02:00:00Z", "'s3', 'local'", VERIFIED(NOW), "{}")
#define RUNNING_UNTIL(until)                                                                \
	"{'id': 'r', 'run': {'id': '1'}, 'since': '2026-11-21T11:00:00Z', 'until': '" until \
	"', 'stores': ['s3']}"
#define RUNNING RUNNING_UNTIL(NOW)
#define RUNNING_STILL RUNNING_UNTIL("2026-11-21T12:00:01Z")

static const struct claim_row {
	const char *name, *entry, *now;
	enum backup_claim want;
} claims[] = {
	{"never made", NULL, NOW, BACKUP_FREE},
	{"nobody is at it", ENTRY("null", GOOD, "null", "null"), NOW, BACKUP_FREE},
	{"somebody is at it", ENTRY(RUNNING, "", "null", "null"), "2026-11-21T11:59:59Z",
	 BACKUP_BUSY},
	{"its time is over", ENTRY(RUNNING, "", "null", "null"), NOW, BACKUP_EXPIRED},
	{"until when is unreadable",
	 ENTRY("{'id': 'r', 'until': 'later'}", "", "null", "null"), NOW, BACKUP_BUSY},
};

TEST(one_run_at_a_time)
{
	FOR_ROWS(row, claims) {
		_cleanup_json_ json_t *state =
			row->entry ? state_of(row->entry) : json_object();
		CHECK_INT_EQ(backup_ask(state, "db", at(row->now)), row->want);
	}
}

TEST(what_is_not_there_is_null)
{
	_cleanup_json_ json_t *state = state_of(ENTRY("null", GOOD, "null", "null"));
	_cleanup_json_ json_t *odd = journey_json("{'backups': {'db': 7}}");
	CHECK(state_backup(state, "db") != NULL);
	CHECK_NULL(state_backup(state, "files"));
	CHECK_NULL(state_backup(state, NULL));
	CHECK_NULL(state_backup(NULL, "db"));
	CHECK_NULL(state_backup(odd, "db"));
	CHECK_STR_EQ(json_get_string(state_backup_copy(state, "db", "c1"), "id", ""),
		     "c1");
	CHECK_NULL(state_backup_copy(state, "db", "c2"));
	CHECK_NULL(state_backup_copy(state, "db", NULL));
	CHECK_NULL(state_backup_copy(state, "files", "c1"));
}

static const struct sound_row {
	const char *name, *copy;
	bool want;
} sounds[] = {
	{"nobody looked", COPY("c", NOW, "'s3', 'local'", "{}", "{}"), true},
	{"bad in one of two",
	 COPY("c", NOW, "'s3', 'local'", "{}",
	      "{'s3': {'at': '" NOW "', 'reason': 'x'}}"),
	 true},
	{"bad in both",
	 COPY("c", NOW, "'s3', 'local'", "{}",
	      "{'s3': {'at': '" NOW "', 'reason': 'x'}, "
	      "'local': {'at': '" NOW "', 'reason': 'x'}}"),
	 false},
	{"bad in the only one",
	 COPY("c", NOW, "'s3'", "{}", "{'s3': {'at': '" NOW "', 'reason': 'x'}}"), false},
};

TEST(sound_is_what_is_not_bad_in_every_store)
{
	FOR_ROWS(row, sounds) {
		_cleanup_json_ json_t *copy = journey_json(row->copy);
		CHECK_INT_EQ(backup_copy_is_sound(copy), row->want);
	}
	CHECK(!backup_copy_is_sound(NULL));
}

#define PLAIN(id, at) COPY(id, at, "'s3'", "{}", "{}")
#define BAD(id, at) COPY(id, at, "'s3'", "{}", "{'s3': {'at': '" NOW "', 'reason': 'x'}}")
#define ENTRY_LAST(last, copies)                                                         \
	"{'running': null, 'last': " last ", 'copies': [" copies                         \
	"], 'failed': null, 'drilled': null, 'restored': null}"

static const struct newest_row {
	const char *name, *last, *copies;
	const char *want, *early;
} newests[] = {
	{"none", "null", "", NULL, NULL},
	{"the first, when nobody knows which was made last", "null",
	 PLAIN("c2", "2026-11-21T02:00:00Z") ", " PLAIN("c1", "2026-11-20T02:00:00Z"),
	 "c2", NULL},
	{"the first that is sound", "null",
	 BAD("c2", "2026-11-21T02:00:00Z") ", " PLAIN("c1", "2026-11-20T02:00:00Z"), "c1",
	 NULL},
	{"not one from the future", "null",
	 PLAIN("f", "2026-11-21T12:05:01Z") ", " PLAIN("c1", "2026-11-20T02:00:00Z"),
	 "c1", NULL},
	{"one from the future when there is no other", "null",
	 PLAIN("f", "2026-11-21T12:05:01Z"), "f", NULL},
	{"the one made last", "'c2'",
	 PLAIN("c2", "2026-11-21T02:00:00Z") ", " PLAIN("c1", "2026-11-20T02:00:00Z"),
	 "c2", NULL},
	{"the one made last, although its clock was behind", "'c1'",
	 PLAIN("c2", "2026-11-21T02:00:00Z") ", " PLAIN("c1", "2026-11-20T02:00:00Z"),
	 "c1", "c2"},
	{"the one made last, although its clock was ahead", "'f'",
	 PLAIN("f", "2026-11-21T12:05:01Z") ", " PLAIN("c1", "2026-11-20T02:00:00Z"), "f",
	 NULL},
	{"not the one made last when it is bad", "'c1'",
	 PLAIN("c2", "2026-11-21T02:00:00Z") ", " BAD("c1", "2026-11-20T02:00:00Z"), "c2",
	 "c2"},
	{"the one made last is gone", "'c3'",
	 PLAIN("c2", "2026-11-21T02:00:00Z") ", " PLAIN("c1", "2026-11-20T02:00:00Z"),
	 "c2", NULL},
	{"all are bad", "'c1'", BAD("c1", "2026-11-21T02:00:00Z"), NULL, NULL},
};

TEST(the_newest_is_the_one_made_last_whatever_the_clocks_said)
{
	FOR_ROWS(row, newests) {
		_cleanup_free_ char *text = str_format("{'last': %s, 'copies': [%s]}",
						       row->last, row->copies);
		_cleanup_json_ json_t *entry = journey_json(text);
		CHECK_STR_EQ(json_get_string(backup_newest(entry, at(NOW)), "id", NULL),
			     row->want);
		CHECK_STR_EQ(json_get_string(backup_claims_newer(entry), "id", NULL),
			     row->early);
	}
	CHECK_NULL(backup_newest(NULL, at(NOW)));
	CHECK_NULL(backup_claims_newer(NULL));
}

static const struct reach_row {
	const char *name;
	int count,
		flawed_from; /* copies 100.. newest first; those from this place on are bad */
	const char *last, *want;
} reaches[] = {
	{"there is room", BACKUP_COPIES_MAX - 1, 999, "null", NULL},
	{"full", BACKUP_COPIES_MAX, 999, "null", "c100"},
	{"bad ones are the last to go", BACKUP_COPIES_MAX, BACKUP_COPIES_MAX - 2, "null",
	 "c102"},
	{"the one made last does not go", BACKUP_COPIES_MAX, 999, "'c100'", "c101"},
	{"all are bad", BACKUP_COPIES_MAX, 0, "null", "c100"},
};

TEST(a_full_state_says_how_far_back_it_reaches)
{
	FOR_ROWS(row, reaches) {
		_cleanup_str_ struct str text = STR_INIT;
		str_addf(&text, "{'last': %s, 'copies': [", row->last);
		for (int i = 0; i < row->count; i++)
			str_addf(&text, "%s{'id': 'c%d', 'bad': {%s}}", i ? ", " : "",
				 100 + row->count - 1 - i,
				 i >= row->flawed_from ? "'s3': {}" : "");
		str_add(&text, "]}");
		_cleanup_json_ json_t *entry = journey_json(str_text(&text));
		CHECK_STR_EQ(backup_reaches_back_to(entry), row->want);
	}
}

static const struct health_row {
	const char *name, *entry;
	int64_t every_ms, drill_ms;
	const char *outcome, *reason;
} healths[] = {
	{"never made", NULL, 24 * HOUR, 0, "inconclusive", "there is none yet"},
	{"good", ENTRY("null", GOOD, "null", "null"), 24 * HOUR, 0, "pass", NULL},
	{"nobody promised anything",
	 ENTRY("null",
	       COPY("c", "2020-01-01T00:00:00Z", "'s3', 'local'", VERIFIED(NOW), "{}"),
	       "null", "null"),
	 0, 0, "pass", NULL},
	{"late, within the hour of grace",
	 ENTRY("null",
	       COPY("c", "2026-11-21T07:00:00Z", "'s3', 'local'", VERIFIED(NOW), "{}"),
	       "null", "null"),
	 4 * HOUR, 0, "pass", NULL},
	{"late, after the hour of grace",
	 ENTRY("null",
	       COPY("c", "2026-11-21T06:59:59Z", "'s3', 'local'", VERIFIED(NOW), "{}"),
	       "null", "null"),
	 4 * HOUR, 0, "fail", "the newest copy is 5h old, promised is one every 4h"},
	{"late, within a tenth of grace",
	 ENTRY("null",
	       COPY("c", "2026-11-20T09:36:00Z", "'s3', 'local'", VERIFIED(NOW), "{}"),
	       "null", "null"),
	 24 * HOUR, 0, "pass", NULL},
	{"late, after a tenth of grace",
	 ENTRY("null",
	       COPY("c", "2026-11-20T09:35:59Z", "'s3', 'local'", VERIFIED(NOW), "{}"),
	       "null", "null"),
	 24 * HOUR, 0, "fail", "the newest copy is 1d 2h old, promised is one every 1d"},
	{"the last attempt failed",
	 ENTRY("null", GOOD,
	       "{'id': 'f', 'at': '" NOW "', 'reason': 'no disk', 'count': 1}", "null"),
	 24 * HOUR, 0, "fail", "the last attempt failed: no disk"},
	{"several failed, and there is none",
	 ENTRY("null", "",
	       "{'id': 'f', 'at': '" NOW "', 'reason': 'no disk', 'count': 3}", "null"),
	 24 * HOUR, 0, "fail", "the last 3 attempts failed: no disk"},
	{"somebody is making one", ENTRY(RUNNING_STILL, GOOD, "null", "null"), 24 * HOUR,
	 0, "pass", NULL},
	{"its run died", ENTRY(RUNNING, GOOD, "null", "null"), 24 * HOUR, 0, "fail",
	 "the run that was making it ended without a word"},
	{"one of its stores failed",
	 ENTRY("null", COPY("c1", "2026-11-21T02:00:00Z", "'s3'", VERIFIED(NOW), "{}"),
	       "{'id': 'c1', 'at': '" NOW "', 'reason': 'local: no disk', 'count': 1}",
	       "null"),
	 24 * HOUR, 0, "warn",
	 "the last attempt did not reach every store: local: no disk"},
	{"one of its stores failed, and a newer copy was found since",
	 ENTRY("null", GOOD ", " COPY("c0", "2026-11-20T02:00:00Z", "'s3'", "{}", "{}"),
	       "{'id': 'c0', 'at': '" NOW "', 'reason': 'local: no disk', 'count': 1}",
	       "null"),
	 24 * HOUR, 0, "warn",
	 "the last attempt did not reach every store: local: no disk"},
	{"a store was added since",
	 ENTRY("null", COPY("c1", "2026-11-21T02:00:00Z", "'s3'", VERIFIED(NOW), "{}"),
	       "null", "null"),
	 24 * HOUR, 0, "warn", "the newest copy is not in every store"},
	{"never verified",
	 ENTRY("null", COPY("c1", "2026-11-21T02:00:00Z", "'s3', 'local'", "{}", "{}"),
	       "null", "null"),
	 24 * HOUR, 0, "warn", "no copy was ever verified"},
	{"one is from the future, and the others are late",
	 ENTRY("null",
	       COPY("f", "2099-01-01T00:00:00Z", "'s3', 'local'", VERIFIED(NOW),
		    "{}") ", " COPY("c", "2026-11-21T06:59:59Z", "'s3', 'local'",
				    VERIFIED(NOW), "{}"),
	       "null", "null"),
	 4 * HOUR, 0, "fail", "the newest copy is 5h old, promised is one every 4h"},
	{"one is from the future",
	 ENTRY("null",
	       COPY("f", "2099-01-01T00:00:00Z", "'s3', 'local'", VERIFIED(NOW),
		    "{}") ", " GOOD,
	       "null", "null"),
	 24 * HOUR, 0, "warn", "copy f is from the future: a clock was wrong"},
	{"the only one is from the future",
	 ENTRY("null",
	       COPY("f", "2099-01-01T00:00:00Z", "'s3', 'local'", VERIFIED(NOW), "{}"),
	       "null", "null"),
	 24 * HOUR, 0, "warn", "copy f is from the future: a clock was wrong"},
	{"one of another clock claims to be newer",
	 ENTRY_LAST("'c1'", COPY("c2", "2026-11-21T11:00:00Z", "'s3', 'local'",
				 VERIFIED(NOW), "{}") ", " GOOD),
	 24 * HOUR, 0, "warn",
	 "copy c2 claims to be newer than the one that was made last: a clock was wrong"},
	{"the one made last is from the future, and the others are late",
	 ENTRY_LAST("'f'",
		    COPY("f", "2099-01-01T00:00:00Z", "'s3', 'local'", VERIFIED(NOW),
			 "{}") ", " COPY("c", "2026-11-21T06:59:59Z", "'s3', 'local'",
					 VERIFIED(NOW), "{}")),
	 4 * HOUR, 0, "fail", "the newest copy is 5h old, promised is one every 4h"},
	{"the newest is bad, and the one before it is late",
	 ENTRY_LAST("'c2'", BAD("c2", "2026-11-21T11:00:00Z") ", " PLAIN(
				    "c1", "2026-11-21T06:59:59Z")),
	 4 * HOUR, 0, "fail",
	 "copy c2 is bad in s3: x; the newest good copy is 5h old, promised is one every "
	 "4h"},
	{"an old copy is bad",
	 ENTRY("null",
	       GOOD ", " COPY("c0", "2026-11-20T02:00:00Z", "'s3'", "{}",
			      "{'s3': {'at': '" NOW "', 'reason': 'chunk 3'}}"),
	       "null", "null"),
	 24 * HOUR, 0, "fail", "copy c0 is bad in s3: chunk 3"},
	{"an old copy is bad in two stores",
	 ENTRY("null",
	       GOOD ", " COPY("c0", "2026-11-20T02:00:00Z", "'s3', 'local'", "{}",
			      "{'s3': {'at': '" NOW "', 'reason': 'chunk 3'}, "
			      "'local': {'at': '" NOW "', 'reason': null}}"),
	       "null", "null"),
	 24 * HOUR, 0, "fail", "copy c0 is bad in s3: chunk 3; in local"},
	{"an old copy is bad in a store that is none any more",
	 ENTRY("null",
	       GOOD ", " COPY("c0", "2026-11-20T02:00:00Z", "'usb'", "{}",
			      "{'usb': {'at': '" NOW "', 'reason': 'chunk 3'}}"),
	       "null", "null"),
	 24 * HOUR, 0, "pass", NULL},
	{"and in one that still is",
	 ENTRY("null",
	       GOOD ", " COPY("c0", "2026-11-20T02:00:00Z", "'usb', 's3'", "{}",
			      "{'usb': {'at': '" NOW "', 'reason': 'chunk 3'}, "
			      "'s3': {'at': '" NOW "', 'reason': 'chunk 4'}}"),
	       "null", "null"),
	 24 * HOUR, 0, "fail", "copy c0 is bad in s3: chunk 4"},
	{"no drill yet", ENTRY("null", GOOD, "null", "null"), 24 * HOUR, 720 * HOUR,
	 "warn", "a drill is due"},
	{"the drill was long ago",
	 ENTRY("null", GOOD, "null",
	       "{'id': 'c', 'at': '2026-10-01T00:00:00Z', 'outcome': 'pass'}"),
	 24 * HOUR, 720 * HOUR, "warn", "a drill is due"},
	{"the drill was lately",
	 ENTRY("null", GOOD, "null",
	       "{'id': 'c', 'at': '2026-11-20T00:00:00Z', 'outcome': 'pass'}"),
	 24 * HOUR, 720 * HOUR, "pass", NULL},
	{"the drill failed",
	 ENTRY("null", GOOD, "null",
	       "{'id': 'c', 'at': '2026-11-20T00:00:00Z', 'outcome': 'fail', 'reason': 'no rows'}"),
	 24 * HOUR, 0, "warn", "the last drill failed: no rows"},
};

static struct config_backup backup_of(const struct health_row *row)
{
	static struct config_store stores[] = {{.name = "s3"}, {.name = "local"}};
	struct config_backup backup = {.name = "db",
				       .environment = "production",
				       .stores = stores,
				       .store_count = ARRAY_SIZE(stores),
				       .every_ms = row->every_ms};
	backup.drill.every_ms = row->drill_ms;
	return backup;
}

TEST(health)
{
	FOR_ROWS(row, healths) {
		const struct config_backup backup = backup_of(row);
		_cleanup_json_ json_t *state =
			row->entry ? state_of(row->entry) : json_object();
		_cleanup_json_ json_t *health = backup_health(&backup, state, at(NOW));
		CHECK_STR_EQ(json_get_string(health, "outcome", NULL), row->outcome);
		CHECK_STR_EQ(json_get_string(health, "reason", NULL), row->reason);
	}
}

TEST(health_says_what_there_is)
{
	const struct config_backup backup = backup_of(&healths[1]);
	_cleanup_json_ json_t *state =
		state_of(ENTRY(RUNNING_STILL,
			       GOOD ", " COPY("c0", "2026-11-20T02:00:00Z", "'s3'",
					      VERIFIED("2026-11-21T12:30:00Z"), "{}"),
			       "null", "null"));
	_cleanup_json_ json_t *health = backup_health(&backup, state, at(NOW));
	CHECK_JSON_EQ(
		health,
		"{'name': 'db', 'outcome': 'pass', 'reason': null, 'newest': {'id': 'c1', 'at': "
		"'2026-11-21T02:00:00Z', 'stored_bytes': 1, 'stores': ['s3', 'local']}, "
		"'age_ms': 36000000, 'every_ms': 86400000, 'late': false, 'verified_at': "
		"'2026-11-21T12:30:00Z', 'drilled': null, 'drill_due': false, "
		"'running': " RUNNING_STILL ", 'failed': null, 'copies': 2}");
}

/* A copy that nobody can use is not young. */
TEST(the_age_is_that_of_the_newest_good_copy)
{
	const struct config_backup backup = backup_of(&healths[1]);
	_cleanup_json_ json_t *state =
		state_of(ENTRY_LAST("'c2'", BAD("c2", "2026-11-21T11:59:00Z") ", " PLAIN(
						    "c1", "2026-11-18T12:00:00Z")));
	_cleanup_json_ json_t *health = backup_health(&backup, state, at(NOW));
	CHECK_STR_EQ(json_get_string(json_object_get(health, "newest"), "id", ""), "c1");
	CHECK_INT_EQ(json_get_int(health, "age_ms", 0), 72 * HOUR);
	CHECK(json_get_bool(health, "late", false));
}

TEST(health_of_an_environment_is_that_of_its_backups)
{
	struct config_backup backups[] = {backup_of(&healths[0]), backup_of(&healths[0]),
					  backup_of(&healths[0])};
	backups[0].name = "files";
	backups[1].environment = "staging";
	const struct config config = {.backups = backups, .backup_count = 3};
	_cleanup_json_ json_t *state = state_of(ENTRY("null", GOOD, "null", "null"));
	_cleanup_json_ json_t *list =
		backups_health(&config, "production", state, at(NOW));
	CHECK_INT_EQ(json_array_size(list), 2);
	CHECK_STR_EQ(json_get_string(json_array_get(list, 0), "outcome", ""),
		     "inconclusive");
	CHECK_STR_EQ(json_get_string(json_array_get(list, 1), "outcome", ""), "pass");
}
