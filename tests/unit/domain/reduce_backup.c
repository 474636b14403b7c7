/* The fold of backups: one attempt at a time, what becomes of copies, what is refused, what is bounded, and that
 * the state stays what its schema says. */
#include "belay/backup.h"
#include "belay/embedded.h"
#include "belay/schema.h"
#include "belay/timefmt.h"
#include "journey.h"

#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER_SHA "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define BEGUN                                                                            \
	"{'backup': 'db', 'id': '%s', 'until': '2023-11-14T23:00:00Z', 'stores': "       \
	"['s3', 'local']}"
#define MADE                                                                             \
	"{'backup': 'db', 'id': '%s', 'manifest': '" SHA                                 \
	"', 'stores': ['s3', 'local'], 'failed': [], 'open_bytes': 40, 'stored_bytes': " \
	"12, 'chunks': 1, 'duration_ms': 900, 'deployment': null}"
#define VERIFIED                                                                          \
	"{'backup': 'db', 'id': '%s', 'store': '%s', 'how': 'sampled', 'outcome': '%s', " \
	"'reason': %s, 'at_copy': '%s', 'manifest': %s}"
#define AT_COPY "2023-11-01T00:00:00Z"

static const json_t *entry_of(const struct journey *j)
{
	return state_backup(j->documents.state, "db");
}

static const json_t *member(const struct journey *j, const char *key)
{
	return json_object_get(entry_of(j), key);
}

static const json_t *copy_of(const struct journey *j, const char *id)
{
	return state_backup_copy(j->documents.state, "db", id);
}

static void make(struct journey *j, const char *id)
{
	journey_go(j, "backup.begun", NULL, BEGUN, id);
	journey_go(j, "backup.made", NULL, MADE, id);
}

static void be_another_run(struct journey *j, const char *run)
{
	json_decref(j->run);
	j->run = journey_run(run);
}

static void check_schema(const char *name, const json_t *value)
{
	struct err err = {0};
	_cleanup_json_ json_t *text = NULL;
	_cleanup_(schema_freep) struct schema *schema = NULL;
	struct schema_faults faults = {0};
	const struct embedded *file = embedded_find(name);
	CHECK_OK(json_parse(file->data, file->size, "schema", &text, &err), &err);
	CHECK_OK(schema_compile(text, &schema, &err), &err);
	if (!CHECK(schema_validate(schema, value, &faults)))
		test_row("%s %s: %s", name, faults.items[0].pointer,
			 faults.items[0].message);
	schema_faults_release(&faults);
}

/* Ends the story: all of it was what the schemas promise. */
static void finish(struct journey *j)
{
	size_t i;
	const json_t *event;
	check_schema("schemas/state.schema.json", j->documents.state);
	check_schema("schemas/recent.schema.json", j->documents.recent);
	json_array_foreach(j->events, i, event) {
		check_schema("schemas/event.schema.json", event);
	}
	journey_end(j);
}

/* --- one attempt ----------------------------------------------------------------------------- */

TEST(from_begun_to_made)
{
	struct journey j = journey_begin("production");
	CHECK_NULL(json_object_get(j.documents.state, "backups"));
	journey_go(&j, "backup.begun", NULL, BEGUN, "b1");
	CHECK_JSON_EQ(member(&j, "running"),
		      "{'id': 'b1', 'run': {'id': '4711', 'actor': 'ada', 'host': "
		      "'runner-3', 'version': '0.1.0'}, 'since': '2023-11-14T22:13:20Z', "
		      "'until': '2023-11-14T23:00:00Z', 'stores': ['s3', 'local']}");
	CHECK_INT_EQ(backup_ask(j.documents.state, "db", j.at_ms), BACKUP_BUSY);
	journey_go(&j, "backup.made", NULL, MADE, "b1");
	CHECK_JSON_EQ(
		entry_of(&j),
		"{'running': null, 'copies': [{'id': 'b1', 'at': '2023-11-14T22:13:20Z', "
		"'manifest': '" SHA
		"', 'open_bytes': 40, 'stored_bytes': 12, 'duration_ms': 900, 'stores': "
		"['s3', 'local'], 'verified': {}, 'bad': {}}], 'last': 'b1', 'failed': null, "
		"'drilled': null, 'restored': null}");
	make(&j, "b2");
	CHECK_STR_EQ(json_get_string(json_array_get(member(&j, "copies"), 0), "id", ""),
		     "b2");
	finish(&j);
}

TEST(failures_are_counted_until_one_succeeds)
{
	struct journey j = journey_begin("production");
	for (int i = 1; i <= 2; i++) {
		journey_go(&j, "backup.begun", NULL, BEGUN, i == 1 ? "b1" : "b2");
		journey_go(&j, "backup.failed", NULL,
			   "{'backup': 'db', 'id': 'b%d', 'reason': 'pg_dump: exit 1', "
			   "'duration_ms': 5}",
			   i);
	}
	CHECK_JSON_EQ(
		member(&j, "failed"),
		"{'id': 'b2', 'at': '2023-11-14T22:16:20Z', 'reason': 'pg_dump: exit "
		"1', 'count': 2}");
	CHECK(json_is_null(member(&j, "running")));
	make(&j, "b3");
	CHECK(json_is_null(member(&j, "failed")));
	finish(&j);
}

TEST(a_store_that_failed_is_remembered_with_the_copy)
{
	struct journey j = journey_begin("production");
	journey_go(&j, "backup.begun", NULL, BEGUN, "b1");
	journey_go(
		&j, "backup.made", NULL,
		"{'backup': 'db', 'id': 'b1', 'manifest': '" SHA
		"', 'stores': ['s3'], 'failed': [{'store': 'local', 'reason': 'no room'}, "
		"{'store': 'other'}], 'open_bytes': 40, 'stored_bytes': 12, 'chunks': 1, "
		"'duration_ms': 900, 'deployment': 'd1'}");
	CHECK_JSON_EQ(member(&j, "failed"),
		      "{'id': 'b1', 'at': '2023-11-14T22:14:20Z', 'reason': 'local: no "
		      "room; other: ?', 'count': 1}");
	CHECK(copy_of(&j, "b1") != NULL);
	finish(&j);
}

static const struct takeover_row {
	const char *name, *run;
	int64_t later_ms;
	const char *abandoned; /* JSON */
	const char *refused;   /* or NULL */
} takeovers[] = {
	{"another run while one is at it", "4712", 0, "null",
	 "attempt 'b1' of run '4711' is running until 2023-11-14T23:00:00Z"},
	{"the same run again", "4711", 0, "null", NULL},
	{"another run when its time is over", "4712", INT64_C(3600000), "null", NULL},
	{"another run that says that it is gone", "4712", 0, "'b1'", NULL},
	{"another run that means another one", "4712", 0, "'b0'",
	 "attempt 'b0' is not running"},
	{"what is abandoned is no text", "4712", 0, "5", "data.abandoned is not a text"},
};

TEST(taking_over)
{
	FOR_ROWS(row, takeovers) {
		struct journey j = journey_begin("production");
		journey_go(&j, "backup.begun", NULL, BEGUN, "b1");
		be_another_run(&j, row->run);
		j.at_ms += row->later_ms;
		_cleanup_free_ char *data = str_format(
			"{'backup': 'db', 'id': 'b2', 'until': '2023-11-15T23:00:00Z', "
			"'stores': ['s3'], 'abandoned': %s}",
			row->abandoned);
		int result = journey_step(&j, "backup.begun", NULL, data);
		const json_t *running = member(&j, "running");
		if (row->refused) {
			CHECK_FAILS(result, &j.err, ERR_STATE, row->refused);
			CHECK_STR_EQ(json_get_string(running, "id", ""), "b1");
		} else {
			CHECK_OK(result, &j.err);
			CHECK_STR_EQ(json_get_string(running, "id", ""), "b2");
			CHECK_STR_EQ(json_get_string(member(&j, "failed"), "id", ""),
				     "b1");
			/* The run that was thought dead wakes up. */
			_cleanup_free_ char *made = str_format(MADE, "b1");
			CHECK_FAILS(journey_step(&j, "backup.made", NULL, made), &j.err,
				    ERR_STATE, "attempt 'b2' is running, not 'b1'");
			CHECK_NULL(copy_of(&j, "b1"));
		}
		finish(&j);
	}
}

TEST(what_dead_runs_left)
{
	struct journey j = journey_begin("production");
	journey_go(&j, "backup.begun", NULL, BEGUN, "b1");
	journey_go(&j, "backup.abandoned", NULL, "{'backup': 'db', 'id': 'b0'}");
	CHECK_STR_EQ(json_get_string(member(&j, "running"), "id", ""), "b1");
	CHECK(json_is_null(member(&j, "failed")));
	journey_go(&j, "backup.abandoned", NULL, "{'backup': 'db', 'id': 'b1'}");
	CHECK(json_is_null(member(&j, "running")));
	CHECK_STR_EQ(json_get_string(member(&j, "failed"), "reason", ""),
		     "its run ended without a word");
	make(&j, "b2");
	CHECK_FAILS(journey_step(&j, "backup.abandoned", NULL,
				 "{'backup': 'db', 'id': 'b2'}"),
		    &j.err, ERR_STATE, "'b2' is a copy");
	finish(&j);
}

TEST(backups_do_not_mind_each_other_or_the_lock)
{
	struct journey j = journey_begin("production");
	journey_lock(&j);
	be_another_run(&j, "4712");
	journey_go(&j, "backup.begun", NULL, BEGUN, "b1");
	journey_go(&j, "backup.begun", NULL,
		   "{'backup': 'files', 'id': 'f1', 'until': '2023-11-14T23:00:00Z', "
		   "'stores': ['s3']}");
	journey_go(&j, "backup.made", NULL, MADE, "b1");
	CHECK_INT_EQ(backup_ask(j.documents.state, "files", j.at_ms), BACKUP_BUSY);
	CHECK_INT_EQ(backup_ask(j.documents.state, "db", j.at_ms), BACKUP_FREE);
	finish(&j);
}

/* --- copies ---------------------------------------------------------------------------------- */

static void verify(struct journey *j, const char *id, const char *store,
		   const char *outcome, const char *reason)
{
	journey_go(j, "backup.verified", NULL, VERIFIED, id, store, outcome, reason,
		   AT_COPY, "'" SHA "'");
}

/* One of "verified" and "bad", of b1. */
static void check_found(const struct journey *j, const char *key, const char *want)
{
	CHECK_JSON_EQ(json_object_get(copy_of(j, "b1"), key), want);
}

TEST(a_copy_is_bad_in_a_store_until_it_is_good_there)
{
	struct journey j = journey_begin("production");
	make(&j, "b1");
	verify(&j, "b1", "s3", "good", "null");
	check_found(&j, "verified",
		    "{'s3': {'at': '2023-11-14T22:15:20Z', 'how': 'sampled'}}");
	verify(&j, "b1", "s3", "bad", "'chunk 3'");
	check_found(&j, "bad",
		    "{'s3': {'at': '2023-11-14T22:16:20Z', 'reason': 'chunk 3'}}");
	check_found(&j, "verified", "{}");
	verify(&j, "b1", "local", "good", "null");
	check_found(&j, "bad",
		    "{'s3': {'at': '2023-11-14T22:16:20Z', 'reason': 'chunk 3'}}");
	check_found(&j, "verified",
		    "{'local': {'at': '2023-11-14T22:17:20Z', 'how': 'sampled'}}");
	verify(&j, "b1", "s3", "good", "null");
	check_found(&j, "bad", "{}");
	CHECK_INT_EQ(json_object_size(json_object_get(copy_of(&j, "b1"), "verified")), 2);
	finish(&j);
}

TEST(what_is_repaired_in_one_store_stays_bad_in_the_other)
{
	struct journey j = journey_begin("production");
	make(&j, "b1");
	verify(&j, "b1", "s3", "bad", "'chunk 3'");
	verify(&j, "b1", "local", "bad", "'chunk 5'");
	CHECK(!backup_copy_is_sound(copy_of(&j, "b1")));
	verify(&j, "b1", "local", "good", "null");
	CHECK(backup_copy_bad(copy_of(&j, "b1"), "s3") != NULL);
	CHECK_NULL(backup_copy_verified(copy_of(&j, "b1"), "s3"));
	CHECK_NULL(backup_copy_bad(copy_of(&j, "b1"), "local"));
	CHECK(backup_copy_verified(copy_of(&j, "b1"), "local") != NULL);
	CHECK(backup_copy_is_sound(copy_of(&j, "b1")));
	finish(&j);
}

TEST(a_copy_that_nobody_knew)
{
	struct journey j = journey_begin("production");
	make(&j, "b1");
	verify(&j, "a-old", "s3", "good", "null");
	verify(&j, "a-old", "local", "good", "null");
	CHECK_JSON_EQ(
		copy_of(&j, "a-old"),
		"{'id': 'a-old', 'at': '" AT_COPY "', 'manifest': '" SHA
		"', 'open_bytes': 0, 'stored_bytes': 0, 'duration_ms': 0, 'stores': "
		"['s3', 'local'], 'verified': {'s3': {'at': '2023-11-14T22:15:20Z', "
		"'how': 'sampled'}, 'local': {'at': '2023-11-14T22:16:20Z', "
		"'how': 'sampled'}}, 'bad': {}}");
	CHECK_STR_EQ(json_get_string(json_array_get(member(&j, "copies"), 1), "id", ""),
		     "a-old");
	journey_go(
		&j, "backup.verified", NULL,
		"{'backup': 'db', 'id': 'sized', 'store': 's3', 'how': 'data', 'outcome': "
		"'bad', 'reason': 'chunk 2', 'at_copy': '2024-01-01T00:00:00Z', "
		"'manifest': '" SHA "', 'open_bytes': 7, 'stored_bytes': 5}");
	CHECK_INT_EQ(json_get_int(copy_of(&j, "sized"), "stored_bytes", 0), 5);
	CHECK_STR_EQ(json_get_string(json_array_get(member(&j, "copies"), 0), "id", ""),
		     "sized");
	/* A manifest that cannot be read makes nothing known. */
	journey_go(&j, "backup.verified", NULL, VERIFIED, "ghost", "s3", "bad",
		   "'no manifest'", AT_COPY, "null");
	CHECK_NULL(copy_of(&j, "ghost"));
	finish(&j);
}

/* A verification may see its manifest before the run says that it is done. */
TEST(what_was_seen_before_it_was_told_is_one_copy)
{
	struct journey j = journey_begin("production");
	journey_go(&j, "backup.begun", NULL, BEGUN, "b1");
	journey_go(&j, "backup.verified", NULL, VERIFIED, "b1", "s3", "good", "null",
		   AT_COPY, "'" OTHER_SHA "'");
	journey_go(&j, "backup.made", NULL, MADE, "b1");
	CHECK_INT_EQ(json_array_size(member(&j, "copies")), 1);
	CHECK_STR_EQ(json_get_string(copy_of(&j, "b1"), "manifest", ""), SHA);
	CHECK_INT_EQ(json_array_size(json_object_get(copy_of(&j, "b1"), "stores")), 2);
	finish(&j);
}

TEST(good_is_only_what_was_made)
{
	struct journey j = journey_begin("production");
	make(&j, "b1");
	_cleanup_free_ char *data = str_format(VERIFIED, "b1", "s3", "good", "null",
					       AT_COPY, "'" OTHER_SHA "'");
	CHECK_FAILS(journey_step(&j, "backup.verified", NULL, data), &j.err, ERR_STATE,
		    "copy 'b1' was made with another manifest");
	journey_go(&j, "backup.verified", NULL, VERIFIED, "b1", "s3", "bad",
		   "'another manifest'", AT_COPY, "'" OTHER_SHA "'");
	CHECK_STR_EQ(json_get_string(copy_of(&j, "b1"), "manifest", ""), SHA);
	finish(&j);
}

TEST(a_copy_goes_with_its_last_store)
{
	struct journey j = journey_begin("production");
	make(&j, "b1");
	make(&j, "b2");
	verify(&j, "b1", "local", "good", "null");
	journey_go(&j, "backup.forgotten", NULL,
		   "{'backup': 'db', 'store': 'local', 'copies': [{'id': 'b1', 'reason': "
		   "'older than 7d'}, {'id': 'nobody'}]}");
	CHECK_JSON_EQ(json_object_get(copy_of(&j, "b1"), "stores"), "['s3']");
	check_found(&j, "verified", "{}");
	CHECK_JSON_EQ(json_object_get(copy_of(&j, "b2"), "stores"), "['s3', 'local']");
	journey_go(&j, "backup.forgotten", NULL,
		   "{'backup': 'db', 'store': 's3', 'copies': [{'id': 'b1'}]}");
	CHECK_NULL(copy_of(&j, "b1"));
	CHECK_INT_EQ(json_array_size(member(&j, "copies")), 1);
	finish(&j);
}

TEST(proofs)
{
	struct journey j = journey_begin("production");
	make(&j, "b1");
	journey_go(
		&j, "backup.restored", NULL,
		"{'backup': 'db', 'id': 'b1', 'store': 's3', 'to': '/srv/db', 'outcome': "
		"'good', 'reason': null, 'bytes': 40, 'duration_ms': 5}");
	journey_go(
		&j, "backup.drilled", NULL,
		"{'backup': 'db', 'id': 'b1', 'store': 's3', 'outcome': 'fail', 'reason': "
		"'no rows', 'rto_ms': null, 'rpo_ms': 60000, 'checks': [{'name': 'rows', "
		"'outcome': 'fail', 'text': '0'}]}");
	CHECK_JSON_EQ(
		member(&j, "restored"),
		"{'id': 'b1', 'at': '2023-11-14T22:15:20Z', 'outcome': 'good', 'to': "
		"'/srv/db'}");
	CHECK_JSON_EQ(member(&j, "drilled"),
		      "{'id': 'b1', 'at': '2023-11-14T22:16:20Z', 'outcome': 'fail', "
		      "'rto_ms': null, 'rpo_ms': 60000, 'reason': 'no rows'}");
	finish(&j);
}

/* --- bounds ---------------------------------------------------------------------------------- */

static void make_many(struct journey *j, int from, int to)
{
	for (int i = from; i < to; i++) {
		_cleanup_free_ char *id = str_format("b%03d", i);
		j->at_ms = JOURNEY_START_MS;
		make(j, id);
		j->at_ms += 1000;
	}
}

TEST(the_oldest_copy_gives_way)
{
	struct journey j = journey_begin("production");
	make_many(&j, 0, BACKUP_COPIES_MAX + 2);
	CHECK_INT_EQ(json_array_size(member(&j, "copies")), BACKUP_COPIES_MAX);
	CHECK_NULL(copy_of(&j, "b001"));
	CHECK(copy_of(&j, "b002") != NULL);
	/* Older than all that there is room for: known for no longer than this. */
	verify(&j, "a", "s3", "good", "null");
	CHECK_NULL(copy_of(&j, "a"));
	finish(&j);
}

/* Its name is all that says that it is bad. */
TEST(bad_copies_are_the_last_to_give_way)
{
	struct journey j = journey_begin("production");
	make_many(&j, 0, 3);
	verify(&j, "b001", "s3", "bad", "'chunk 3'");
	make_many(&j, 3, BACKUP_COPIES_MAX + 2);
	CHECK_INT_EQ(json_array_size(member(&j, "copies")), BACKUP_COPIES_MAX);
	CHECK_NULL(copy_of(&j, "b000"));
	CHECK(copy_of(&j, "b001") != NULL);
	CHECK_NULL(copy_of(&j, "b002"));
	CHECK_STR_EQ(backup_reaches_back_to(entry_of(&j)), "b003");
	finish(&j);
}

/* --- order ----------------------------------------------------------------------------------- */

/* The clock of whoever made it was behind: its time says that it is the oldest. */
TEST(what_is_made_last_is_known_whatever_its_id_says)
{
	struct journey j = journey_begin("production");
	make_many(&j, 100, 100 + BACKUP_COPIES_MAX);
	make(&j, "b050");
	CHECK_STR_EQ(json_string_value(member(&j, "last")), "b050");
	CHECK_INT_EQ(json_array_size(member(&j, "copies")), BACKUP_COPIES_MAX);
	CHECK(copy_of(&j, "b050") != NULL);
	CHECK_NULL(copy_of(&j, "b100"));
	CHECK_STR_EQ(json_get_string(
			     json_array_get(member(&j, "copies"), BACKUP_COPIES_MAX - 1),
			     "id", ""),
		     "b050");
	finish(&j);
}

#define ID(time) "20231114T" time "Z-0000"

static const struct found_row {
	const char *name, *id, *outcome;
	bool last;
} founds[] = {
	{"older", ID("221000"), "good", false},
	{"newer", ID("221500"), "good", true},
	{"newer and bad", ID("221500"), "bad", false},
	{"ahead of every clock", ID("231500"), "good", false},
	{"without a time", "z", "good", false},
};

TEST(what_is_found_and_newer_was_made_last)
{
	FOR_ROWS(row, founds) {
		struct journey j = journey_begin("production");
		verify(&j, row->id, "s3", row->outcome, "null");
		CHECK(json_is_null(member(&j, "last"))); /* nobody knows */
		journey_go(&j, "backup.forgotten", NULL,
			   "{'backup': 'db', 'store': 's3', 'copies': [{'id': '%s'}]}",
			   row->id);
		make(&j, ID("221300"));
		verify(&j, row->id, "s3", row->outcome, "null");
		CHECK_STR_EQ(json_string_value(member(&j, "last")),
			     row->last ? row->id : ID("221300"));
		finish(&j);
	}
}

TEST(a_backup_that_is_gone_makes_room_for_another)
{
	struct journey j = journey_begin("production");
	for (int i = 0; i < 100; i++)
		journey_go(
			&j, "backup.begun", NULL,
			"{'backup': 'b%d', 'id': 'x', 'until': '2023-11-14T23:00:00Z', "
			"'stores': ['s3']}",
			i);
	_cleanup_free_ char *begun = str_format(BEGUN, "x");
	CHECK_FAILS(journey_step(&j, "backup.begun", NULL, begun), &j.err, ERR_STATE,
		    "there are 100 backups already");
	journey_go(&j, "backup.abandoned", NULL, "{'backup': 'b7', 'id': 'x'}");
	CHECK_OK(journey_step(&j, "backup.begun", NULL, begun), &j.err);
	CHECK_NULL(state_backup(j.documents.state, "b7"));
	finish(&j);
}

TEST(texts_are_cut)
{
	struct journey j = journey_begin("production");
	struct str reason = STR_INIT;
	str_pad(&reason, 'x', 5000);
	journey_go(&j, "backup.begun", NULL, BEGUN, "b1");
	journey_go(&j, "backup.failed", NULL,
		   "{'backup': 'db', 'id': 'b1', 'reason': '%s', 'duration_ms': 5}",
		   str_text(&reason));
	CHECK_INT_EQ(strlen(json_get_string(member(&j, "failed"), "reason", "")), 300);
	str_release(&reason);
	finish(&j);
}

/* --- what is refused ------------------------------------------------------------------------- */

static const struct stranger_row {
	const char *name, *type, *data, *why;
} strangers[] = {
	{"no name", "backup.begun",
	 "{'id': 'x', 'until': '" AT_COPY "', 'stores': ['s3']}",
	 "data.backup is not a text"},
	{"a name with a slash", "backup.begun",
	 "{'backup': '../x', 'id': 'x', 'until': '" AT_COPY "', 'stores': ['s3']}",
	 "data.backup is not a name"},
	{"an id with a blank", "backup.begun",
	 "{'backup': 'db', 'id': 'x y', 'until': '" AT_COPY "', 'stores': ['s3']}",
	 "data.id is not a name"},
	{"an id that begins with a dot", "backup.abandoned",
	 "{'backup': 'db', 'id': '.x'}", "data.id is not a name"},
	{"no end", "backup.begun", "{'backup': 'db', 'id': 'x', 'stores': ['s3']}",
	 "data.until is not a text"},
	{"no stores", "backup.begun",
	 "{'backup': 'db', 'id': 'x', 'until': '" AT_COPY "', 'stores': []}",
	 "data.stores is not a list of 1 to 16 stores"},
	{"a store without a name", "backup.begun",
	 "{'backup': 'db', 'id': 'x', 'until': '" AT_COPY "', 'stores': [5]}",
	 "data.stores holds something else than names"},
	{"a copy again", "backup.begun",
	 "{'backup': 'db', 'id': 'b1', 'until': '" AT_COPY "', 'stores': ['s3']}",
	 "there is a copy 'b1' already"},
	{"made without an attempt", "backup.made",
	 "{'backup': 'db', 'id': 'b2', 'manifest': '" SHA
	 "', 'stores': ['s3'], 'open_bytes': 4, 'stored_bytes': 1, 'chunks': 1, "
	 "'duration_ms': 9}",
	 "no attempt is running, so not 'b2'"},
	{"made of less than nothing", "backup.made",
	 "{'backup': 'db', 'id': 'b2', 'manifest': '" SHA
	 "', 'stores': ['s3'], 'open_bytes': 4, 'stored_bytes': -1, 'chunks': 1, "
	 "'duration_ms': 9}",
	 "data.stored_bytes is below zero"},
	{"a digest that is none", "backup.made",
	 "{'backup': 'db', 'id': 'b2', 'manifest': 'abc', 'stores': ['s3'], 'open_bytes': "
	 "4, 'stored_bytes': 1, 'chunks': 1, 'duration_ms': 9}",
	 "data.manifest is not a SHA-256"},
	{"failed stores that are no list", "backup.made",
	 "{'backup': 'db', 'id': 'b2', 'manifest': '" SHA
	 "', 'stores': ['s3'], 'failed': 's3', 'open_bytes': 4, 'stored_bytes': 1, "
	 "'chunks': 1, 'duration_ms': 9}",
	 "data.failed is not a list"},
	{"failed without an attempt", "backup.failed",
	 "{'backup': 'db', 'id': 'b2', 'reason': 'x', 'duration_ms': 1}",
	 "no attempt is running, so not 'b2'"},
	{"failed without a reason", "backup.failed",
	 "{'backup': 'db', 'id': 'b2', 'duration_ms': 1}", "data.reason is not a text"},
	{"verified somehow", "backup.verified",
	 "{'backup': 'db', 'id': 'b1', 'store': 's3', 'how': 'felt', 'outcome': 'good', "
	 "'at_copy': '" AT_COPY "', 'manifest': '" SHA "'}",
	 "data.how 'felt' is unknown"},
	{"good without a manifest", "backup.verified",
	 "{'backup': 'db', 'id': 'b1', 'store': 's3', 'how': 'data', 'outcome': 'good', "
	 "'at_copy': '" AT_COPY "'}",
	 "data.manifest is not a text"},
	{"verified at no time", "backup.verified",
	 "{'backup': 'db', 'id': 'b1', 'store': 's3', 'how': 'data', 'outcome': 'good', "
	 "'at_copy': 'then', 'manifest': '" SHA "'}",
	 "data.at_copy is not a time"},
	{"forgotten in no store", "backup.forgotten", "{'backup': 'db', 'copies': []}",
	 "data.store is not a text"},
	{"forgotten, but what", "backup.forgotten",
	 "{'backup': 'db', 'store': 's3', 'copies': [{}]}",
	 "data.copies has a copy without an id"},
	{"forgotten, no list", "backup.forgotten",
	 "{'backup': 'db', 'store': 's3', 'copies': 'b1'}", "data.copies is not a list"},
	{"restored to nowhere", "backup.restored",
	 "{'backup': 'db', 'id': 'b1', 'store': 's3', 'outcome': 'good', 'bytes': 1, "
	 "'duration_ms': 1}",
	 "data.to is not a text"},
	{"drilled before it began", "backup.drilled",
	 "{'backup': 'db', 'id': 'b1', 'store': 's3', 'outcome': 'pass', 'rto_ms': -1, "
	 "'checks': []}",
	 "data.rto_ms is below zero"},
	{"drilled without checks", "backup.drilled",
	 "{'backup': 'db', 'id': 'b1', 'store': 's3', 'outcome': 'pass'}",
	 "data.checks is not a list"},
};

TEST(what_does_not_fit_is_refused)
{
	FOR_ROWS(row, strangers) {
		struct journey j = journey_begin("production");
		make(&j, "b1");
		_cleanup_json_ json_t *before = json_deep_copy(j.documents.state);
		CHECK_FAILS(journey_step(&j, row->type, NULL, row->data), &j.err,
			    ERR_STATE, row->why);
		CHECK(json_equal(before, j.documents.state));
		finish(&j);
	}
}

/* --- of a deployment ------------------------------------------------------------------------- */

#define BACKED_UP "{'service': 'api', 'backup': 'db', 'id': 'b1'}"

TEST(a_deployment_names_what_was_backed_up_before_it)
{
	struct journey j = journey_begin("production");
	journey_open(&j, "deploy", "d1", "v1", "api", "r1");
	journey_go(&j, "deployment.backed-up", "d1", BACKED_UP);
	CHECK_JSON_EQ(json_object_get(state_transaction(j.documents.state), "backups"),
		      "{'api': {'backup': 'db', 'id': 'b1'}}");
	check_schema("schemas/state.schema.json", j.documents.state);
	journey_go(&j, "deployment.switched", "d1", "{'service': 'api', 'hosts': {}}");
	CHECK_FAILS(journey_step(&j, "deployment.backed-up", "d1", BACKED_UP), &j.err,
		    ERR_STATE, "has been switched already");
	journey_go(&j, "deployment.committed", "d1",
		   "{'deployment': 'd1', 'duration_ms': 4000, 'switch_ms': 120}");
	const json_t *row =
		json_array_get(json_object_get(j.documents.recent, "deployments"), 0);
	CHECK_JSON_EQ(json_at(row, "/services/api/backup"),
		      "{'backup': 'db', 'id': 'b1'}");
	finish(&j);
}

TEST(what_is_backed_up_belongs_to_the_open_deployment)
{
	struct journey j = journey_begin("production");
	CHECK(journey_step(&j, "deployment.backed-up", "d1", BACKED_UP) < 0);
	journey_open(&j, "deploy", "d1", "v1", "web", "r1");
	CHECK_FAILS(journey_step(&j, "deployment.backed-up", "d1", BACKED_UP), &j.err,
		    ERR_STATE, "service 'api' is not part of the transaction");
	be_another_run(&j, "4712");
	CHECK(journey_step(&j, "deployment.backed-up", "d1",
			   "{'service': 'web', 'backup': 'db', 'id': 'b1'}") < 0);
	finish(&j);
}
