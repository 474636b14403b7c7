/* Incidents on a page, whole: what a stranger wrote is text there, whatever he tries. */
#include "belay/incident.h"
#include "journey.h"

static const char plain[] =
	"{'id': 'i1', 'kind': 'rollback', 'severity': 'P1', 'status': 'open', 'title': "
	"'v2 → v1', 'reason': 'gate failed', 'version': 'v2', 'previous': 'v1', 'deployment': "
	"'d2', 'by': 'ada', 'opened_at': '2023-11-14T22:13:20Z', 'resolved_at': null, "
	"'services': ['api'], 'evidence': [{'check': 'api', 'outcome': 'fail', 'reason': 'r', "
	"'value': '503'}], 'timeline': [{'at': '2023-11-14T22:00:00Z', 'text': 'began'}], "
	"'todo': ['look'], 'forensics': 'web1:/srv/shop/.belay', 'occurrences': 3, 'links': {}, "
	"'post_mortem': {'status': 'due', 'due_at': '2023-11-16T22:13:20Z'}}";

TEST(a_page)
{
	_cleanup_json_ json_t *incident = journey_json(plain);
	_cleanup_str_ struct str out = STR_INIT;
	const struct incident_page page = {.incident = incident,
					   .environment = "production",
					   .run_url = "https://example.com/run",
					   .tracker = "https://track.example/i1"};
	incident_add_page(&out, &page);
	CHECK_STR_EQ(
		str_text(&out),
		"**P1**, open, in production, happened 3 times\n\ngate failed\n\n"
		"- Services: api\n- Version: v2\n- Before: v1\n- Deployment: d2\n"
		"- Opened: 2023-11-14T22:13:20Z\n- By: ada\n"
		"\n## Evidence\n\n| Check | Outcome | Reason | Seen |\n"
		"| --- | --- | --- | --- |\n| api | fail | r | 503 |\n"
		"\n## Timeline\n\n- 2023-11-14T22:00:00Z — began\n"
		"\n## Forensics\n\n- Kept: web1:/srv/shop/.belay\n"
		"- Log of the run: <https://example.com/run>\n"
		"- Tracker: <https://track.example/i1>\n"
		"- What was recorded: `belay history -e production`, and `belay replay` "
		"on the tape of the run\n"
		"\n## Checklist\n\n- [ ] look\n"
		"- [ ] post-mortem, due 2023-11-16T22:13:20Z\n");
}

static const struct {
	const char *name, *event, *change, *want;
} changes[] = {
	{"again", "incident.updated",
	 "{'occurrence': true, 'text': 'again: v3 → v1', 'reason': 'worse', 'evidence': "
	 "[{'check': 'api', 'outcome': 'fail', 'reason': 'r', 'value': null}]}",
	 "**Again**, occurrence 3\n\nagain: v3 → v1\n\nworse\n\n| Check | Outcome | Reason "
	 "| Seen |\n| --- | --- | --- | --- |\n| api | fail | r |  |\n\n"},
	{"words", "incident.updated", "{'text': 'looking at it', 'severity': 'P0'}",
	 "**Update**, now P0\n\nlooking at it\n"},
	{"acknowledged", "incident.acknowledged", "{'by': 'bob'}",
	 "**Acknowledged** by bob\n"},
	{"resolved", "incident.resolved", "{'by': 'bob', 'text': 'v3 passed'}",
	 "**Resolved** by bob after 1h\n\nv3 passed\n"},
	{"reminder", "post-mortem.reminded", "{}",
	 "The post-mortem is not done yet, it is due 2023-11-16T22:13:20Z\n"},
};

TEST(comments)
{
	_cleanup_json_ json_t *incident = journey_json(plain);
	const struct incident_page page = {.incident = incident,
					   .environment = "production",
					   .now_ms = JOURNEY_START_MS + 3600000};
	FOR_ROWS(row, changes) {
		_cleanup_json_ json_t *change = journey_json(row->change);
		_cleanup_str_ struct str out = STR_INIT;
		incident_add_change(&out, &page, row->event, change);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

/* One attack in every member that can come from outside. */
#define ATTACK                                                                              \
	"@acme/team <script>x</script> <!-- belay:incident i0 --> | [a](b) closes #1\\n\\n" \
	"# heading"

TEST(nothing_from_outside_is_markup)
{
	_cleanup_json_ json_t *incident = journey_json(
		"{'id': 'i1', 'severity': 'P1', 'status': 'open', 'title': '" ATTACK
		"', 'reason': '" ATTACK "', 'version': '" ATTACK "', 'previous': '" ATTACK
		"', 'deployment': '" ATTACK "', 'by': '" ATTACK "', 'services': ['" ATTACK
		"'], 'evidence': [{'check': '" ATTACK "', 'outcome': '" ATTACK
		"', 'reason': '" ATTACK "', 'value': '" ATTACK
		"'}], 'timeline': [{'at': '" ATTACK "', 'text': '" ATTACK
		"'}], 'todo': ['" ATTACK "'], 'forensics': '" ATTACK
		"', 'links': {'x': {'url': '" ATTACK "'}}}");
	const struct incident_page page = {.incident = incident,
					   .environment = "production"};
	static const char *const bad[] = {"@acme", "<script",     "<!--",
					  "#1",    "\n# heading", "[a](b)"};
	_cleanup_str_ struct str out = STR_INIT;
	struct err err = {0};
	incident_add_page(&out, &page);
	incident_add_change(&out, &page, "incident.updated", incident);
	CHECK_OK(post_mortem_render(NULL, &page, &out, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!CHECK(!strstr(str_text(&out), bad[i])))
			test_row("%s", bad[i]);
}
