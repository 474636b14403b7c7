/* The XML of S3's answers. */
#include "platform/s3_xml.h"

#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

static void note(void *context, const char *parent, const char *name, const char *text)
{
	str_addf(context, "%s/%s=%s;", parent, name, text);
}

TEST(documents)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *want; /* NULL: refused */
	} rows[] = {
		{"nested",
		 "<?xml version=\"1.0\"?>\n<a xmlns=\"u\"><b>1</b><c> x </c></a>\n",
		 "a/b=1;a/c=x;/a=;"},
		{"empty element", "<a><b/><c /></a>", "a/b=;a/c=;/a=;"},
		{"entities", "<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#xe9;&#x1f680;</a>",
		 "/a=<>&\"'ABé🚀;"},
		{"character data", "<a><![CDATA[<b>&]]></a>", "/a=<b>&;"},
		{"comment", "<!-- <x> --><a>1<!-- y -->2</a>", "/a=12;"},
		{"attribute with brackets", "<a b='>'>1</a>", "/a=1;"},
		{"document type", "<!DOCTYPE a><a/>", NULL},
		{"own entity", "<a>&own;</a>", NULL},
		{"no entity", "<a>a & b</a>", NULL},
		{"NUL by reference", "<a>&#0;</a>", NULL},
		{"surrogate", "<a>&#xd800;</a>", NULL},
		{"beyond Unicode", "<a>&#x110000;</a>", NULL},
		{"crossed", "<a><b></a></b>", NULL},
		{"cut", "<a><b>1</b>", NULL},
		{"cut in a tag", "<a><b", NULL},
		{"two roots", "<a/><b/>", NULL},
		{"text outside", "hello", NULL},
		{"nothing", "", NULL},
		{"HTML", "<!doctype html><html><p>bad gateway</html>", NULL},
		{"too deep",
		 "<a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></"
		 "a></a></a></a></a>",
		 NULL},
		{"name too long",
		 "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/>",
		 NULL},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_str_ struct str got = STR_INIT;
		int result = s3_xml_walk(row->text, strlen(row->text), note, &got, &err);
		if (!row->want)
			CHECK_FAILS(result, &err, ERR_NET, "not the XML");
		else if (CHECK_OK(result, &err))
			CHECK_STR_EQ(str_text(&got), row->want);
	}
}

TEST(a_text_has_a_bound)
{
	static const int sizes[] = {S3_XML_TEXT_MAX - 1, S3_XML_TEXT_MAX + 1};
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct err err = {0};
		_cleanup_str_ struct str text = STR_INIT;
		_cleanup_str_ struct str got = STR_INIT;
		str_add(&text, "<a>");
		str_pad(&text, 'x', (size_t)sizes[i]);
		str_add(&text, "</a>");
		CHECK_INT_EQ(s3_xml_walk(text.data, text.len, note, &got, &err),
			     i ? -1 : 0);
	}
}
