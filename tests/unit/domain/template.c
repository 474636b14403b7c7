/* Templates of webhooks: what {{jq}} parts become, and how a bad one is named. */
#include "journey.h"

#include "belay/message.h"

#define CONTENT                                                                          \
	"{'title': 'v1 is \\\"live\\\"', 'version': 'v1', 'n': 3, 'none': null, 'yes': " \
	"true, 'list': ['a', 'b'], 'deep': {'er': {'x': 1}}, 'braces': '}}{{'}"

static const struct template_row {
	const char *name, *template, *filled;
} templates[] = {
	{"plain text", "'no parts'", "'no parts'"},
	{"empty", "''", "''"},
	{"a part within text", "'now: {{.version}}!'", "'now: v1!'"},
	{"two parts", "'{{.version}}-{{.n}}'", "'v1-3'"},
	{"one part and nothing else keeps its type", "'{{.n}}'", "3"},
	{"the same with a list", "'{{.list}}'", "['a', 'b']"},
	{"the same with null", "'{{.none}}'", "null"},
	{"within text null is nothing", "'<{{.none}}>'", "'<>'"},
	{"within text other values are JSON", "'{{.list}} {{.yes}} {{.deep}}'",
	 "\"[\\\"a\\\",\\\"b\\\"] true {\\\"er\\\":{\\\"x\\\":1}}\""},
	{"several outputs are lines", "'x {{.list[]}}'", "'x a\\nb'"},
	{"several outputs of a sole part as well", "'{{.list[]}}'", "'a\\nb'"},
	{"no output", "'[{{empty}}]'", "'[]'"},
	{"no output of a sole part", "'{{empty}}'", "''"},
	{"an expression with braces", "'{{ {a:{b:.n}} }}'", "{'a': {'b': 3}}"},
	{"braces without a blank", "'{{{a:{b:.n}}}}'", "{'a': {'b': 3}}"},
	{"braces within text", "'x{{{a:{b:.n}}|tostring}}y'",
	 "\"x{\\\"a\\\":{\\\"b\\\":3}}y\""},
	{"an opening as text", "'{{\\\"{{\\\"}} {{.n}}'", "'{{ 3'"},
	{"an ending as text", "'{{\\\"}}\\\"}}'", "'}}'"},
	{"an ending without a beginning", "'a }} b'", "'a }} b'"},
	{"what was put in is not looked at again", "'{{.braces}} {{.n}}'", "'}}{{ 3'"},
	{"quoted for JSON", "'\\\"{{.title|@json}}\\\"'",
	 "\"\\\"\\\"v1 is \\\\\\\"live\\\\\\\"\\\"\\\"\""},
	{"variables", "'{{$version}}'", "'v1'"},
	{"all depths", "{'a': [{'b': '{{.n}}'}, 5, null], 'c': true}",
	 "{'a': [{'b': 3}, 5, null], 'c': true}"},
	{"names are left as they are", "{'{{.n}}': 1}", "{'{{.n}}': 1}"},
	{"a secret's reference passes", "{'x': {'$secret': {'env': 'NAME'}}}",
	 "{'x': {'$secret': {'env': 'NAME'}}}"},
};

TEST(parts_are_filled_in)
{
	_cleanup_json_ json_t *content = journey_json(CONTENT);
	FOR_ROWS(row, templates) {
		_cleanup_json_ json_t *template = journey_json(row->template);
		_cleanup_json_ json_t *filled = NULL;
		struct err err = {0};
		if (CHECK_OK(template_fill(template, content, &filled, &err), &err))
			CHECK_JSON_EQ(filled, row->filled);
	}
}

static const struct {
	const char *name, *template, *part;
} bad[] = {
	{"does not end", "'{{.n'", "it has no end"},
	{"does not end, later", "'{{.n}} {{.n'", "it has no end"},
	{"does not compile", "'{{.n +}}'", "template part '{{.n +}}'"},
	{"is empty", "'{{}}'", "template part '{{}}'"},
	{"fails", "'{{.title + 1}}'", "cannot be added"},
	{"in the depth, with the way there", "{'a': [{'b': '{{(}}'}]}", "a: b: template"},
	{"reaches outside", "'{{input}}'", "input is not available"},
	{"a name that nobody knows", "'{{nosuch}}'", "nosuch"},
	{"never ends", "'{{range(1;1000000000)}}'", "more than 10000 results"},
};

TEST(bad_parts_are_named)
{
	_cleanup_json_ json_t *content = journey_json(CONTENT);
	FOR_ROWS(row, bad) {
		_cleanup_json_ json_t *template = journey_json(row->template);
		json_t *filled = NULL;
		struct err err = {0};
		CHECK_FAILS(template_fill(template, content, &filled, &err), &err,
			    ERR_CONFIG, row->part);
		CHECK_NULL(filled);
	}
}

TEST(what_is_filled_has_a_bound)
{
	struct str text = STR_INIT;
	str_pad(&text, 'x', 100000);
	_cleanup_json_ json_t *content = json_pack("{s:s}", "big", str_text(&text));
	str_clear(&text);
	for (int i = 0; i < 12; i++)
		str_add(&text, "{{.big}} ");
	_cleanup_json_ json_t *template = json_string(str_text(&text));
	json_t *filled = NULL;
	struct err err = {0};
	CHECK_FAILS(template_fill(template, content, &filled, &err), &err, ERR_CONFIG,
		    "larger than");
	str_release(&text);
}
