/* mask: makes GitHub's runner hide a secret in its log (workflow command add-mask).
 *
 * The command carries the value itself, so this is the one place that prints a secret: it goes from here
 * to standard output in one piece, past every buffer that outlives the call. The runner hides lines, so
 * a value of several lines (a key) becomes several commands. Lines too short to be worth hiding stay
 * visible, as in redaction: hiding "a" or "1" would shred the log. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "live.h"

enum { LINE_MIN_BYTES = 4 };

/* Data of a workflow command: GitHub's runner, ActionCommand, undoes these three. */
static size_t escape(char *out, const char *line, size_t len)
{
	size_t at = 0;
	for (size_t i = 0; i < len; i++) {
		if (line[i] == '%') {
			out[at++] = '%';
			out[at++] = '2';
			out[at++] = '5';
		} else {
			out[at++] = line[i];
		}
	}
	return at;
}

static int write_out(const char *data, size_t len, struct err *err)
{
	while (len) {
		ssize_t written = write(STDOUT_FILENO, data, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_set_errno(err, ERR_FAIL, errno,
					     "cannot write to standard output");
		data += written;
		len -= (size_t)written;
	}
	return 0;
}

static int mask_line(const char *line, size_t len, struct err *err)
{
	static const char command[] = "::add-mask::";
	struct secret text = {.len = sizeof command + 3 * len + 1};
	text.data = mem_alloc(text.len);
	size_t at = sizeof command - 1;
	memcpy(text.data, command, at);
	at += escape(text.data + at, line, len);
	text.data[at++] = '\n';
	int result = write_out(text.data, at, err);
	secret_release(&text);
	return result;
}

int live_mask(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_secret_ struct secret secret = SECRET_INIT;
	struct err missing = {0};
	json_int_t masked = 0;
	fflush(stdout);
	if (live_resolve(call, call->args, "a mask", &secret, &missing) < 0)
		secret_set(&secret, "", 0);
	for (const char *line = secret.data; line && *line;) {
		size_t len = strcspn(line, "\r\n");
		if (len >= LINE_MIN_BYTES && mask_line(line, len, err) < 0)
			return -1;
		masked += len >= LINE_MIN_BYTES;
		line += len + strspn(line + len, "\r\n");
	}
	*ret_answer = json_pack("{s:I}", "masked", masked);
	return 0;
}
