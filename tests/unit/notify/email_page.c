/* Mails as text and HTML: nothing is loaded, nothing runs, nothing that strangers wrote is markup. */
#include <stdio.h>
#include <string.h>

#include "belay/json.h"
#include "email.h"
#include "message.h"
#include "test.h"

#define HOSTILE                                                                          \
	"<script src=x>alert(1)</script><img src=http://evil.test/p.png>\" onload=\"x\n" \
	"<a href='javascript:x'>&amp;"

static json_t *hostile_message(void)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:[{s:s, s:s}]}}", "id",
		"m1", "topic", "incident-opened", "incident", "i1", "severity", "P1",
		"environment", "production", "content", "title", "größer " HOSTILE,
		"text", HOSTILE, "url", "https://ci.example.test/run?a=1&b=2",
		"incident_url", "javascript:alert(1)", "fields", "name", HOSTILE, "value",
		HOSTILE);
}

/* Every tag of the page, one a line: nothing else may be there. */
static json_t *tags_of(const char *page)
{
	json_t *tags = json_object();
	for (const char *at = strchr(page, '<'); at; at = strchr(at + 1, '<')) {
		char name[16] = "";
		size_t len = strcspn(at + 1, " >");
		snprintf(name, sizeof name, "%.*s", (int)(len < 15 ? len : 15), at + 1);
		json_object_set_new(tags, name, json_true());
	}
	return tags;
}

TEST(a_page_is_harmless)
{
	struct told told;
	told_open(&told, "email", "{}", "{}");
	json_decref(told.message);
	told.job.message = told.message = hostile_message();
	_cleanup_free_ char *page = email_html(&told.job);
	_cleanup_json_ json_t *tags = tags_of(page);
	CHECK_JSON_EQ(tags,
		      "{'!DOCTYPE': true, 'html': true, 'head': true, 'meta': true,"
		      " 'title': true, '/title': true, '/head': true, 'body': true,"
		      " 'div': true, 'p': true, 'span': true, '/span': true, '/p': true,"
		      " 'h1': true, '/h1': true, 'br': true, 'table': true, 'tr': true,"
		      " 'td': true, '/td': true, '/tr': true, '/table': true, 'a': true,"
		      " '/a': true, '/div': true, '/body': true, '/html': true}");
	CHECK_STR_HAS(page, "href=\"https://ci.example.test/run?a=1&amp;b=2\"");
	CHECK_NULL(strstr(page, "href=\"javascript"));
	CHECK_STR_HAS(page, "color-scheme\" content=\"light dark\"");
	CHECK_STR_HAS(page, "größer &lt;script");
	_cleanup_free_ char *text = email_text(&told.job);
	CHECK_STR_HAS(text, "Incident opened: größer <script");
	CHECK_STR_HAS(text, "\nLog of the run: https://ci.example.test/run?a=1&b=2\n");
	CHECK_NULL(strstr(text, "Incident: javascript"));
	told_close(&told);
}

TEST(an_empty_message_is_still_a_mail)
{
	struct told told;
	told_open(&told, "email", "{}", "{}");
	_cleanup_free_ char *page = email_html(&told.job);
	_cleanup_free_ char *text = email_text(&told.job);
	CHECK_STR_HAS(page, "</html>");
	CHECK_STR_HAS(text, "Test: test\n");
	told_close(&told);
}
