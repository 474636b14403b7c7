/* Verdicts: the rules of belay/verdict.h, one row each. */
#include "belay/verdict.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static char *text(const char *literal)
{
	union {
		const char *in;
		char *out;
	} u = {literal}; /* the struct owns its names elsewhere; nobody writes to them */
	return u.out;
}

static json_t *value_of(const char *quoted)
{
	_cleanup_free_ char *copy = mem_strdup(quoted);
	for (char *at = copy; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	return json_loads(copy, JSON_DECODE_ANY, NULL);
}

static json_t *judge(const struct config_check *check, const char *observation,
		     const struct err *failure)
{
	struct err err = {0};
	_cleanup_(judge_freep) struct judge *judge = NULL;
	_cleanup_json_ json_t *seen = observation ? value_of(observation) : NULL;
	_cleanup_json_ json_t *variables = value_of(
		"{'version': 'v2', 'previous': 'v1', 'environment': 'production', 'now': 1000}");
	if (!CHECK_OK(judge_new(check, &judge, &err), &err))
		return json_object();
	return judge_observation(judge, seen, failure, variables);
}

static const struct row {
	const char *name;
	const char *expect, *warn; /* one predicate each, or NULL */
	const char *observation;   /* NULL: the seam failed */
	enum config_on_no_data on_no_data;
	const char *outcome, *reason;
} rows[] = {
	{"holds", ".status == 200", NULL, "{'status': 200}", 0, "pass",
	 "all predicates hold"},
	{"no predicates", NULL, NULL, "{'status': 500}", 0, "pass",
	 "the probe got an answer"},
	{"expect fails", ".status == 200", NULL, "{'status': 503}", 0, "fail",
	 "expected .status == 200, got 503"},
	{"bound is shown when the text does not", ".body.version == $version", NULL,
	 "{'status': 200, 'body': {'version': 'v1'}}", 0, "fail",
	 "expected .body.version == $version (\"v2\"), got \"v1\""},
	{"warn fails", ".status == 200", ".latency_ms < 1000",
	 "{'status': 200, 'latency_ms': 2314}", 0, "warn",
	 "expected .latency_ms < 1000, got 2314"},
	{"fail comes before warn", ".status == 200", ".latency_ms < 1000",
	 "{'status': 500, 'latency_ms': 2314}", 0, "fail", ".status"},
	{"runtime error", ".body.x > 1", NULL, "{'body': 'text'}", 0, "fail",
	 "expected .body.x > 1: "},
	{"previous and environment",
	 "$previous == \"v1\" and $environment == \"production\"", NULL, "{}", 0, "pass",
	 ""},
	{"now", "$now - .body.at < 60", NULL, "{'body': {'at': 990}}", 0, "pass", ""},
	{"an unset variable is null", "$service == null", NULL, "{}", 0, "pass", ""},

	{"refused", ".latency_ms < 1000", NULL,
	 "{'status': 0, 'latency_ms': 1, 'error': {'code': 'refused', 'message': 'connection refused'}}",
	 0, "fail", "no answer: connection refused"},
	{"refused without predicates", NULL, NULL,
	 "{'connected': false, 'error': {'code': 'refused', 'message': 'connection refused'}}",
	 0, "fail", "no answer: connection refused"},
	{"refused is what is wanted", ".connected | not", NULL,
	 "{'connected': false, 'error': {'code': 'refused', 'message': 'connection refused'}}",
	 0, "pass", ""},
	{"refused, and the predicate asks", ".connected", NULL,
	 "{'connected': false, 'error': {'code': 'refused', 'message': 'connection refused'}}",
	 0, "fail", "no answer: connection refused (expected .connected, got false)"},
	{"a name that does not exist", ".status == 200", NULL,
	 "{'status': 0, 'error': {'code': 'dns', 'message': 'no such host'}}", 0, "fail",
	 "no answer: no such host"},
	{"a cut body is judged", ".status == 200", NULL,
	 "{'status': 200, 'truncated': true, 'error': {'code': 'too_large', 'message': 'cut'}}",
	 0, "pass", ""},
	{"a cut body without predicates", NULL, NULL,
	 "{'status': 200, 'error': {'code': 'too_large', 'message': 'cut'}}", 0, "fail",
	 "no answer: cut"},

	{"our resolver is down", ".status == 200", NULL,
	 "{'status': 0, 'error': {'code': 'no_network', 'message': 'Temporary failure in name resolution'}}",
	 0, "inconclusive", "no data: Temporary failure"},
	{"the seam failed", ".status == 200", NULL, NULL, NO_DATA_INCONCLUSIVE,
	 "inconclusive", "no data: the seam broke"},
	{"no data passes", ".status == 200", NULL, NULL, NO_DATA_PASS, "pass",
	 "on_no_data"},
	{"no data fails", ".status == 200", NULL, NULL, NO_DATA_FAIL, "fail",
	 "on_no_data"},
	{"assumed", ".status == 200", ".x", "{'assumed': true}", 0, "pass", "assumed"},
};

TEST(judges_observations)
{
	FOR_ROWS(row, rows) {
		char *expect[] = {text(row->expect)}, *warn[] = {text(row->warn)};
		const struct config_check check = {
			.name = "health",
			.type = "http",
			.expect = {expect, row->expect ? 1 : 0, 1},
			.warn = {warn, row->warn ? 1 : 0, 1},
			.on_no_data = row->on_no_data,
		};
		const struct err failure = {.code = ERR_NET, .message = "the seam broke"};
		_cleanup_json_ json_t *verdict =
			judge(&check, row->observation, &failure);
		CHECK_STR_EQ(json_get_string(verdict, "outcome", NULL), row->outcome);
		CHECK_STR_HAS(json_get_string(verdict, "reason", ""), row->reason);
		CHECK_STR_EQ(outcome_name(verdict_outcome(verdict)), row->outcome);
	}
}

TEST(a_verdict_shows_what_it_saw)
{
	char *expect[] = {text(".status == 200"), text(".body.ok")};
	const struct config_check check = {
		.name = "health", .type = "http", .expect = {expect, 2, 2}};
	_cleanup_json_ json_t *verdict = judge(
		&check, "{'status': 503, 'latency_ms': 12, 'body': {'ok': false}}", NULL);
	CHECK_JSON_EQ(
		verdict,
		"{'check': 'health', 'type': 'http', 'severity': 'critical', 'attempts': 1,"
		" 'duration_ms': 12, 'outcome': 'fail',"
		" 'reason': 'expected .status == 200, got 503 (and 1 more)', 'predicates': ["
		"{'text': '.status == 200', 'role': 'expect', 'holds': false, 'actual': 503,"
		" 'bound': 200},"
		"{'text': '.body.ok', 'role': 'expect', 'holds': false, 'actual': false}],"
		" 'observation': {'status': 503, 'latency_ms': 12, 'body': {'ok': false}}}");
}

TEST(an_assumed_verdict_judges_nothing)
{
	char *expect[] = {text(".status == 200")};
	const struct config_check check = {
		.name = "health", .type = "http", .expect = {expect, 1, 1}};
	_cleanup_json_ json_t *verdict = judge(&check, "{'assumed': true}", NULL);
	CHECK(json_is_true(json_object_get(verdict, "assumed")));
	CHECK_INT_EQ(json_array_size(json_object_get(verdict, "predicates")), 0);
}

TEST(long_observations_are_cut)
{
	char *expect[] = {text(".body | length == 3000")};
	const struct config_check check = {
		.name = "health", .type = "http", .expect = {expect, 1, 1}};
	struct err err = {0};
	_cleanup_(judge_freep) struct judge *own = NULL;
	_cleanup_str_ struct str body = STR_INIT;
	for (int i = 0; i < 3000; i++)
		str_add(&body, "ü");
	_cleanup_json_ json_t *seen =
		json_pack("{s:i, s:s}", "status", 200, "body", str_text(&body));
	if (!CHECK_OK(judge_new(&check, &own, &err), &err))
		return;
	_cleanup_json_ json_t *verdict = judge_observation(own, seen, NULL, NULL);
	CHECK_STR_EQ(json_get_string(verdict, "outcome", NULL), "pass");
	const char *kept = json_string_value(json_at(verdict, "/observation/body"));
	CHECK(kept && strlen(kept) < 420);
	CHECK(str_is_utf8(kept, strlen(kept)));
}

TEST(invalid_jq_is_a_configuration_error)
{
	char *expect[] = {text(".status ==")};
	const struct config_check check = {
		.name = "health", .type = "http", .expect = {expect, 1, 1}};
	struct err err = {0};
	struct judge *own = NULL;
	CHECK_FAILS(judge_new(&check, &own, &err), &err, ERR_CONFIG,
		    "check 'health': invalid jq");
}

static const struct gate_row {
	const char *name, *verdicts,
		*want; /* want: outcome passed failed warned inconclusive */
} gates[] = {
	{"nothing to judge", "[]", "pass 0 0 0 0"},
	{"all pass", "[{'outcome': 'pass'}, {'outcome': 'pass'}]", "pass 2 0 0 0"},
	{"a warning", "[{'outcome': 'pass'}, {'outcome': 'warn'}]", "warn 1 0 1 0"},
	{"inconclusive", "[{'outcome': 'warn'}, {'outcome': 'inconclusive'}]",
	 "inconclusive 0 0 1 1"},
	{"fail beats inconclusive", "[{'outcome': 'inconclusive'}, {'outcome': 'fail'}]",
	 "fail 0 1 0 1"},
	{"severity warning never fails", "[{'outcome': 'fail', 'severity': 'warning'}]",
	 "warn 0 0 1 0"},
	{"severity warning never blocks",
	 "[{'outcome': 'inconclusive', 'severity': 'warning'}]", "warn 0 0 1 0"},
	{"severity critical", "[{'outcome': 'fail', 'severity': 'critical'}]",
	 "fail 0 1 0 0"},
	{"an unknown outcome decides nothing", "[{'outcome': 'great'}]",
	 "inconclusive 0 0 0 1"},
};

TEST(gates_sum_up)
{
	FOR_ROWS(row, gates) {
		_cleanup_json_ json_t *gate =
			gate_verdict("gates", value_of(row->verdicts));
		_cleanup_free_ char *got = str_format(
			"%s %d %d %d %d", json_get_string(gate, "outcome", "?"),
			(int)json_get_int(gate, "passed", -1),
			(int)json_get_int(gate, "failed", -1),
			(int)json_get_int(gate, "warned", -1),
			(int)json_get_int(gate, "inconclusive", -1));
		CHECK_STR_EQ(got, row->want);
	}
}
