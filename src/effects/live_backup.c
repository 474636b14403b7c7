/* What both directions of a backup need: who watches, ids, and how commands ended. */
#include "live_backup.h"

#include <stdio.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/clock.h"
#include "platform/pack.h"
#include "platform/seal.h"

_Static_assert((int)LIVE_ID_BYTES == (int)PACK_ID_BYTES &&
		       (int)LIVE_ID_BYTES == (int)SEAL_SALT_BYTES,
	       "ids and salts have one size");

static void moved(void *context, int64_t done_bytes, int64_t total_bytes)
{
	const struct live_bulk_watch *watch = context;
	int64_t others_bytes = watch->before_bytes + watch->after_bytes;
	watch->effect->moved(watch->effect->watcher, watch->before_bytes + done_bytes,
			     total_bytes < 0 ? -1 : total_bytes + others_bytes,
			     clock_mono_ms() - watch->begun_ms);
}

struct bulk_watch live_bulk_watch(const struct live_call *call,
				  struct live_bulk_watch *watch)
{
	*watch = (struct live_bulk_watch){.effect = call->effect,
					  .begun_ms = clock_mono_ms()};
	if (!call->effect->moved)
		return (struct bulk_watch){0};
	return (struct bulk_watch){.moved = moved, .context = watch};
}

int live_parse_id(const char *text, const char *what,
		  unsigned char ret[static LIVE_ID_BYTES], struct err *err)
{
	if (str_unhex(text, ret, LIVE_ID_BYTES))
		return 0;
	return err_set(err, ERR_CONFIG, "%s has to be %d hexadecimal digits", what,
		       2 * LIVE_ID_BYTES);
}

/* --- commands ------------------------------------------------------------------------------ */

void live_last_lines(const char *text, char *ret, size_t size)
{
	enum { LINES = 3 };
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	size_t from = len;
	for (int lines = 0; from > 0; from--)
		if (text[from - 1] == '\n' && ++lines == LINES)
			break;
	if (len - from >= size)
		from = len - size + 1;
	size_t used = 0;
	for (size_t i = from; i < len; i++)
		ret[used++] = strchr("\r\n\t", text[i]) ? ' ' : text[i];
	ret[used] = '\0';
	str_keep_utf8(ret);
}

static void describe_end(const struct run_outcome *outcome, char *ret, size_t size)
{
	if (outcome->timed_out)
		snprintf(ret, size, "was not done in time");
	else if (outcome->exited)
		snprintf(ret, size, "ended with exit status %d", outcome->exit);
	else
		snprintf(ret, size, "was ended by signal %s", outcome->signal);
}

int live_judge_command(const char *what, struct run_outcome *outcome, struct err *err)
{
	char end[64], said[600];
	if (outcome->exited && outcome->exit == 0)
		return 0;
	_cleanup_str_ struct str text = STR_INIT;
	capture_text(&outcome->err, &text);
	live_last_lines(str_text(&text), said, sizeof said);
	describe_end(outcome, end, sizeof end);
	return err_set(err, outcome->timed_out ? ERR_TIMEOUT : ERR_FAIL, "%s %s%s%s",
		       what, end, *said ? ": " : ", and said nothing", said);
}
