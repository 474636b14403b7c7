/* Annotations: what is told, where, and how much of it. */
#include <string.h>

#include "belay/action.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static json_t *value_of(const char *text)
{
	struct err err = {0};
	json_t *value = NULL;
	_cleanup_free_ char *copy = mem_strdup(text);
	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	CHECK_OK(json_parse(copy, strlen(copy), "row", &value, &err), &err);
	return value;
}

static const char config_text[] = "version: 1\n"
				  "checks:\n"
				  "  up: {tcp: \"127.0.0.1:1\"}\n"
				  "  slow: {tcp: \"127.0.0.1:2\", severity: warning}\n"
				  "environments:\n"
				  "  production: {gates: [up, slow]}\n";

#define UP                                                                               \
	"{'check': 'up', 'outcome': 'fail', 'severity': 'critical', 'reason': 'no "      \
	"answer', 'predicates': [{'text': '.status == 200', 'role': 'expect', 'holds': " \
	"false, 'actual': 503}]}"
#define SLOW                                                                             \
	"{'check': 'slow', 'outcome': 'fail', 'severity': 'warning', 'reason': 'late'}"

static const struct {
	const char *name, *directory, *result, *want;
} results[] = {
	{"passed", NULL,
	 "{'end': 'passed', 'version': 'v1', 'environment': 'production'}", ""},
	{"begun", NULL, "{'end': 'open', 'version': 'v1', 'environment': 'production'}",
	 ""},
	{"rolled back", NULL,
	 "{'end': 'rolled-back', 'version': 'v3', 'environment': 'production', 'reason': "
	 "'gates failed', 'todo': [], 'gates': [{'phase': 'gates', 'verdicts': [" UP
	 "]}, "
	 "{'phase': 'after-undo', 'verdicts': [" UP "]}]}",
	 "::error title=production%3A v3 rolled-back::gates failed\n"
	 "::error title=check up%3A fail,file=belay.yml,line=3,col=3::no answer%0A"
	 ".status == 200   actual 503%0Ajudged in: gates\n"},
	{"stuck", NULL,
	 "{'end': 'stuck', 'version': 'v3', 'environment': 'production', 'reason': 'x', "
	 "'todo': ['a', 'b']}",
	 "::error title=production%3A v3 stuck::x%0A1. a%0A2. b\n"},
	{"a gate by itself, in a directory", "services/api",
	 "{'name': 'gates', 'verdicts': [" SLOW ", " UP "]}",
	 "::error title=check up%3A fail,file=services/api/belay.yml,line=3,col=3::no "
	 "answer%0A.status == 200   actual 503\n"
	 "::warning title=check slow%3A fail,file=services/api/belay.yml,line=4,col=3::late\n"},
	{"backups", NULL,
	 "{'backups': [{'name': 'db', 'outcome': 'made', 'reason': null, 'warnings': "
	 "['expired']}, {'name': 'app', 'outcome': 'partial', 'reason': 'far: no room'}, "
	 "{'name': 'site', 'outcome': 'bad', 'reason': null, 'copies': [{'store': 'near', "
	 "'outcome': 'bad', 'reason': 'damaged'}, {'store': 'far', 'outcome': 'unknown', "
	 "'reason': 'away'}, {'store': 'x', 'outcome': 'good', 'reason': null}]}]}",
	 "::error title=backup app::far: no room\n"
	 "::error title=backup site::near: damaged\n"
	 "::warning title=backup db::expired\n"
	 "::warning title=backup site::far: away\n"},
	{"a check that is not in the file", NULL,
	 "{'verdicts': [{'check': 'x', 'outcome': 'inconclusive', 'reason': 'no data'}]}",
	 "::warning title=check x%3A inconclusive::no data\n"},
	{"not asked", NULL,
	 "{'verdicts': [{'check': 'x', 'outcome': 'inconclusive', 'assumed': true}]}",
	 ""},
	{"hosts", NULL,
	 "{'end': 'passed', 'services': {'api': {'hosts': {'web1': {'error': 'no space'}, "
	 "'web2': {}}}}}",
	 "::error title=api on web1::no space\n"},
};

TEST(results)
{
	struct err err = {0};
	struct config *config = NULL;
	if (!CHECK_OK(config_parse(config_text, strlen(config_text), "belay.yml", &config,
				   NULL, &err),
		      &err))
		return;
	FOR_ROWS(row, results) {
		_cleanup_str_ struct str out = STR_INIT;
		_cleanup_json_ json_t *result = value_of(row->result);
		struct action_annotations annotations = {0};
		action_annotate_result(&annotations, result, config, row->directory);
		action_add_annotations(&out, &annotations);
		CHECK_STR_EQ(str_text(&out), row->want);
		action_annotations_release(&annotations);
	}
	config_freep(&config);
}

static const struct {
	const char *name, *directory, *message, *hint, *want;
} errors[] = {
	{"with a place", NULL, ".github/belay.yml:12:5: unknown key 'hots'",
	 "did you mean 'hosts'?",
	 "::error title=t,file=.github/belay.yml,line=12,col=5::unknown key 'hots'%0Adid you "
	 "mean 'hosts'?\n"},
	{"in a directory", "api", "belay.yml:1:1: empty", "",
	 "::error title=t,file=api/belay.yml,line=1,col=1::empty\n"},
	{"absolute", "api", "/etc/belay.yml:1:1: empty", "",
	 "::error title=t,file=/etc/belay.yml,line=1,col=1::empty\n"},
	{"a number that is no place", NULL, "cannot reach 127.0.0.1:22: refused", "",
	 "::error title=t::cannot reach 127.0.0.1:22: refused\n"},
	{"an address with two numbers", NULL, "host:22:7 is wrong", "",
	 "::error title=t::host:22:7 is wrong\n"},
	{"without", NULL, "the lock is busy", "wait",
	 "::error title=t::the lock is busy%0Await\n"},
};

TEST(places_of_errors)
{
	FOR_ROWS(row, errors) {
		_cleanup_str_ struct str out = STR_INIT;
		struct action_annotations annotations = {0};
		struct err err = {0};
		(void)err_set(&err, ERR_CONFIG, "%s", row->message);
		(void)err_hint(&err, "%s", row->hint);
		action_annotate_error(&annotations, "t", &err, row->directory);
		action_add_annotations(&out, &annotations);
		CHECK_STR_EQ(str_text(&out), row->want);
		action_annotations_release(&annotations);
	}
}

static size_t lines_with(const char *text, const char *part)
{
	size_t count = 0;
	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

static const struct {
	const char *name;
	size_t errors, warnings, shown_errors, shown_warnings;
	const char *last; /* NULL: no note */
} amounts[] = {
	{"few", 3, 0, 3, 0, NULL},
	{"just ten", 10, 0, 10, 0, NULL},
	{"eleven", 11, 0, 10, 0, "2 more"},
	{"many of both", 25, 31, 10, 10, "22 more"},
};

TEST(ten_of_a_level)
{
	FOR_ROWS(row, amounts) {
		_cleanup_str_ struct str out = STR_INIT;
		struct action_annotations annotations = {0};
		char message[] = "m", title[] = "t";
		for (size_t i = 0; i < row->errors + row->warnings; i++)
			action_annotate(&annotations,
					&(struct action_annotation){
						.level = i < row->errors ? ACTION_ERROR
									 : ACTION_WARNING,
						.title = title,
						.message = message});
		action_add_annotations(&out, &annotations);
		CHECK_INT_EQ(lines_with(str_text(&out), "::error "), row->shown_errors);
		CHECK_INT_EQ(lines_with(str_text(&out), "::warning "),
			     row->shown_warnings);
		if (row->last)
			CHECK_STR_HAS(str_text(&out), row->last);
		else
			CHECK(!strstr(str_text(&out), "more"));
		action_annotations_release(&annotations);
	}
}
