/* What a listing says: folders, newest first, and nothing that is not ours. */
#include "belay/backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static const struct id_row {
	const char *name, *id;
	int64_t at_ms; /* -1: none */
} ids[] = {
	{"as they are made", "20261121T020000Z-1a2b", INT64_C(1795226400000)},
	{"the epoch", "19700101T000000Z-0000", 0},
	{"a leap day", "20240229T235959Z-ffff", INT64_C(1709251199000)},
	{"no leap day", "20230229T235959Z-ffff", -1},
	{"hour 24", "20261121T240000Z-1a2b", -1},
	{"capitals", "20261121T020000Z-1A2B", -1},
	{"too short", "20261121T020000Z-1a2", -1},
	{"too long", "20261121T020000Z-1a2bc", -1},
	{"another letter", "20261121t020000Z-1a2b", -1},
	{"a sign", "+0261121T020000Z-1a2b", -1},
	{"empty", "", -1},
};

TEST(times_in_ids)
{
	FOR_ROWS(row, ids) {
		int64_t at_ms = -2;
		CHECK_INT_EQ(backup_id_time(row->id, &at_ms), row->at_ms >= 0);
		if (row->at_ms >= 0)
			CHECK_INT_EQ(at_ms, row->at_ms);
	}
}

static json_t *listing(const char *const *names)
{
	json_t *objects = json_array();
	for (; *names; names++)
		json_array_append_new(objects,
				      json_pack("{s:s, s:i, s:i}", "name", *names,
						"size_bytes", 10, "modified_ms", 5));
	return objects;
}

#define PAST "20261120T020000Z-0001"
#define NOW_ID "20261121T120000Z-0001"
#define SOON "20261121T120459Z-0001"
#define LATER "20261121T120501Z-0001"
#define FAR "20990101T000000Z-0001"

static const struct newer_row {
	const char *name, *id, *other;
	bool want;
} newers[] = {
	{"than nothing", PAST, NULL, true},
	{"than an older one", NOW_ID, PAST, true},
	{"than a newer one", PAST, NOW_ID, false},
	{"than itself", PAST, PAST, false},
	{"clocks differ a little", SOON, NOW_ID, true},
	{"a clock was wrong", LATER, PAST, false},
	{"the other one's clock was wrong", PAST, LATER, true},
	{"both clocks were wrong", FAR, LATER, true},
	{"there is no other", FAR, NULL, true},
};

TEST(what_is_from_the_future_is_not_newer)
{
	int64_t now_ms = 0;
	CHECK(backup_id_time(NOW_ID, &now_ms));
	FOR_ROWS(row, newers)
		CHECK_INT_EQ(backup_id_is_newer(row->id, row->other, now_ms), row->want);
}

TEST(folders_are_newest_first_and_manifests_go_first)
{
	static const char *const names[] = {
		"db/20261120T020000Z-0001/RESTORE.txt",
		"db/20261120T020000Z-0001/data.zst.cms",
		"db/20261121T020000Z-0001/RESTORE.txt",
		"db/20261121T020000Z-0001/data.zst.cms",
		"db/20261121T020000Z-0001/manifest.json",
		"db/20261121T020000Z-0001/manifest.sig",
		"db/20261121T020000Z-0002/manifest.json",
		NULL,
	};
	_cleanup_json_ json_t *objects = listing(names);
	_cleanup_json_ json_t *folders = backup_folders("db", objects);
	CHECK_JSON_EQ(
		folders,
		"[{'id': '20261121T020000Z-0002', 'whole': false, 'stored_bytes': 10, 'data_bytes': 0, "
		"'objects': ['db/20261121T020000Z-0002/manifest.json']}, {'id': "
		"'20261121T020000Z-0001', 'whole': true, 'stored_bytes': 40, 'data_bytes': 10, 'objects': "
		"['db/20261121T020000Z-0001/manifest.json', "
		"'db/20261121T020000Z-0001/manifest.sig', "
		"'db/20261121T020000Z-0001/RESTORE.txt', "
		"'db/20261121T020000Z-0001/data.zst.cms']}, {'id': '20261120T020000Z-0001', "
		"'whole': false, 'stored_bytes': 20, 'data_bytes': 10, 'objects': "
		"['db/20261120T020000Z-0001/RESTORE.txt', "
		"'db/20261120T020000Z-0001/data.zst.cms']}]");
}

static const struct alien_row {
	const char *name, *object;
} aliens[] = {
	{"another backup", "db2/20261120T020000Z-0001/manifest.json"},
	{"a backup whose name begins alike", "d/20261120T020000Z-0001/manifest.json"},
	{"not in a folder", "db/manifest.json"},
	{"a folder with another name", "db/latest/manifest.json"},
	{"a file with another name", "db/20261120T020000Z-0001/notes.txt"},
	{"deeper", "db/20261120T020000Z-0001/old/manifest.json"},
	{"a folder that is a file", "db/20261120T020000Z-0001"},
	{"a folder's own entry", "db/20261120T020000Z-0001/"},
	{"no name", ""},
};

TEST(what_is_not_ours_is_not_seen)
{
	FOR_ROWS(row, aliens) {
		const char *const names[] = {row->object, NULL};
		_cleanup_json_ json_t *objects = listing(names);
		_cleanup_json_ json_t *folders = backup_folders("db", objects);
		CHECK_INT_EQ(json_array_size(folders), 0);
	}
}

TEST(an_empty_store_has_no_folders)
{
	_cleanup_json_ json_t *folders = backup_folders("db", NULL);
	CHECK_JSON_EQ(folders, "[]");
}
