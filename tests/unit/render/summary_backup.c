/* Pages of the step summary on backups: the verdict in the first line, a row for each thing. */
#include "golden.h"

#define ROW                                                                              \
	"'name': 'db', 'environment': 'live', 'id': 'id-1', 'stores': [{'name': 's3', "  \
	"'state': 'good', 'how': 'sampled', 'reason': null}, {'name': 'o*f', 'state': "  \
	"'bad', 'how': 'data', 'reason': 'chunk 3'}], 'open_bytes': 2048, "              \
	"'stored_bytes': 1024, 'duration_ms': 1500, 'warnings': []"
#define HEALTH                                                                           \
	"'name': 'db', 'outcome': 'fail', 'reason': 'late by 3h', 'age_ms': 97200000, "  \
	"'every_ms': 86400000"
#define COPY                                                                             \
	"'id': 'id-1', 'at': '2026-11-21T07:00:00Z', 'store': 's3', 'bytes': 2048, "     \
	"'duration_ms': 20"

static const struct {
	const char *name, *schema, *result;
	const char *first; /* the first line */
	const char *has[4];
	const char *not_has; /* or NULL */
} pages[] = {
	{"made",
	 "result.backup",
	 "{'backups': [{" ROW ", 'outcome': 'made', 'reason': null}]}",
	 "## ✅ 1 of 1 backup made\n",
	 {"| ✅ | db | `id-1` | 2 KiB | 1 KiB | 1.5s | ✅ s3<br>❌ o\\*f: chunk 3 |"},
	 "###"},
	{"one of two",
	 "result.backup",
	 "{'backups': [{" ROW ", 'outcome': 'made', 'reason': null}, {'name': 'files', "
	 "'outcome': 'failed', 'reason': 'no space', 'hint': 'free some', 'warnings': "
	 "['old *certificate*'], 'duration_ms': 3}], 'told': [{'notification': 'ops', "
	 "'topic': 'backup-failed', 'outcome': 'sent'}]}",
	 "## ❌ 1 of 2 backups made\n",
	 {"| ❌ | files | ", "### files\n\nno space\n\nHint: free some\n",
	  "- ⚠️ old \\*certificate\\*\n", "| ✅ | ops | backup-failed | sent |"},
	 NULL},
	{"a dry run",
	 "result.backup",
	 "{'backups': [{'name': 'db', 'outcome': 'made'}], 'would': [{'summary': 'write'}]}",
	 "## ✅ 1 of 1 backup would be made\n",
	 {"### What would be done\n\n1. write\n"},
	 NULL},
	{"a list",
	 "result.backup-list",
	 "{'backups': [{" HEALTH ", 'stores': ['s3'], 'copies': [{'id': 'id-1', 'at': "
	 "'2026-11-21T07:00:00Z', 'open_bytes': 2048, 'stored_bytes': null, 'stores': "
	 "[{'store': 's3', 'state': 'good'}, {'store': 'off', 'state': 'missing'}]}], "
	 "'unreachable': [{'store': 'off', 'reason': 'no route'}]}]}",
	 "## Backups\n",
	 {"| ❌ | db | 1d 3h old, promised every 1d | late by 3h |",
	  "| `id-1` | 3 hours ago | 2 KiB |  | ✅ s3: good<br>❌ off: missing |",
	  "⚠️ off could not be asked: no route\n"},
	 NULL},
	{"verified",
	 "result.backup-verify",
	 "{'backups': [{'name': 'db', 'outcome': 'good', 'reason': null, 'copies': [{" COPY
	 ", 'outcome': 'good', 'how': 'data'}]}]}",
	 "## ✅ Backups are what was written\n",
	 {"| ✅ | db | `id-1` | s3 | all of it read again | 2 KiB | 20ms |"},
	 NULL},
	{"one is not on the journal",
	 "result.backup-verify",
	 "{'backups': [{'name': 'db', 'outcome': 'good', 'reason': null, 'copies': [{" COPY
	 ", 'outcome': 'good', 'how': 'data'}], 'not_on_journal': [{'store': 's3', 'id': "
	 "'id-2', 'count': 3}]}]}",
	 "## ✅ Backups are what was written\n",
	 {"⚠️ Not on the journal: `id-2` in s3, 3 in all\n"},
	 NULL},
	{"damaged",
	 "result.backup-verify",
	 "{'backups': [{'name': 'db', 'outcome': 'bad', 'reason': null, 'copies': [{" COPY
	 ", 'outcome': 'bad', 'reason': 'chunk 3', 'how': 'data'}]}, {'name': 'files', "
	 "'outcome': 'unknown', 'reason': 'no copy', 'copies': []}]}",
	 "## ❌ Backups are not all good\n",
	 {"| ❌ | db | `id-1` | s3 | chunk 3 | 2 KiB | 20ms |", "\nno copy\n"},
	 NULL},
	{"restored",
	 "result.backup-restore",
	 "{'name': 'db', " COPY ", 'outcome': 'restored', 'reason': null, 'to': {'kind': "
	 "'directory', 'text': '/srv/app'}, 'warnings': []}",
	 "## ✅ db restored\n",
	 {"| `id-1` | 3 hours ago | s3 | `/srv/app` | 2 KiB | 20ms |"},
	 NULL},
	{"not restored",
	 "result.backup-restore",
	 "{'name': 'db', " COPY
	 ", 'outcome': 'failed', 'reason': 'exit 1', 'to': {'kind': "
	 "'run', 'text': 'psql'}, 'run': {'stderr': 'no such database\\n'}, 'warnings': []}",
	 "## ❌ db was not restored\n",
	 {"\nexit 1\n", "no such database"},
	 NULL},
	{"forgotten",
	 "result.backup-forget",
	 "{'backups': [{'name': 'db', 'outcome': 'failed', 'stores': [{'store': 's3', "
	 "'outcome': 'passed', 'reason': null, 'policy': '7d', 'copies': [{'id': 'id-1', "
	 "'at': '2026-11-21T07:00:00Z', 'keep': true, 'reasons': ['the newest', 'young']}, "
	 "{'id': 'id-0', 'at': '2026-11-12T10:00:00Z', 'keep': false, 'stored_bytes': 1024, "
	 "'reasons': ['older than 7d']}]}, {'store': 'off', 'outcome': 'failed', 'reason': "
	 "'no route', 'policy': '90d', 'copies': []}]}]}",
	 "## ❌ Which copies stay\n",
	 {"### ✅ db in s3: keeps 7d\n",
	  "| keep | `id-1` | 3 hours ago |  | the newest, young |",
	  "| forget | `id-0` | 9 days ago | 1 KiB | older than 7d |",
	  "### ❌ db in off: keeps 90d\n\nno route\n"},
	 NULL},
	{"a drill",
	 "result.backup-drill",
	 "{'name': 'db', 'outcome': 'fail', 'reason': 'too slow', 'rto_ms': 7200000, "
	 "'rto_promised_ms': 3600000, 'rpo_ms': 1000, 'rpo_promised_ms': null, 'checks': "
	 "[{'name': 'rows', 'outcome': 'pass', 'text': '12 | 3', 'duration_ms': 5}], "
	 "'warnings': []}",
	 "## ❌ Drill of db failed\n",
	 {"\ntoo slow\n", "| ❌ | RTO | 2h | 1h |", "| ✅ | RPO | 1s |  |",
	  "| ✅ | rows | 12 \\| 3 | 5ms |"},
	 NULL},
	{"the state",
	 "result.status",
	 "{'location': 'x', 'environments': [{'environment': 'live', 'sequence': 2, "
	 "'backups': [{" HEALTH "}]}]}",
	 "## live\n",
	 {"| ❌ | db | 1d 3h old, promised every 1d | late by 3h |"},
	 NULL},
};

TEST(each_result_has_a_page)
{
	FOR_ROWS(row, pages) {
		_cleanup_json_ json_t *result = golden_json(row->result);
		_cleanup_str_ struct str out = STR_INIT;
		const struct summary summary = {
			.command = "backup",
			.schema = row->schema,
			.result = result,
			.now_ms = 1795255200000LL, /* 2026-11-21T10:00:00Z */
		};
		render_summary(&out, &summary);
		_cleanup_free_ char *first =
			mem_strndup(str_text(&out), strcspn(str_text(&out), "\n") + 1);
		CHECK_STR_EQ(first, row->first);
		for (size_t i = 0; i < ARRAY_SIZE(row->has) && row->has[i]; i++)
			CHECK_STR_HAS(str_text(&out), row->has[i]);
		if (row->not_has)
			CHECK(!strstr(str_text(&out), row->not_has));
	}
}
