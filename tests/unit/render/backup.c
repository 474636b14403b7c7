/* Backups as people read them: made, listed, verified, restored, forgotten, drilled. Every row is a result as its
 * schema says. */
#include "belay/embedded.h"
#include "belay/schema.h"
#include "golden.h"

#define NOW_MS 1795255200000LL /* 2026-11-21T10:00:00Z */

#define MADE                                                                             \
	"{'name': 'db', 'environment': 'live', 'id': '20261121T090000Z-aa11',"           \
	" 'outcome': 'made', 'reason': null, 'stores': [{'name': 's3', "                 \
	"'state': 'good', 'how': 'sampled', 'reason': null}, {'name': 'off', "           \
	"'state': 'good', 'how': 'data', 'reason': null}], 'kind': 'stream', "           \
	"'entries': null, 'open_bytes': 432013312, 'stored_bytes': 100978688,"           \
	" 'chunks': 13, 'duration_ms': 1200, 'left_out': [], "                           \
	"'left_out_count': 0, 'missing': [], 'warnings': []}"
#define PARTIAL                                                                          \
	"{'name': 'files', 'environment': 'live', 'id': "                                \
	"'20261121T090000Z-aa11', 'outcome': 'partial', 'reason': 'store "               \
	"\\u0027off\\u0027: no space left', 'stores': [{'name': 's3', "                  \
	"'state': 'unverified', 'how': null, 'reason': null}, {'name': 'off',"           \
	" 'state': 'failed', 'how': null, 'reason': 'no space left'}, "                  \
	"{'name': 'old', 'state': 'bad', 'how': 'sampled', 'reason': 'chunk 3"           \
	" is not what was written'}], 'kind': 'tar', 'entries': 120, "                   \
	"'open_bytes': 432013312, 'stored_bytes': 100978688, 'chunks': 13, "             \
	"'duration_ms': 1200, 'left_out': [{'path': '/srv/a0', 'reason': 'a "            \
	"socket'}, {'path': '/srv/a1', 'reason': 'a socket'}, {'path': "                 \
	"'/srv/a2', 'reason': 'a socket'}, {'path': '/srv/a3', 'reason': 'a "            \
	"socket'}], 'left_out_count': 9, 'missing': ['/etc/nginx', '/srv/b1', "          \
	"'/srv/b2', '/srv/b3'], "                                                        \
	"'warnings': ['\\u0027a.crt\\u0027 expired on 2024-05-01'], 'hint': "            \
	"'free some, or forget copies'}"
#define FAILED                                                                           \
	"{'name': 'dump', 'environment': 'live', 'id': "                                 \
	"'20261121T090000Z-aa11', 'outcome': 'failed', 'reason': 'the command"           \
	" exited with 1: no such database', 'stores': [], 'kind': 'stream', "            \
	"'entries': null, 'open_bytes': null, 'stored_bytes': null, 'chunks':"           \
	" null, 'duration_ms': 300, 'left_out': [], 'left_out_count': 0, "               \
	"'missing': [], 'warnings': [], 'hint': 'look at its output'}"
#define HEALTHY                                                                          \
	"{'name': 'db', 'environment': 'live', 'outcome': 'pass', 'reason': "            \
	"null, 'newest': null, 'age_ms': 10800000, 'every_ms': 86400000, "               \
	"'late': false, 'verified_at': '2026-11-21T09:50:00Z', 'drilled': "              \
	"{'id': 'x', 'at': '2026-11-20T10:00:00Z', 'outcome': 'pass', "                  \
	"'rto_ms': 1, 'rpo_ms': 1, 'reason': null}, 'drill_due': false, "                \
	"'running': null, 'failed': null, 'stores': ['s3', 'off'], 'copies': "           \
	"[{'id': '20261121T070000Z-aa11', 'at': '2026-11-21T07:00:00Z', "                \
	"'open_bytes': 432013312, 'stored_bytes': 100978688, 'duration_ms': "            \
	"1200, 'stores': [{'store': 's3', 'state': 'good'}, {'store': 'off', "           \
	"'state': 'bad', 'reason': 'chunk 3 is not what was written'}]}, "               \
	"{'id': '20261120T070000Z-bb22', 'at': '2026-11-20T07:00:00Z', "                 \
	"'open_bytes': null, 'stored_bytes': 90000000, 'duration_ms': null, "            \
	"'stores': [{'store': 's3', 'state': 'unknown'}, {'store': 'off', "              \
	"'state': 'absent'}]}, {'id': '20261119T070000Z-cc33', 'at': "                   \
	"'2026-11-19T07:00:00Z', 'open_bytes': null, 'stored_bytes': null, "             \
	"'duration_ms': null, 'stores': [{'store': 's3', 'state': "                      \
	"'incomplete'}, {'store': 'off', 'state': 'missing'}]}, {'id': "                 \
	"'20261118T070000Z-dd44', 'at': '2026-11-18T07:00:00Z', 'open_bytes':"           \
	" 1000, 'stored_bytes': 600, 'duration_ms': 1, 'stores': [{'store': "            \
	"'s3', 'state': 'unverified'}]}], 'unreachable': [{'store': 'off', "             \
	"'reason': 'no route to host'}]}"
#define LATE                                                                             \
	"{'name': 'files', 'environment': 'live', 'outcome': 'fail', "                   \
	"'reason': 'later than promised', 'newest': null, 'age_ms': "                    \
	"200000000, 'every_ms': 86400000, 'late': true, 'verified_at': null, "           \
	"'drilled': {'id': 'x', 'at': '2026-11-20T10:00:00Z', 'outcome': "               \
	"'fail', 'rto_ms': 1, 'rpo_ms': 1, 'reason': 'r'}, 'drill_due': true,"           \
	" 'running': null, 'failed': null, 'stores': ['directory'], 'copies':"           \
	" [], 'unreachable': []}"
#define NEW                                                                              \
	"{'name': 'new', 'environment': 'live', 'outcome': 'inconclusive', "             \
	"'reason': 'there is none yet', 'newest': null, 'age_ms': null, "                \
	"'every_ms': null, 'late': false, 'verified_at': null, 'drilled': "              \
	"null, 'drill_due': false, 'running': null, 'failed': null, 'stores':"           \
	" ['s3'], 'copies': [], 'unreachable': []}"
#define KEPT                                                                             \
	"{'name': 'db', 'environment': 'live', 'outcome': 'passed', 'stores':"           \
	" [{'store': 'directory', 'outcome': 'passed', 'reason': null, "                 \
	"'policy': '7d, the last 2', 'copies': [{'id': 'c0', 'at': "                     \
	"'2026-11-21T10:00:00Z', 'keep': true, 'reasons': ['the newest', 'one"           \
	" of the last 2'], 'stored_bytes': 100978688, 'removed': false}, "               \
	"{'id': 'c9', 'at': '2026-11-12T10:00:00Z', 'keep': false, 'reasons':"           \
	" ['older than 7d, and none of the last 2'], 'stored_bytes': "                   \
	"100978688, 'removed': true}, {'id': 'c10', 'at': "                              \
	"'2026-11-11T10:00:00Z', 'keep': false, 'reasons': ['older than 7d'],"           \
	" 'stored_bytes': null, 'removed': true}], 'litter': [{'id': 'c11', "            \
	"'objects': 2, 'uploads': 1}]}]}"
#define STUCK                                                                            \
	"{'name': 'files', 'environment': 'live', 'outcome': 'failed', "                 \
	"'stores': [{'store': 's3', 'outcome': 'failed', 'reason': 'no route "           \
	"to host', 'hint': 'try again', 'policy': '90d', 'copies': [{'id': "             \
	"'c3', 'at': '2026-11-18T10:00:00Z', 'keep': false, 'reasons': "                 \
	"['older'], 'stored_bytes': 5, 'removed': false}], 'litter': []}]}"
#define GOOD_COPY                                                                        \
	"{'id': '20261121T070000Z-aa11', 'at': '2026-11-21T07:00:00Z', "                 \
	"'store': 's3', 'outcome': 'good', 'how': 'data', 'trust': 'journal',"           \
	" 'signer': null, 'reason': null, 'bytes': 100978688, 'duration_ms': "           \
	"2000}"

#define PIPED(said)                                                                      \
	"{'name': 'db', 'environment': 'live', 'id': 'c1', 'at': '2026-11-21T07:00:00Z'" \
	", 'store': 's3', 'outcome': 'restored', 'reason': null, 'to': {'kind': 'run', " \
	"'text': 'head -2'}, 'kind': 'stream', 'trust': 'journal', 'signer': null, "     \
	"'bytes': 432013312, 'entries': null, 'duration_ms': 3000, 'run': {'exit': 0, "  \
	"'signal': null, 'timed_out': false, 'stdout': " said                            \
	", 'stderr': ''}, 'warnings': []}"

#define AWAY                                                                              \
	"{'name': 'db', 'environment': 'live', 'outcome': 'inconclusive', 'reason': "     \
	"'s3 could not be asked', 'newest': null, 'age_ms': 10800000, 'every_ms': "       \
	"null, 'late': false, 'verified_at': null, 'drilled': null, 'drill_due': false, " \
	"'running': null, 'failed': null, 'stores': ['s3'], 'copies': [{'id': 'c1', "     \
	"'at': '2026-11-21T07:00:00Z', 'open_bytes': 5, 'stored_bytes': 4, "              \
	"'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'unknown', 'reason': "     \
	"'the store could not be asked'}]}, {'id': 'c0', 'at': '2026-11-20T07:00:00Z', "  \
	"'open_bytes': 5, 'stored_bytes': 4, 'duration_ms': 1, 'stores': [{'store': "     \
	"'s3', 'state': 'unknown', 'reason': 'the store could not be asked'}]}], "        \
	"'unreachable': [{'store': 's3', 'reason': 'no route to host'}]}"

#define RUNNING(since, until)                                                            \
	"{'name': 'db', 'environment': 'live', 'outcome': 'pass', 'reason': null, "      \
	"'newest': null, 'age_ms': 10800000, 'every_ms': null, 'late': false, "          \
	"'verified_at': null, 'drilled': null, 'drill_due': false, 'running': {'id': "   \
	"'x', 'run': {'id': '1', 'actor': 'ada', 'host': 'runner-3'}, 'since': " since   \
	", 'until': " until "}, 'failed': null, 'stores': [], 'copies': [], "            \
	"'unreachable': []}"

static const struct {
	const char *name;
	render_function *function;
	const char *schema, *result, *want;
	bool quiet, verbose;
	size_t columns;
} rows[] = {
	{"made", render_backup, "result.backup",
	 "{'backups': [" MADE
	 "], 'told': [{'notification': 'ops', 'topic': 'backup-recovered', 'outcome': "
	 "'sent'}]}",
	 "✓ db  20261121T090000Z-aa11  412 MiB → 96.3 MiB (23%) in 1.2s, 343.3 MiB/s\n"
	 "  ✓  s3   good  samples read again\n"
	 "  ✓  off  good  all of it read again\n"
	 "  ✓ sent ops: backup-recovered\n"
	 "\n"
	 "restore it: belay backup restore db --to-file FILE\n",
	 false, false},
	{"small", render_backup, "result.backup",
	 "{'backups': [{'name': 'db', 'environment': 'live', 'id': 'c1', 'outcome': "
	 "'made', 'reason': null, 'stores': [], 'kind': 'tar', 'entries': 1, "
	 "'open_bytes': 11, 'stored_bytes': 500, 'chunks': 1, 'duration_ms': 3, "
	 "'left_out': [], 'left_out_count': 0, 'missing': [], 'warnings': []}]}",
	 "✓ db  c1  11 B → 500 B in 3ms\n"
	 "\n"
	 "restore it: belay backup restore db --to DIRECTORY\n",
	 false, false},
	{"a stream that grew", render_backup, "result.backup",
	 "{'backups': [{'name': 'db', 'environment': 'live', 'id': 'c1', 'outcome': "
	 "'made', 'reason': null, 'stores': [], 'kind': 'stream', 'entries': null, "
	 "'open_bytes': 100978688, 'stored_bytes': 100988688, 'chunks': 1, "
	 "'duration_ms': 3, 'left_out': [], 'left_out_count': 0, 'missing': [], "
	 "'warnings': []}]}",
	 "✓ db  c1  96.3 MiB → 96.3 MiB in 3ms\n"
	 "\n"
	 "restore it: belay backup restore db --to-file FILE\n",
	 false, false},
	{"several", render_backup, "result.backup",
	 "{'backups': [" MADE ", " PARTIAL ", " FAILED
	 ", {'name': 'busy', 'environment': 'live', 'id': null, 'outcome': 'busy', "
	 "'reason': 'run 4711 is at it until 12:00', 'stores': [], 'kind': 'stream', "
	 "'entries': null, 'open_bytes': null, 'stored_bytes': null, 'chunks': null, "
	 "'duration_ms': 300, 'left_out': [], 'left_out_count': 0, 'missing': [], "
	 "'warnings': []}]}",
	 "✓ db  20261121T090000Z-aa11  412 MiB → 96.3 MiB (23%) in 1.2s, 343.3 MiB/s\n"
	 "  ✓  s3   good  samples read again\n"
	 "  ✓  off  good  all of it read again\n"
	 "! files  20261121T090000Z-aa11  412 MiB → 96.3 MiB (23%) in 1.2s, 343.3 MiB/s\n"
	 "  because store 'off': no space left\n"
	 "  hint: free some, or forget copies\n"
	 "  ·  s3   unverified\n"
	 "  ✗  off  failed      no space left\n"
	 "  ✗  old  bad         chunk 3 is not what was written\n"
	 "  9 left out:\n"
	 "    /srv/a0: a socket\n"
	 "    /srv/a1: a socket\n"
	 "    /srv/a2: a socket\n"
	 "    … (--verbose shows more)\n"
	 "  4 not there:\n"
	 "    /etc/nginx\n"
	 "    /srv/b1\n"
	 "    /srv/b2\n"
	 "    … (--verbose shows more)\n"
	 "  ! 'a.crt' expired on 2024-05-01\n"
	 "✗ dump  was not made\n"
	 "  because the command exited with 1: no such database\n"
	 "  hint: look at its output\n"
	 "? busy  is being made by another run\n"
	 "  because run 4711 is at it until 12:00\n",
	 false, false},
	{"several, quiet", render_backup, "result.backup",
	 "{'backups': [" MADE ", " PARTIAL ", " FAILED "]}",
	 "✓ db  20261121T090000Z-aa11  412 MiB → 96.3 MiB (23%) in 1.2s, 343.3 MiB/s\n"
	 "! files  20261121T090000Z-aa11  412 MiB → 96.3 MiB (23%) in 1.2s, 343.3 MiB/s\n"
	 "  because store 'off': no space left\n"
	 "  hint: free some, or forget copies\n"
	 "✗ dump  was not made\n"
	 "  because the command exited with 1: no such database\n"
	 "  hint: look at its output\n",
	 true, false},
	{"an empty one, verbose", render_backup, "result.backup",
	 "{'backups': [{'name': 'db', 'environment': 'live', 'id': "
	 "'20261121T090000Z-aa11', 'outcome': 'made', 'reason': null, 'stores': "
	 "[{'name': 's3', 'state': 'good', 'how': 'sampled', 'reason': null}, {'name':"
	 " 'off', 'state': 'good', 'how': 'data', 'reason': null}], 'kind': 'stream', "
	 "'entries': null, 'open_bytes': 0, 'stored_bytes': 512, 'chunks': 1, "
	 "'duration_ms': 20, 'left_out': [], 'left_out_count': 0, 'missing': [], "
	 "'warnings': []}, " PARTIAL "]}",
	 "✓ db  20261121T090000Z-aa11  0 B → 512 B in 20ms\n"
	 "  ✓  s3   good  samples read again\n"
	 "  ✓  off  good  all of it read again\n"
	 "! files  20261121T090000Z-aa11  412 MiB → 96.3 MiB (23%) in 1.2s, 343.3 MiB/s\n"
	 "  because store 'off': no space left\n"
	 "  hint: free some, or forget copies\n"
	 "  ·  s3   unverified\n"
	 "  ✗  off  failed      no space left\n"
	 "  ✗  old  bad         chunk 3 is not what was written\n"
	 "  9 left out:\n"
	 "    /srv/a0: a socket\n"
	 "    /srv/a1: a socket\n"
	 "    /srv/a2: a socket\n"
	 "    /srv/a3: a socket\n"
	 "  4 not there:\n"
	 "    /etc/nginx\n"
	 "    /srv/b1\n"
	 "    /srv/b2\n"
	 "    /srv/b3\n"
	 "  ! 'a.crt' expired on 2024-05-01\n",
	 false, true},
	{"partial alone", render_backup, "result.backup",
	 "{'backups': [{'name': 'db', 'environment': 'live', 'id': "
	 "'20261121T090000Z-aa11', 'outcome': 'partial', 'reason': 'r', 'stores': "
	 "[{'name': 's3', 'state': 'good', 'how': 'sampled', 'reason': null}, {'name':"
	 " 'off', 'state': 'good', 'how': 'data', 'reason': null}], 'kind': 'stream', "
	 "'entries': null, 'open_bytes': 432013312, 'stored_bytes': 100978688, "
	 "'chunks': 13, 'duration_ms': 1200, 'left_out': [], 'left_out_count': 0, "
	 "'missing': [], 'warnings': []}]}",
	 "! db  20261121T090000Z-aa11  412 MiB → 96.3 MiB (23%) in 1.2s, 343.3 MiB/s\n"
	 "  because r\n"
	 "  ✓  s3   good  samples read again\n"
	 "  ✓  off  good  all of it read again\n"
	 "\n"
	 "where each copy is: belay backup list db\n",
	 false, false},
	{"a dry run", render_backup, "result.backup",
	 "{'backups': [{'name': 'db', 'environment': 'live', 'id': "
	 "'20261121T090000Z-aa11', 'outcome': 'made', 'reason': null, 'stores': [], "
	 "'kind': 'stream', 'entries': null, 'open_bytes': null, 'stored_bytes': null,"
	 " 'chunks': null, 'duration_ms': 1200, 'left_out': [], 'left_out_count': 0, "
	 "'missing': [], 'warnings': []}], 'would': [{'summary': 'x'}]}",
	 "· db  would be made\n", false, false},
	{"a dry run of what cannot be", render_backup, "result.backup",
	 "{'backups': [" FAILED "], 'would': [{'summary': 'x'}]}",
	 "✗ dump  would not be made\n"
	 "  because the command exited with 1: no such database\n"
	 "  hint: look at its output\n",
	 false, false},
	{"a list", render_backup_list, "result.backup-list",
	 "{'at': '2026-11-21T10:00:00Z', 'backups': [" HEALTHY ", " LATE ", " NEW "]}",
	 "✓ db  3h old, promised every 1d\n"
	 "  verified 10 minutes ago, drill passed 1 day ago\n"
	 "  COPY                   AGE          SIZE     STORED    s3            off\n"
	 "  20261121T070000Z-aa11  3 hours ago  412 MiB  96.3 MiB  ✓ good        ✗ bad\n"
	 "  20261120T070000Z-bb22  1 day ago             85.8 MiB  ? unknown     –\n"
	 "  20261119T070000Z-cc33  2 days ago                      ! incomplete  ✗ missing\n"
	 "  20261118T070000Z-dd44  3 days ago   1000 B   600 B     · unverified  –\n"
	 "  ! 20261121T070000Z-aa11 in off: chunk 3 is not what was written\n"
	 "  ! off could not be asked: no route to host\n"
	 "\n"
	 "✗ files  2d 7h old, promised every 1d: later than promised\n"
	 "  drill failed 1 day ago\n"
	 "\n"
	 "? new  there is none yet\n",
	 false, false},
	{"a list, where a column each does not fit", render_backup_list,
	 "result.backup-list", "{'at': '2026-11-21T10:00:00Z', 'backups': [" HEALTHY "]}",
	 "✓ db  3h old, promised every 1d\n"
	 "  verified 10 minutes ago, drill passed 1 day ago\n"
	 "  COPY                   AGE          SIZE     STORED    STORES\n"
	 "  20261121T070000Z-aa11  3 hours ago  412 MiB  96.3 MiB\n"
	 "      ✗ bad in off; ✓ good in s3\n"
	 "  20261120T070000Z-bb22  1 day ago             85.8 MiB  ? unknown in s3\n"
	 "  20261119T070000Z-cc33  2 days ago\n"
	 "      ✗ missing in off; ! incomplete in s3\n"
	 "  20261118T070000Z-dd44  3 days ago   1000 B   600 B     · unverified in s3\n"
	 "  ! 20261121T070000Z-aa11 in off: chunk 3 is not what was written\n"
	 "  ! off could not be asked: no route to host\n",
	 false, false, 76},
	{"a store that could not be asked has one line", render_backup_list,
	 "result.backup-list", "{'at': '2026-11-21T10:00:00Z', 'backups': [" AWAY "]}",
	 "? db  3h old: s3 could not be asked\n"
	 "  COPY  AGE          SIZE  STORED  s3\n"
	 "  c1    3 hours ago  5 B   4 B     ? unknown\n"
	 "  c0    1 day ago    5 B   4 B     ? unknown\n"
	 "  ! s3 could not be asked: no route to host\n",
	 false, false, 0},
	{"a list, quiet", render_backup_list, "result.backup-list",
	 "{'at': '2026-11-21T10:00:00Z', 'backups': [" HEALTHY ", " LATE ", " NEW "]}",
	 "✓ db  3h old, promised every 1d\n"
	 "✗ files  2d 7h old, promised every 1d: later than promised\n"
	 "? new  there is none yet\n",
	 true, false},
	{"being made, and left by a dead run", render_backup_list, "result.backup-list",
	 "{'at': '2026-11-21T10:00:00Z', 'backups': [" RUNNING(
		 "'2026-11-21T09:57:00Z'",
		 "'2026-11-21T12:00:00Z'") ", " RUNNING("'2026-11-20T09:57:00Z'",
							"'2026-11-21T07:00:00Z'") "]}",
	 "✓ db  3h old\n"
	 "  being made, begun 3 minutes ago by ada@runner-3, over at the latest in 2 hours\n"
	 "\n"
	 "✓ db  3h old\n"
	 "  ! not finished, begun 1 day ago by ada@runner-3, its time was over 3 hours ago\n",
	 false, false},
	{"a long list", render_backup_list, "result.backup-list",
	 "{'at': '2026-11-21T10:00:00Z', 'backups': [{'name': 'db', 'environment': "
	 "'live', 'outcome': 'pass', 'reason': null, 'newest': null, 'age_ms': "
	 "10800000, 'every_ms': 86400000, 'late': false, 'verified_at': "
	 "'2026-11-21T09:50:00Z', 'drilled': {'id': 'x', 'at': '2026-11-20T10:00:00Z',"
	 " 'outcome': 'pass', 'rto_ms': 1, 'rpo_ms': 1, 'reason': null}, 'drill_due': "
	 "false, 'running': null, 'failed': null, 'stores': ['s3'], 'copies': [{'id': "
	 "'c0', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c1', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c2', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c3', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c4', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c5', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c6', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c7', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c8', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c9', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c10', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}, {'id': "
	 "'c11', 'at': '2026-11-20T10:00:00Z', 'open_bytes': 1, 'stored_bytes': 1, "
	 "'duration_ms': 1, 'stores': [{'store': 's3', 'state': 'good'}]}], "
	 "'unreachable': []}]}",
	 "✓ db  3h old, promised every 1d\n"
	 "  verified 10 minutes ago, drill passed 1 day ago\n"
	 "  COPY  AGE        SIZE  STORED  s3\n"
	 "  c0    1 day ago  1 B   1 B     ✓ good\n"
	 "  c1    1 day ago  1 B   1 B     ✓ good\n"
	 "  c2    1 day ago  1 B   1 B     ✓ good\n"
	 "  c3    1 day ago  1 B   1 B     ✓ good\n"
	 "  c4    1 day ago  1 B   1 B     ✓ good\n"
	 "  c5    1 day ago  1 B   1 B     ✓ good\n"
	 "  c6    1 day ago  1 B   1 B     ✓ good\n"
	 "  c7    1 day ago  1 B   1 B     ✓ good\n"
	 "  c8    1 day ago  1 B   1 B     ✓ good\n"
	 "  c9    1 day ago  1 B   1 B     ✓ good\n"
	 "  … and 2 older ones (--verbose shows all)\n",
	 false, false},
	{"no backups", render_backup_list, "result.backup-list",
	 "{'at': '2026-11-21T10:00:00Z', 'backups': []}", "No backup is configured.\n",
	 false, false},
	{"verified", render_backup_verify, "result.backup-verify",
	 "{'backups': [{'name': 'db', 'environment': 'live', 'outcome': 'bad', "
	 "'reason': null, 'copies': [" GOOD_COPY
	 ", {'id': '20261121T070000Z-aa11', 'at': '2026-11-21T07:00:00Z', 'store': "
	 "'off', 'outcome': 'bad', 'how': 'sampled', 'trust': 'journal', 'signer': "
	 "null, 'reason': 'chunk 3 is not what was written', 'bytes': 100978688, "
	 "'duration_ms': 2000, 'hint': 'make a new one'}, {'id': null, 'at': null, "
	 "'store': 'vault', 'outcome': 'unknown', 'how': null, 'trust': null, "
	 "'signer': null, 'reason': 'no route to host', 'bytes': 0, 'duration_ms': "
	 "0}]}, {'name': 'files', 'environment': 'live', 'outcome': 'unknown', "
	 "'reason': 'there is no copy', 'hint': 'belay backup run files', 'copies': "
	 "[]}]}",
	 "✗ db  bad\n"
	 "  ✓  20261121T070000Z-aa11  s3     good     all of it read again, 96.3 MiB in 2s, 48.1 MiB/s\n"
	 "  ✗  20261121T070000Z-aa11  off    bad      chunk 3 is not what was written\n"
	 "  ?                         vault  unknown  no route to host\n"
	 "  hint: make a new one\n"
	 "? files  unknown\n"
	 "  because there is no copy\n"
	 "  hint: belay backup run files\n",
	 false, false},
	{"one is not on the journal", render_backup_verify, "result.backup-verify",
	 "{'backups': [{'name': 'db', 'environment': 'live', 'outcome': 'good', "
	 "'reason': null, 'copies': [" GOOD_COPY "], 'not_on_journal': [{'store': 's3', "
	 "'id': '20261121T080000Z-bb22', 'at': '2026-11-21T08:00:00Z', 'count': 3, "
	 "'hint': 'belay backup verify records it'}]}]}",
	 "✓ db  good\n"
	 "  ✓  20261121T070000Z-aa11  s3  good  all of it read again, 96.3 MiB in 2s, 48.1 MiB/s\n"
	 "  ! not on the journal: 20261121T080000Z-bb22 in s3, and 2 more\n"
	 "    hint: belay backup verify records it\n",
	 false, false},
	{"a folder", render_backup_verify, "result.backup-verify",
	 "{'backups': [{'name': 'db', 'environment': null, 'outcome': 'good', "
	 "'reason': null, 'copies': [{'id': '20261121T070000Z-aa11', 'at': "
	 "'2026-11-21T07:00:00Z', 'store': '/mnt/db/20261121T070000Z-aa11', 'outcome':"
	 " 'good', 'how': 'opened', 'trust': 'none', 'signer': null, 'reason': null, "
	 "'bytes': 100978688, 'duration_ms': 2000}]}]}",
	 "✓ db  good\n"
	 "  ✓  20261121T070000Z-aa11  /mnt/db/20261121T070000Z-aa11  good  all of it read and opened, 96.3 MiB in 2s, 48.1 MiB/s\n"
	 "  ! 20261121T070000Z-aa11 in /mnt/db/20261121T070000Z-aa11: nothing vouches for it but itself\n",
	 false, false},
	{"a signature, verbose", render_backup_verify, "result.backup-verify",
	 "{'backups': [{'name': 'db', 'environment': null, 'outcome': 'good', "
	 "'reason': null, 'copies': [{'id': '20261121T070000Z-aa11', 'at': "
	 "'2026-11-21T07:00:00Z', 'store': 's3', 'outcome': 'good', 'how': 'listed', "
	 "'trust': 'signature', 'signer': 'CN=backup', 'reason': null, 'bytes': 0, "
	 "'duration_ms': 3}]}]}",
	 "✓ db  good\n"
	 "  ✓  20261121T070000Z-aa11  s3  good  there in its size in 3ms\n"
	 "  20261121T070000Z-aa11 in s3: signed by CN=backup\n",
	 false, true},
	{"restored", render_backup_restore, "result.backup-restore",
	 "{'name': 'db', 'environment': 'live', 'id': '20261121T070000Z-aa11', 'at': "
	 "'2026-11-21T07:00:00Z', 'store': 's3', 'outcome': 'restored', 'reason': "
	 "null, 'to': {'kind': 'directory', 'text': '/srv/app'}, 'kind': 'tar', "
	 "'trust': 'journal', 'signer': 'CN=backup', 'bytes': 432013312, 'entries': "
	 "120, 'duration_ms': 3000, 'run': null, 'warnings': []}",
	 "✓ db/20261121T070000Z-aa11 (made 3 hours ago) restored from s3 to /srv/app\n"
	 "  412 MiB, 120 entries in 3s, 137.3 MiB/s\n"
	 "  its digest is on the journal, signed by CN=backup\n",
	 false, false},
	{"one entry", render_backup_restore, "result.backup-restore",
	 "{'name': 'db', 'environment': 'live', 'id': '20261121T070000Z-aa11', 'at': "
	 "'2026-11-21T07:00:00Z', 'store': 's3', 'outcome': 'restored', 'reason': "
	 "null, 'to': {'kind': 'directory', 'text': '/srv/app'}, 'kind': 'tar', "
	 "'trust': 'journal', 'signer': null, 'bytes': 432013312, 'entries': 1, "
	 "'duration_ms': 3000, 'run': null, 'warnings': []}",
	 "✓ db/20261121T070000Z-aa11 (made 3 hours ago) restored from s3 to /srv/app\n"
	 "  412 MiB, 1 entry in 3s, 137.3 MiB/s\n"
	 "  its digest is on the journal\n",
	 false, false},
	{"a command that failed", render_backup_restore, "result.backup-restore",
	 "{'name': 'db', 'environment': 'live', 'id': '20261121T070000Z-aa11', 'at': "
	 "'2026-11-21T07:00:00Z', 'store': 's3', 'outcome': 'failed', 'reason': 'the "
	 "command exited with 1', 'to': {'kind': 'run', 'text': 'pg_restore -d app', "
	 "'host': 'web1'}, 'kind': 'stream', 'trust': 'journal', 'signer': "
	 "'CN=backup', 'bytes': null, 'entries': null, 'duration_ms': 3000, 'run': "
	 "{'exit': 1, 'signal': null, 'timed_out': false, 'stdout': '', 'stderr': "
	 "'pg_restore: error: no app\\n'}, 'warnings': ['w'], 'hint': 'look at its "
	 "output'}",
	 "✗ db/20261121T070000Z-aa11 (made 3 hours ago) was not restored from s3 to 'pg_restore -d app' on web1\n"
	 "  because the command exited with 1\n"
	 "  hint: look at its output\n"
	 "  its digest is on the journal, signed by CN=backup\n"
	 "  ! w\n"
	 "\n"
	 "db: the command's output\n"
	 "    pg_restore: error: no app\n",
	 false, false},
	{"what a command said", render_backup_restore, "result.backup-restore",
	 PIPED("'one\\ntwo\\n'"),
	 "✓ db/c1 (made 3 hours ago) restored from s3 to 'head -2'\n"
	 "  412 MiB in 3s, 137.3 MiB/s\n"
	 "  its digest is on the journal\n"
	 "\n"
	 "the command's output\n"
	 "    one\n"
	 "    two\n",
	 false, false, 0},
	{"what a command said, quiet", render_backup_restore, "result.backup-restore",
	 PIPED("'one\\ntwo\\n'"),
	 "✓ db/c1 (made 3 hours ago) restored from s3 to 'head -2'\n"
	 "  412 MiB in 3s, 137.3 MiB/s\n",
	 true, false, 0},
	{"a command that said much", render_backup_restore, "result.backup-restore",
	 PIPED("'1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n10\\n11\\n12\\n13\\n14\\n15\\n16"
	       "\\n17\\n18\\n19\\n20\\n21'"),
	 "✓ db/c1 (made 3 hours ago) restored from s3 to 'head -2'\n"
	 "  412 MiB in 3s, 137.3 MiB/s\n"
	 "  its digest is on the journal\n"
	 "\n"
	 "the command's output\n"
	 "    1\n    2\n    3\n    4\n    5\n    6\n    7\n    8\n    9\n    10\n"
	 "    11\n    12\n    13\n    14\n    15\n    16\n    17\n    18\n    19\n    20\n"
	 "    … (--verbose shows all)\n",
	 false, false, 0},
	{"a dry run of a restore", render_backup_restore, "result.backup-restore",
	 "{'name': 'db', 'environment': 'live', 'id': '20261121T070000Z-aa11', 'at': "
	 "'2026-11-21T07:00:00Z', 'store': 's3', 'outcome': 'restored', 'reason': "
	 "null, 'to': {'kind': 'directory', 'text': '/srv/app'}, 'kind': 'tar', "
	 "'trust': null, 'signer': null, 'bytes': null, 'entries': null, "
	 "'duration_ms': 3000, 'run': null, 'warnings': [], 'would': [{'summary': "
	 "'x'}]}",
	 "· db/20261121T070000Z-aa11 (made 3 hours ago) would be restored from s3 to /srv/app\n",
	 false, false},
	{"forgotten", render_backup_forget, "result.backup-forget",
	 "{'backups': [" KEPT ", " STUCK "]}",
	 "✓ db\n"
	 "  directory keeps 7d, the last 2: 1 stays, 2 go, 96.3 MiB freed\n"
	 "    DECISION  COPY  AGE          ALL FILES  WHY\n"
	 "    keep      c0    just now     96.3 MiB   the newest, one of the last 2\n"
	 "    forget    c9    9 days ago   96.3 MiB   older than 7d, and none of the last 2\n"
	 "    forget    c10   10 days ago             older than 7d\n"
	 "    removed what a dead run left of c11: 2 objects, 1 upload\n"
	 "\n"
	 "✗ files\n"
	 "  s3 failed: no route to host\n"
	 "    hint: try again\n"
	 "    DECISION     COPY  AGE         ALL FILES  WHY\n"
	 "    still there  c3    3 days ago  5 B        older\n",
	 false, false},
	{"forgotten, where there is no room for the reasons", render_backup_forget,
	 "result.backup-forget", "{'backups': [" KEPT "]}",
	 "✓ db\n"
	 "  directory keeps 7d, the last 2: 1 stays, 2 go, 96.3 MiB freed\n"
	 "    DECISION  COPY  AGE          ALL FILES  WHY\n"
	 "    keep      c0    just now     96.3 MiB\n"
	 "        the newest, one of the last 2\n"
	 "    forget    c9    9 days ago   96.3 MiB\n"
	 "        older than 7d, and none of the last 2\n"
	 "    forget    c10   10 days ago             older than 7d\n"
	 "    removed what a dead run left of c11: 2 objects, 1 upload\n",
	 false, false, 60},
	{"forgotten, quiet", render_backup_forget, "result.backup-forget",
	 "{'backups': [" KEPT ", " STUCK "]}",
	 "✓ db\n"
	 "  directory keeps 7d, the last 2: 1 stays, 2 go, 96.3 MiB freed\n"
	 "\n"
	 "✗ files\n"
	 "  s3 failed: no route to host\n"
	 "    hint: try again\n",
	 true, false},
	{"nothing to go by", render_backup_forget, "result.backup-forget",
	 "{'backups': [{'name': 'db', 'environment': 'live', 'outcome': 'passed', "
	 "'reason': 'it has no `keep`: nothing of it goes', 'stores': []}]}",
	 "✓ db\n"
	 "  it has no `keep`: nothing of it goes\n",
	 false, false},
	{"would be forgotten", render_backup_forget, "result.backup-forget",
	 "{'backups': [" KEPT "], 'would': [{}]}",
	 "· db\n"
	 "  directory keeps 7d, the last 2: 1 stays, 2 go, 96.3 MiB would be freed\n",
	 true, false},
	{"a drill", render_backup_drill, "result.backup-drill",
	 "{'name': 'db', 'environment': 'live', 'id': '20261121T070000Z-aa11', 'at': "
	 "'2026-11-21T07:00:00Z', 'store': 's3', 'outcome': 'pass', 'reason': null, "
	 "'to': '/tmp/x', 'rto_ms': 190000, 'rto_promised_ms': 3600000, 'rpo_ms': "
	 "10800000, 'rpo_promised_ms': 86400000, 'bytes': 432013312, 'entries': 120, "
	 "'restore_ms': 180000, 'duration_ms': 191000, 'checks': [{'name': 'rows', "
	 "'outcome': 'pass', 'text': '1204 rows', 'duration_ms': 120}, {'name': "
	 "'list', 'outcome': 'pass', 'text': '', 'duration_ms': 30}], 'warnings': []}",
	 "✓ drill of db/20261121T070000Z-aa11 from s3 passed\n"
	 "  restored 412 MiB in 3m, 2.2 MiB/s\n"
	 "  RTO  3m 10s  until everything is back and checked  within 1h\n"
	 "  RPO  3h      would have been lost                  within 1d\n"
	 "  ✓  rows  120ms  1204 rows\n"
	 "  ✓  list  30ms\n",
	 false, false},
	{"a drill that failed", render_backup_drill, "result.backup-drill",
	 "{'name': 'db', 'environment': 'live', 'id': '20261121T070000Z-aa11', 'at': "
	 "'2026-11-21T07:00:00Z', 'store': 's3', 'outcome': 'fail', 'reason': 'check "
	 "\\u0027rows\\u0027: exit 1', 'to': '/tmp/x', 'rto_ms': 7200000, "
	 "'rto_promised_ms': 3600000, 'rpo_ms': 10800000, 'rpo_promised_ms': null, "
	 "'bytes': 432013312, 'entries': 120, 'restore_ms': 180000, 'duration_ms': "
	 "191000, 'checks': [{'name': 'rows', 'outcome': 'fail', 'text': 'exit 1: no "
	 "table', 'duration_ms': 120}, {'name': 'list', 'outcome': 'skipped', 'text': "
	 "'', 'duration_ms': 0}], 'warnings': ['data is left']}",
	 "✗ drill of db/20261121T070000Z-aa11 from s3 failed\n"
	 "  because check 'rows': exit 1\n"
	 "  restored 412 MiB in 3m, 2.2 MiB/s\n"
	 "  RTO  2h  until everything is back and checked  longer than the promised 1h\n"
	 "  RPO  3h  would have been lost\n"
	 "  ✗  rows  120ms  exit 1: no table\n"
	 "  ·  list  0ms\n"
	 "  ! data is left\n",
	 false, false},
	{"a drill of nothing", render_backup_drill, "result.backup-drill",
	 "{'name': 'db', 'environment': 'live', 'id': null, 'at': null, 'store': null,"
	 " 'outcome': 'fail', 'reason': 'there is no copy', 'to': '/tmp/x', 'rto_ms': "
	 "null, 'rto_promised_ms': 3600000, 'rpo_ms': null, 'rpo_promised_ms': "
	 "86400000, 'bytes': null, 'entries': null, 'restore_ms': null, 'duration_ms':"
	 " 191000, 'checks': [], 'warnings': [], 'hint': 'make one'}",
	 "✗ drill of db failed\n"
	 "  because there is no copy\n"
	 "  hint: make one\n",
	 false, false},
	{"a dry run of a drill", render_backup_drill, "result.backup-drill",
	 "{'name': 'db', 'environment': 'live', 'id': '20261121T070000Z-aa11', 'at': "
	 "'2026-11-21T07:00:00Z', 'store': 's3', 'outcome': 'pass', 'reason': null, "
	 "'to': '/tmp/x', 'rto_ms': null, 'rto_promised_ms': 3600000, 'rpo_ms': null, "
	 "'rpo_promised_ms': 86400000, 'bytes': 432013312, 'entries': 120, "
	 "'restore_ms': 180000, 'duration_ms': 191000, 'checks': [{'name': 'rows', "
	 "'outcome': 'pass', 'text': '1204 rows', 'duration_ms': 120}, {'name': "
	 "'list', 'outcome': 'pass', 'text': '', 'duration_ms': 30}], 'warnings': [], "
	 "'would': [{}]}",
	 "· drill of db/20261121T070000Z-aa11 from s3 would be made\n", false, false},
	{"a key", render_backup_keygen, "result.backup-keygen",
	 "{'type': 'p256', 'purpose': 'seal', 'name': 'backup', 'key': 'backup.key', "
	 "'certificate': 'keys/backup.crt', 'fingerprint': 'ab12', 'expires_at': "
	 "'2036-11-21T10:00:00Z', 'encrypted': true}",
	 "✓ made a p256 key for 'backup'\n"
	 "  key          backup.key (protected by the passphrase)\n"
	 "  certificate  keys/backup.crt\n"
	 "  SHA-256      ab12\n"
	 "\n"
	 "Without the key no backup can be read: keep it in two places, none of them this repository.\n"
	 "next: commit the certificate, and write 'seal: {recipients: [keys/backup.crt]}'\n",
	 false, false},
	{"a key that signs", render_backup_keygen, "result.backup-keygen",
	 "{'type': 'p256', 'purpose': 'sign', 'name': 'backup', 'key': 'backup.key', "
	 "'certificate': 'keys/backup.crt', 'fingerprint': 'ab12', 'expires_at': "
	 "'2036-11-21T10:00:00Z', 'encrypted': false}",
	 "✓ made a p256 key for 'backup'\n"
	 "  key          backup.key\n"
	 "  certificate  keys/backup.crt\n"
	 "  SHA-256      ab12\n"
	 "\n"
	 "next: commit the certificate, and write 'sign: {key: {env: NAME}, certificate: keys/backup.crt}'\n",
	 false, false},
};

static void check_schema(const char *name, const json_t *result)
{
	struct err err = {0};
	_cleanup_(schema_freep) struct schema *schema = NULL;
	_cleanup_json_ json_t *document = NULL;
	struct schema_faults faults = {0};
	_cleanup_free_ char *path = str_format("schemas/%s.schema.json", name);
	const struct embedded *file = embedded_find(path);
	if (!CHECK(file))
		return;
	CHECK_OK(json_parse(file->data, file->size, path, &document, &err), &err);
	CHECK_OK(schema_compile(document, &schema, &err), &err);
	CHECK(schema_validate(schema, result, &faults));
	for (size_t i = 0; i < faults.count; i++)
		CHECK_STR_EQ(faults.items[i].message, faults.items[i].pointer);
	schema_faults_release(&faults);
}

TEST(backups_are_rendered)
{
	FOR_ROWS(row, rows) {
		const struct render render = {.style = STYLE_PLAIN,
					      .now_ms = NOW_MS,
					      .quiet = row->quiet,
					      .verbose = row->verbose,
					      .columns = row->columns};
		_cleanup_json_ json_t *result = golden_json(row->result);
		check_schema(row->schema, result);
		_cleanup_free_ char *text =
			golden_text(row->function, &render, row->result);
		CHECK_STR_EQ(text, row->want);
	}
}

static const struct {
	const char *name, *backups, *want;
} health[] = {
	{"none", "[]", "live\n"},
	{"good",
	 "[{'name': 'db', 'outcome': 'pass', 'reason': null, 'age_ms': 10800000, "
	 "'every_ms': 86400000}]",
	 "live\n  BACKUPS\n  ✓ db  3h old, promised every 1d\n"},
	{"a moment old",
	 "[{'name': 'db', 'outcome': 'pass', 'reason': null, 'age_ms': 930, "
	 "'every_ms': null}]",
	 "live\n  BACKUPS\n  ✓ db  just made\n"},
	{"minutes old",
	 "[{'name': 'db', 'outcome': 'pass', 'reason': null, 'age_ms': 203930, "
	 "'every_ms': null}]",
	 "live\n  BACKUPS\n  ✓ db  3m old\n"},
	{"late, and none yet",
	 "[{'name': 'db', 'outcome': 'fail', 'reason': 'late by 3h', 'age_ms': 97200000, "
	 "'every_ms': 86400000}, {'name': 'files', 'outcome': 'inconclusive', 'reason': 'there "
	 "is none yet', 'age_ms': null, 'every_ms': null}]",
	 "live\n  BACKUPS\n  ✗ db  1d 3h old, promised every 1d: late by 3h\n"
	 "  ? files  there is none yet\n"},
};

TEST(status_shows_the_health_of_backups)
{
	FOR_ROWS(row, health) {
		const struct render render = {
			.style = STYLE_PLAIN, .now_ms = NOW_MS, .quiet = true};
		_cleanup_free_ char *result = str_format(
			"{'environments': [{'environment': 'live', 'sequence': 4, "
			"'lock': {'state': 'free'}, 'backups': %s}]}",
			row->backups);
		_cleanup_free_ char *text = golden_text(render_status, &render, result);
		CHECK_STR_EQ(text, row->want);
	}
}

TEST(results_of_the_wrong_shape_do_not_crash)
{
	static const struct {
		const char *name, *result;
	} shapes[] = {
		{"empty", "{}"},
		{"list", "[1, 'x', null, {}]"},
		{"wrong types",
		 "{'backups': [1, {}, {'stores': [1, {}], 'copies': [2, {'stores': [3]}], "
		 "'left_out': [4], 'missing': [5], 'not_on_journal': [6, {}], 'warnings': [6], 'unreachable': [7]}, "
		 "{'stores': [{'copies': [8, {'reasons': [9]}], 'litter': [1]}]}], 'to': 1, "
		 "'run': 2, 'checks': [3, {}], 'told': [4], 'would': 5, 'warnings': [6]}"},
	};
	render_function *const functions[] = {render_backup,        render_backup_list,
					      render_backup_verify, render_backup_restore,
					      render_backup_forget, render_backup_drill,
					      render_backup_keygen};
	const struct render render = {.verbose = true};
	FOR_ROWS(row, shapes) {
		for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
			_cleanup_free_ char *got =
				golden_text(functions[i], &render, row->result);
			CHECK(got != NULL);
		}
	}
}

/* Of a hundred damaged copies ten are told in full. */
TEST(reasons_are_limited)
{
	static const struct {
		const char *name;
		bool verbose;
		const char *has, *lacks;
	} limits[] = {
		{"the first", false,
		 "  ! c9 in s3: cut\n  … and 90 more like these (--verbose shows all)\n",
		 "! c10 in"},
		{"verbose", true, "  ! c99 in s3: cut\n", "more like these"},
	};
	_cleanup_str_ struct str copies = STR_INIT;
	for (int i = 0; i < 100; i++)
		str_addf(&copies,
			 "%s{'id': 'c%d', 'stores': [{'store': 's3', 'state': 'bad', "
			 "'reason': 'cut'}]}",
			 i ? ", " : "", i);
	_cleanup_free_ char *result =
		str_format("{'backups': [{'name': 'db', 'stores': ['s3'], 'copies': "
			   "[%s], 'unreachable': []}]}",
			   str_text(&copies));
	FOR_ROWS(row, limits) {
		const struct render render = {
			.style = STYLE_PLAIN, .now_ms = NOW_MS, .verbose = row->verbose};
		_cleanup_free_ char *text =
			golden_text(render_backup_list, &render, result);
		CHECK_STR_HAS(text, row->has);
		CHECK_NULL(strstr(text, row->lacks));
	}
}
