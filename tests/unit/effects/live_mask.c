/* mask: what the runner is told to hide. Standard output is a file meanwhile. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

/* Performs the effect and gives what it printed. */
static char *printed(const char *value, int64_t *ret_masked)
{
	_cleanup_(effects_freep) struct effects *fx =
		effects_new(effects_redact_new(effects_live_new()));
	_cleanup_free_ char *path = str_format("%s/stdout", test_directory());
	_cleanup_json_ json_t *args =
		json_pack("{s:{s:s}}", "$secret", "env", "MASK_TEST");
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {.kind = "mask", .args = args};
	struct err err = {0};
	if (value)
		setenv("MASK_TEST", value, 1);
	else
		unsetenv("MASK_TEST");
	fflush(stdout);
	int kept = dup(STDOUT_FILENO);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	int result = effects_perform(fx, &effect, &answer, &err);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(fd);
	CHECK_OK(result, &err);
	*ret_masked = json_get_int(answer, "masked", -1);
	/* Not through the seam, which would hide it. */
	char *text = mem_alloc(4096);
	FILE *stream = fopen(path, "r");
	size_t len = stream ? fread(text, 1, 4095, stream) : 0;
	text[len] = '\0';
	if (CHECK(stream))
		fclose(stream);
	return text;
}

static const struct {
	const char *name, *value;
	int64_t masked;
	const char *want;
} rows[] = {
	{"one line", "hunter22", 1, "::add-mask::hunter22\n"},
	{"a key", "-----BEGIN\r\nabcd\nx\n\nefgh\n", 3,
	 "::add-mask::-----BEGIN\n::add-mask::abcd\n::add-mask::efgh\n"},
	{"escaped", "100%0A,:", 1, "::add-mask::100%250A,:\n"},
	{"too short to hide", "abc", 0, ""},
	{"empty", "", 0, ""},
	{"not set", NULL, 0, ""},
};

TEST(masks)
{
	FOR_ROWS(row, rows) {
		int64_t masked = -1;
		_cleanup_free_ char *text = printed(row->value, &masked);
		CHECK_STR_EQ(text, row->want);
		CHECK_INT_EQ(masked, row->masked);
	}
}
