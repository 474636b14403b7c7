/* Errors: messages, context, hints and exit statuses. */
#include "belay/err.h"

#include <errno.h>
#include <string.h>

#include "belay/str.h"
#include "test.h"

TEST(a_message_gets_context_in_front)
{
	struct err err = {0};
	CHECK_INT_EQ(err_set(&err, ERR_CONFIG, "unknown key '%s'", "hots"), -1);
	CHECK_INT_EQ(err_wrap(&err, "reading '%s'", "belay.yml"), -1);
	CHECK_STR_EQ(err.message, "reading 'belay.yml': unknown key 'hots'");
	CHECK_INT_EQ(err.code, ERR_CONFIG);
}

TEST(the_deepest_hint_stays)
{
	struct err err = {0};
	err_set(&err, ERR_AUTH, "refused");
	err_hint(&err, "check the key");
	err_hint(&err, "try again");
	CHECK_STR_EQ(err.hint, "check the key");
	err_set(&err, ERR_NET, "unreachable");
	CHECK_STR_EQ(err.hint, "");
}

TEST(errno_is_kept_and_spelt_out)
{
	struct err err = {0};
	err_set_errno(&err, ERR_NOT_FOUND, ENOENT, "cannot open '%s'", "x");
	CHECK_STR_EQ(err.message, "cannot open 'x': No such file or directory");
	CHECK_INT_EQ(err.sys_errno, ENOENT);
}

TEST(wrapping_nothing_is_still_a_failure)
{
	struct err err = {0};
	err_wrap(&err, "doing something");
	CHECK_INT_EQ(err.code, ERR_FAIL);
}

TEST(long_messages_are_cut_not_overrun)
{
	struct err err = {0};
	char text[3000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	err_set_errno(&err, ERR_FAIL, ENOENT, "%s", text);
	CHECK_INT_EQ(strlen(err.message), sizeof err.message - 1);
	err_wrap(&err, "%s", text);
	err_hint(&err, "%s", text);
	CHECK_INT_EQ(strlen(err.hint), sizeof err.hint - 1);
}

TEST(codes_have_names_and_documented_statuses)
{
	static const struct row {
		const char *name;
		enum err_code code;
		int exit_status;
	} rows[] = {
		{"none", ERR_NONE, 0},
		{"fail", ERR_FAIL, 1},
		{"usage", ERR_USAGE, 2},
		{"config", ERR_CONFIG, 2},
		{"not_found", ERR_NOT_FOUND, 2},
		{"auth", ERR_AUTH, 2},
		{"net", ERR_NET, 1},
		{"timeout", ERR_TIMEOUT, 1},
		{"limit", ERR_LIMIT, 1},
		{"inconclusive", ERR_INCONCLUSIVE, 5},
		{"locked", ERR_LOCKED, 10},
		{"state", ERR_STATE, 11},
		{"diverged", ERR_DIVERGED, 1},
		{"cancelled", ERR_CANCELLED, 130},
	};
	FOR_ROWS(row, rows) {
		CHECK_STR_EQ(err_code_name(row->code), row->name);
		CHECK_INT_EQ(err_code_parse(row->name), row->code);
		CHECK_INT_EQ(err_exit_status(row->code), row->exit_status);
	}
	CHECK_INT_EQ(err_code_parse("no such code"), ERR_FAIL);
}

TEST(a_message_is_utf8_whatever_it_quotes)
{
	static const struct row {
		const char *name, *word;
		size_t fill;
		const char *want_end;
	} rows[] = {
		{"fits", "…", 10, "x…"},
		{"cut within a character", "…", 1021, "x"},
		{"cut behind one byte", "…", 1022, "x"},
		{"bytes of another encoding", "caf\xe9!", 3, "xxxcaf?!"},
		{"a word that was cut before", "caf\xc3", 3, "xxxcaf"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		char fill[1100];
		memset(fill, 'x', sizeof fill);
		fill[row->fill] = '\0';
		err_set(&err, ERR_FAIL, "%s%s", fill, row->word);
		CHECK(str_is_utf8(err.message, strlen(err.message)));
		CHECK(str_has_suffix(err.message, row->want_end));
		err_wrap(&err, "%s", "a place");
		CHECK(str_is_utf8(err.message, strlen(err.message)));
	}
}
