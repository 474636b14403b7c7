/* Which branches are ours, and what is said about those that are not. */
#include "state/store_parts.h"

#include "../domain/journey.h"

/* The answer of git.read after one deployment. */
static json_t *good_answer(void)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	json_t *last = json_array_get(j.events, json_array_size(j.events) - 1);
	struct branch_document list[BRANCH_DOCUMENTS];
	json_t *files =
		json_pack("{s:s, s:s}", "README.md", branch_readme(), "format", "1\n");
	branch_list(&j.documents, list);
	for (size_t i = 0; i < BRANCH_DOCUMENTS; i++) {
		char *path = branch_path("production", list[i].name);
		char *text = json_text_pretty(list[i].value);
		json_object_set_new(files, path, json_string(text));
		free(path);
		free(text);
	}
	char *body = json_text_compact(last);
	json_t *answer =
		json_pack("{s:s, s:o, s:{s:s, s:s}}", "tip",
			  "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "files", files,
			  "commit", "subject", "production: lock released", "body", body);
	free(body);
	journey_end(&j);
	return answer;
}

static int open_answer(const json_t *answer, struct err *err)
{
	struct journal_documents documents;
	if (branch_recognise(answer, "belay-state", err) ||
	    branch_documents(answer, "belay-state", "production", &documents, err))
		return -1;
	journal_documents_release(&documents);
	return 0;
}

static const struct {
	const char *name;
	const char *file, *text; /* replaced; NULL text: removed */
	const char *body;        /* of the last commit, replaced */
	const char *why;         /* NULL: fine */
	const char *hint;
} rows[] = {
	{.name = "as written"},
	{.name = "another file beside", .file = "notes", .text = "x"},
	{"alien", "format", NULL, NULL, "exists but was not written by belay",
	 "state.branch"},
	{"no README", "README.md", NULL, NULL, "was not written by belay", NULL},
	{"newer", "format", "2\n", NULL,
	 "written by a newer belay (format 2); this one reads 1", "upgrade"},
	{"format is nonsense", "format", "one\n", NULL, "'format' is damaged",
	 "belay verify"},
	{"format is zero", "format", "0\n", NULL, "'format' is damaged", NULL},
	{"format is empty", "format", "", NULL, "'format' is damaged", NULL},
	{"edited by hand", NULL, NULL, "Fixed a typo",
	 "edited by hand: its last commit a94a8fe", "belay verify"},
	{"empty message", NULL, NULL, "", "edited by hand", NULL},
	{"message with more behind", NULL, NULL, "{\"belay\": 1} and more",
	 "edited by hand", NULL},
	{"message of another program", NULL, NULL, "{\"version\": 1}", "edited by hand",
	 NULL},
	{"state went back", NULL, NULL,
	 "{\"belay\":1,\"type\":\"x\",\"environment\":\"production\",\"sequence\":9}",
	 "state.json is not what the last event (a94a8fe, number 9) left", NULL},
	{"event of nowhere", NULL, NULL,
	 "{\"belay\":1,\"type\":\"x\",\"environment\":\"moon\",\"sequence\":9}",
	 "environments/moon/state.json is missing", NULL},
	{"state truncated", "environments/production/state.json", "{\"schema\": 1, \"env",
	 NULL, "environments/production/state.json is damaged", "belay verify"},
	{"state empty", "environments/production/state.json", "", NULL,
	 "state.json is damaged", NULL},
	{"recent truncated", "environments/production/recent.json", "{\"deployments\": [",
	 NULL, "environments/production/recent.json", "git log"},
	{"recent without rows", "environments/production/recent.json",
	 "{\"schema\": 1, \"environment\": \"production\"}", NULL, "recent.json", NULL},
	{"recent of another", "environments/production/recent.json",
	 "{\"schema\": 1, \"environment\": \"staging\", \"deployments\": []}", NULL,
	 "recent.json is about 'staging'", NULL},
	{"rollup missing", "environments/production/rollup.json", NULL, NULL,
	 "environments/production/rollup.json is missing", NULL},
	{"rollup with a wish", "environments/production/rollup.json",
	 "{\"schema\": 1, \"environment\": \"production\", \"days\": [], \"months\": [], "
	 "\"wish\": 1}",
	 NULL, "wish", NULL},
};

TEST(what_is_ours_is_read_and_nothing_else)
{
	FOR_ROWS(row, rows) {
		struct err err = {0};
		json_t *answer = good_answer();
		json_t *files = json_object_get(answer, "files");
		if (row->file && row->text)
			json_object_set_new(files, row->file, json_string(row->text));
		else if (row->file)
			json_object_del(files, row->file);
		if (row->body)
			json_object_set_new(json_object_get(answer, "commit"), "body",
					    json_string(row->body));
		int result = open_answer(answer, &err);
		if (!row->why) {
			CHECK_OK(result, &err);
		} else {
			CHECK_FAILS(result, &err, ERR_STATE, row->why);
			CHECK(err.hint[0] != '\0');
		}
		if (row->hint)
			CHECK_STR_HAS(err.hint, row->hint);
		json_decref(answer);
	}
}

static const struct {
	const char *name, *body;
	bool event;
} bodies[] = {
	{"plain", "{\"belay\":1,\"type\":\"t\",\"environment\":\"e\",\"sequence\":1}",
	 true},
	{"newline behind",
	 "{\"belay\":1,\"type\":\"t\",\"environment\":\"e\",\"sequence\":1}\n", true},
	{"two newlines",
	 "{\"belay\":1,\"type\":\"t\",\"environment\":\"e\",\"sequence\":1}\n\n", false},
	{"space before",
	 " {\"belay\":1,\"type\":\"t\",\"environment\":\"e\",\"sequence\":1}", false},
	{"signed off", "{\"belay\":1}\n\nSigned-off-by: A <a@example.com>", false},
	{"a list", "[1]", false},
	{"twice the same key", "{\"belay\":1,\"belay\":1}", false},
	{"nothing", "", false},
	{"a newline", "\n", false},
};

TEST(a_body_is_an_event_or_it_is_not)
{
	FOR_ROWS(row, bodies) {
		json_t *commit = json_pack("{s:s}", "body", row->body);
		json_t *event = branch_event(commit);
		CHECK((event != NULL) == row->event);
		json_decref(event);
		json_decref(commit);
	}
}

static const struct {
	const char *name, *environment;
	bool fine;
} names[] = {
	{"plain", "production", true}, {"dots and dashes", "eu-west_1.blue", true},
	{"empty", "", false},          {"up", "..", false},
	{"hidden", ".git", false},     {"slash", "a/b", false},
	{"blank", "a b", false},       {"newline", "a\nb", false},
};

TEST(names_that_may_become_paths)
{
	FOR_ROWS(row, names) {
		struct err err = {0};
		CHECK((branch_check_name(row->environment, &err) == 0) == row->fine);
	}
}

TEST(environments_are_sorted)
{
	json_t *answer = journey_json(
		"{'files': {'environments/b/state.json': '', "
		"'environments/a/state.json': '', 'environments/state.json': "
		"'', 'environments/c/recent.json': '', 'README.md': ''}}");
	json_t *found = branch_environments(answer);
	CHECK_JSON_EQ(found, "['a', 'b']");
	json_decref(found);
	json_decref(answer);
}
