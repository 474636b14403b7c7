/* Header fields of mails: encoding, folding, addresses, and nothing that could become a second field. */
#include "platform/smtp_header.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A1000                                                                            \
	A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50

static const struct text_row {
	const char *name, *value, *want; /* NULL: refused */
} texts[] = {
	{"ascii", "a plain line", "Subject: a plain line"},
	{"empty", "", "Subject: "},
	{"folded at a space", A50 " " A50, "Subject: " A50 "\r\n " A50},
	{"leading and trailing spaces", "  a  ", "Subject:   a"},
	{"utf-8", "größer → 🚀",
	 "Subject: =?UTF-8?Q?gr=C3=B6=C3=9Fer_=E2=86=92_=F0=9F=9A=80?="},
	{"looks like an encoded word",
	 "=?x?Q?y?=", "Subject: =?UTF-8?Q?=3D=3Fx=3FQ=3Fy=3F=3D?="},
	{"line feed", "a\nBcc: b@c.d", NULL},
	{"carriage return", "a\rBcc: b@c.d", NULL},
	{"CRLF", "a\r\n\r\nbody", NULL},
	{"tab", "a\tb", NULL},
	{"escape", "\x1b[31m", NULL},
};

TEST(values_become_one_field)
{
	FOR_ROWS(row, texts) {
		struct err err = {0};
		_cleanup_free_ char *line = NULL;
		int status = smtp_header_text("Subject", row->value, &line, &err);
		if (row->want && CHECK_OK(status, &err))
			CHECK_STR_EQ(line, row->want);
		else if (!row->want)
			CHECK_FAILS(status, &err, ERR_CONFIG, "line break");
	}
}

/* RFC 2047: a word of 75 columns at most, in lines of 76; and characters stay whole. */
TEST(long_values_are_folded)
{
	static const char *const values[] = {
		"日本語の長い件名がここにあり、行を折り返さなければなりません。日本語の長い件名",
		"🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀", A1000, "ä " A50 A50 A50};
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct err err = {0};
		_cleanup_free_ char *field = NULL;
		test_row("%zu", i);
		if (!CHECK_OK(smtp_header_text("Subject", values[i], &field, &err), &err))
			continue;
		for (char *rest = field, *line; (line = strsep(&rest, "\n"));) {
			CHECK(strlen(line) <= 77); /* with its CR */
			CHECK(line == field || line[0] == ' ');
			const char *word = strstr(line, "=?UTF-8?Q?");
			CHECK(word && strstr(word + 10, "?="));
			/* A word never begins in the middle of a character. */
			CHECK(word &&
			      !(word[10] == '=' && strchr("89AB", word[11]) != NULL));
		}
	}
	test_at_row(NULL);
}

static const struct address_row {
	const char *name, *text, *mailbox; /* NULL: refused */
	const char *field;
} addresses[] = {
	{"alone", "ops@example.test", "ops@example.test", "To: ops@example.test"},
	{"with a name", "Ops Team <ops@example.test>", "ops@example.test",
	 "To: Ops Team <ops@example.test>"},
	{"name in quotes", "\"Ops, \\\"the\\\" team\" <o@x>", "o@x",
	 "To: \"Ops, \\\"the\\\" team\" <o@x>"},
	{"name that wants quotes", "a.b@c <o@x>", "o@x", "To: \"a.b@c\" <o@x>"},
	{"name in utf-8", "Ülker <o@x>", "o@x", "To: =?UTF-8?Q?=C3=9Clker?= <o@x>"},
	{"empty name", " <o@x>", "o@x", "To: o@x"},
	{"plus and dots", "a.b+c@mail.example.test", "a.b+c@mail.example.test",
	 "To: a.b+c@mail.example.test"},
	{"address literal", "o@[IPv6:::1]", "o@[IPv6:::1]", "To: o@[IPv6:::1]"},
	{"nothing", "", NULL, NULL},
	{"no sign", "ops", NULL, NULL},
	{"no local part", "@x", NULL, NULL},
	{"no host", "o@", NULL, NULL},
	{"two signs", "a@b@c", NULL, NULL},
	{"space", "a b@c", NULL, NULL},
	{"ends in a dot", "a.@c", NULL, NULL},
	{"a command behind it", "o@x>\r\nRCPT TO:<b@c", NULL, NULL},
	{"a second address", "o@x,p@x", NULL, NULL},
	{"parameters", "o@x> SIZE=1", NULL, NULL},
	{"line break in the name", "a\r\nBcc: p@x <o@x>", NULL, NULL},
	{"more than ascii", "ö@x", NULL, NULL},
	{"too long", A50 A50 "@x", NULL, NULL},
};

TEST(addresses_are_parsed_and_written)
{
	FOR_ROWS(row, addresses) {
		struct err err = {0};
		struct smtp_address address = {0};
		_cleanup_free_ char *field = NULL;
		int status = smtp_address_parse(row->text, &address, &err);
		if (!row->mailbox) {
			CHECK_FAILS(status, &err, ERR_CONFIG, "is no mail address");
		} else if (CHECK_OK(status, &err)) {
			CHECK_STR_EQ(address.mailbox, row->mailbox);
			CHECK_OK(smtp_header_addresses("To", &address, 1, &field, &err),
				 &err);
			CHECK_STR_EQ(field, row->field);
		}
		smtp_address_release(&address);
	}
}

TEST(names_of_headers)
{
	static const char *const names[] = {"", "a b", "a:b", "a\r\nb", "ä"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct err err = {0};
		_cleanup_free_ char *line = NULL;
		CHECK_FAILS(smtp_header_text(names[i], "x", &line, &err), &err,
			    ERR_CONFIG, "header");
	}
}

static const struct date_row {
	const char *name;
	int64_t at_ms;
	const char *want;
} dates[] = {
	{"the beginning", 0, "Thu, 1 Jan 1970 00:00:00 +0000"},
	{"today", INT64_C(1795267203999), "Sat, 21 Nov 2026 13:20:03 +0000"},
	{"leap day", INT64_C(1709164800000), "Thu, 29 Feb 2024 00:00:00 +0000"},
};

TEST(dates)
{
	FOR_ROWS(row, dates) {
		char buffer[SMTP_DATE_BYTES];
		CHECK_STR_EQ(smtp_date(row->at_ms, buffer), row->want);
	}
}
