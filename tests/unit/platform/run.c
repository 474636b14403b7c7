/* Captures: every byte is kept or counted, whatever the pieces. */
#include "platform/run.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "test.h"

static const struct row {
	const char *name, *text;
	size_t max_bytes, piece;
	const char *want;
} rows[] = {
	{"fits", "abcdef", 6, 1, "abcdef"},
	{"fits in one piece", "abcdef", 6, 6, "abcdef"},
	{"one line too many", "a\nb\nc\nd\n", 6, 1,
	 "a\n\xe2\x80\xa6 4 bytes left out \xe2\x80\xa6\nd\n"},
	{"cut at lines", "one\ntwo\nthree\nfour\n", 16, 3,
	 "one\ntwo\n\xe2\x80\xa6 6 bytes left out \xe2\x80\xa6\nfour\n"},
	{"cut at words", "one two three four", 12, 5,
	 "one \n\xe2\x80\xa6 10 bytes left out \xe2\x80\xa6\nfour"},
	{"no place to cut", "abcdefghijkl", 4, 5,
	 "ab\n\xe2\x80\xa6 8 bytes left out \xe2\x80\xa6\nkl"},
	{"nothing kept", "abc", 0, 1, "\xe2\x80\xa6 3 bytes left out \xe2\x80\xa6\n"},
	{"one byte kept", "abc", 1, 1, "a\n\xe2\x80\xa6 2 bytes left out \xe2\x80\xa6\n"},
	{"empty", "", 4, 1, ""},
};

TEST(captures)
{
	FOR_ROWS(row, rows) {
		struct capture capture;
		struct str text = STR_INIT;
		capture_init(&capture, row->max_bytes);
		size_t len = strlen(row->text);
		for (size_t at = 0; at < len; at += row->piece)
			capture_add(&capture, row->text + at,
				    len - at < row->piece ? len - at : row->piece);
		capture_text(&capture, &text);
		CHECK_STR_EQ(str_text(&text), row->want);
		str_release(&text);
		capture_release(&capture);
	}
}

TEST(every_size_against_every_limit)
{
	char data[64];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)('A' + i % 26);
	for (size_t limit = 0; limit < 20; limit++)
		for (size_t len = 0; len < sizeof data; len++)
			for (size_t piece = 1; piece < 9; piece++) {
				test_row("limit %zu, length %zu, pieces of %zu", limit,
					 len, piece);
				struct capture capture;
				capture_init(&capture, limit);
				for (size_t at = 0; at < len; at += piece)
					capture_add(&capture, data + at,
						    len - at < piece ? len - at : piece);
				const struct str *tail = capture_tail(&capture);
				size_t kept = capture.head.len + tail->len;
				CHECK_INT_EQ(kept, len < limit ? len : limit);
				CHECK_INT_EQ(kept + capture.left_out_bytes, len);
				CHECK(memcmp(str_text(&capture.head), data,
					     capture.head.len) == 0);
				CHECK(memcmp(str_text(tail), data + len - tail->len,
					     tail->len) == 0);
				capture_release(&capture);
			}
}
