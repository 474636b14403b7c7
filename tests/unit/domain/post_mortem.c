/* Post-mortems: the page, what makes it done, when it is late, whose rules hold. */
#include "belay/incident.h"
#include "journey.h"

static const char incident_text[] =
	"{'id': '20261121T095203Z-3fa2', 'kind': 'rollback', 'severity': 'P1', 'status': "
	"'resolved', 'title': 'v2 → v1', 'reason': 'ask @team <b> about #7', 'version': 'v2', "
	"'previous': null, 'deployment': 'd2', 'by': 'ada', 'opened_at': "
	"'2026-11-21T09:52:03Z', 'resolved_at': '2026-11-21T10:52:03Z', 'services': ['api', "
	"'web'], 'evidence': [{'check': 'api', 'outcome': 'fail', 'reason': 'a | b', 'value': "
	"'503'}], 'timeline': [{'at': '2026-11-21T09:52:03Z', 'text': 'switched'}, {'at': "
	"'2026-11-21T09:53:00Z', 'text': 'taken back'}], 'todo': ['look'], 'forensics': null, "
	"'occurrences': 1, 'links': {'issue': {'ref': '7', 'url': 'https://example.com/7'}}, "
	"'post_mortem': {'status': 'due', 'due_at': '2026-11-23T09:52:03Z', 'url': null, "
	"'reminded_at': null}}";

static const struct {
	const char *name, *template, *want;
} pages[] = {
	{"no variables", "# Page\n", "# Page\n"},
	{"texts", "{{id}} {{severity}} {{kind}} {{status}} {{version}} {{author}}",
	 "20261121T095203Z-3fa2 P1 rollback resolved v2 ada"},
	{"blanks", "{{ id }}{{\tseverity }}", "20261121T095203Z-3fa2P1"},
	{"what is not there", "{{previous}} {{forensics}}", "nothing nothing was kept"},
	{"times", "{{opened_at}} {{resolved_at}} {{due_at}} {{duration}}",
	 "2026-11-21T09:52:03Z 2026-11-21T10:52:03Z 2026-11-23T09:52:03Z 1h"},
	{"title", "{{title}} in {{environment}}",
	 "\\[production rollback\\] v2 → v1 in production"},
	{"links", "{{run_url}} {{incident_url}}",
	 "<https://example.com/run> <https://example.com/7>"},
	{"outside text", "{{reason}}",
	 "ask @\xe2\x80\x8bteam &lt;b&gt; about \\#\xe2\x80\x8b"
	 "7"},
	{"lists", "{{services}}\n\n{{timeline}}\n\n{{todo}}\n",
	 "api, web\n\n- 2026-11-21T09:52:03Z — switched\n- 2026-11-21T09:53:00Z — taken "
	 "back\n\n- [ ] look\n"},
	{"table", "{{evidence}}\n",
	 "| Check | Outcome | Reason | Seen |\n| --- | --- | --- | --- |\n| api | fail | a \\| b "
	 "| 503 |\n"},
	{"single braces", "a { b } c }} {", "a { b } c }} {"},
};

TEST(templates_are_filled)
{
	_cleanup_json_ json_t *incident = journey_json(incident_text);
	const struct incident_page page = {.incident = incident,
					   .environment = "production",
					   .run_url = "https://example.com/run"};
	FOR_ROWS(row, pages) {
		struct err err = {0};
		_cleanup_str_ struct str out = STR_INIT;
		CHECK_OK(post_mortem_render(row->template, &page, &out, &err), &err);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

static const struct {
	const char *name, *template, *why, *hint;
} faults[] = {
	{"unknown", "# {{title}}\n\n{{titel}}\n", "line 3: there is no variable 'titel'",
	 "did you mean {{title}}?"},
	{"far from any", "{{frobnicate}}", "line 1: there is no variable 'frobnicate'",
	 "variables are"},
	{"open", "a\n{{title\n}}", "line 2: '{{' without '}}'", ""},
	{"open at the end", "{{", "line 1: '{{' without '}}'", ""},
	{"empty", "{{}}", "line 1: there is no variable ''", "variables are"},
};

TEST(what_is_wrong_with_a_template_has_its_line)
{
	_cleanup_json_ json_t *incident = journey_json(incident_text);
	const struct incident_page page = {.incident = incident, .environment = "e"};
	FOR_ROWS(row, faults) {
		struct err err = {0};
		_cleanup_str_ struct str out = STR_INIT;
		CHECK_FAILS(post_mortem_render(row->template, &page, &out, &err), &err,
			    ERR_CONFIG, row->why);
		CHECK_STR_HAS(err.hint, row->hint);
		CHECK_FAILS(post_mortem_check_template(row->template, &err), &err,
			    ERR_CONFIG, row->why);
	}
}

TEST(the_built_in_template)
{
	static const char *const headings[] = {
		"# Post-mortem: \\[production rollback\\] v2 → v1",
		"\n## Impact\n",
		"\n## Timeline\n\n- 2026-11-21T09:52:03Z — switched\n",
		"\n## Evidence\n\n| Check |",
		"\n## Root cause\n",
		"\n## Contributing factors\n",
		"\n## What went well\n",
		"\n## Remediation\n",
		"\n## Preventive measures\n",
		"\n## Action items\n",
		"\n## Lessons\n"};
	struct err err = {0};
	_cleanup_str_ struct str out = STR_INIT;
	_cleanup_json_ json_t *incident = journey_json(incident_text);
	const struct incident_page page = {.incident = incident,
					   .environment = "production"};
	CHECK_OK(post_mortem_render(NULL, &page, &out, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
		CHECK_STR_HAS(str_text(&out), headings[i]);
	CHECK(!strstr(str_text(&out), "{{"));
	CHECK(!post_mortem_is_complete(str_text(&out)));
}

static const struct {
	const char *name, *text;
	bool want;
} texts[] = {
	{"nothing", NULL, false},
	{"blank", " \n\t\n", false},
	{"prose", "# It was DNS\n", true},
	{"ticked", "- [x] read\n- [X] learned\n", true},
	{"a box is open", "- [x] read\n- [ ] learned\n", false},
	{"in a list of another kind", "1. [ ] read\n", false},
	{"in a list within a list", "* x\n   + [ ] read\n", false},
	{"in a quotation", "> - [ ] read\n", false},
	{"no list, no box", "what about [ ] this\n", true},
	{"in code", "```\n- [ ] example\n```\nread\n", true},
	{"behind code", "```\nx\n```\n- [ ] read\n", false},
	{"something is left to write", "## Impact\n\n_To be written._ Who?\n", false},
	{"in other letters", "_TO BE WRITTEN._", false},
	{"no end of line", "- [ ] read", false},
};

TEST(a_page_is_done_when_nothing_is_left)
{
	FOR_ROWS(row, texts)
		CHECK_INT_EQ(post_mortem_is_complete(row->text), row->want);
}

#define HOUR_MS ((int64_t)3600 * 1000)
#define OPENED_MS ((int64_t)1700000000 * 1000) /* 2023-11-14T22:13:20Z */

static const struct {
	const char *name, *page;
	int64_t hours;
	bool late, remind;
} dates[] = {
	{"not asked for", "{'status': 'none', 'due_at': null}", 99, false, false},
	{"just opened", "{'status': 'due', 'due_at': '2023-11-16T22:13:20Z'}", 1, false,
	 false},
	{"after a day", "{'status': 'due', 'due_at': '2023-11-16T22:13:20Z'}", 24, false,
	 true},
	{"reminded of",
	 "{'status': 'due', 'due_at': '2023-11-16T22:13:20Z', 'reminded_at': "
	 "'2023-11-15T22:13:20Z'}",
	 47, false, false},
	{"on time", "{'status': 'written', 'due_at': '2023-11-16T22:13:20Z'}", 48, false,
	 true},
	{"late", "{'status': 'due', 'due_at': '2023-11-16T22:13:20Z'}", 49, true, true},
	{"begun and late", "{'status': 'written', 'due_at': '2023-11-16T22:13:20Z'}", 49,
	 true, true},
	{"done", "{'status': 'done', 'due_at': '2023-11-16T22:13:20Z'}", 49, false,
	 false},
};

TEST(when_it_is_late_and_when_to_remind)
{
	static const struct config_post_mortem rules = {.due_ms = 48 * HOUR_MS,
							.remind_ms = 24 * HOUR_MS};
	static const struct config_post_mortem silent = {.due_ms = 48 * HOUR_MS};
	FOR_ROWS(row, dates) {
		json_t *page = journey_json(row->page);
		_cleanup_json_ json_t *incident =
			json_pack("{s:s, s:o}", "opened_at", "2023-11-14T22:13:20Z",
				  "post_mortem", page);
		int64_t now_ms = OPENED_MS + row->hours * HOUR_MS;
		CHECK_INT_EQ(post_mortem_is_overdue(incident, now_ms), row->late);
		CHECK_INT_EQ(post_mortem_wants_reminder(incident, &rules, now_ms),
			     row->remind);
		CHECK(!post_mortem_wants_reminder(incident, &silent, now_ms));
	}
}

TEST(the_rules_of_an_issue_go_first)
{
	_cleanup_json_ json_t *own = journey_json(
		"{'post_mortem': {'due': '1h', 'path': 'pm/{{id}}.md', 'write': 'file'}}");
	char name[] = "ops", slack[] = "slack", issue[] = "github-issue";
	struct config config = {.incidents.post_mortem = {.due_ms = 48 * HOUR_MS,
							  .remind_ms = HOUR_MS,
							  .write = "none",
							  .path = "docs/{{id}}.md"}};
	struct config_notification notification = {
		.name = name, .channel = slack, .settings = own};
	const struct config_notification *list[] = {&notification};
	const struct config_environment production = {
		.name = name, .notify = list, .notify_count = 1};
	CHECK_STR_EQ(post_mortem_rules(&config, &production).path, "docs/{{id}}.md");
	notification.channel = issue;
	struct config_post_mortem rules = post_mortem_rules(&config, &production);
	CHECK_STR_EQ(rules.path, "pm/{{id}}.md");
	CHECK_STR_EQ(rules.write, "file");
	CHECK_INT_EQ(rules.due_ms, HOUR_MS);
	CHECK_INT_EQ(rules.remind_ms, HOUR_MS);
}
