/* Progress of what takes long: one line that is overwritten. Called from the threads that do the work, one at a
 * time; it only looks at numbers and speaks to the listener.
 */
#include "backup.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define REPORT_MS 250
#define RATE_AFTER_MS 1000 /* before that a rate is only noise */

static void add_left(struct str *text, int64_t done, int64_t total, int64_t elapsed_ms)
{
	if (total <= done || done <= 0)
		return;
	double left_ms = (double)(total - done) / (double)done * (double)elapsed_ms;
	int64_t seconds = (int64_t)(left_ms / 1000) + 1;
	str_add(text, ", about ");
	duration_add(text, seconds * 1000);
	str_add(text, " left");
}

void backup_watch_moved(void *context, int64_t done_bytes, int64_t total_bytes,
			int64_t elapsed_ms)
{
	struct backup_watch *watch = context;
	_cleanup_str_ struct str text = STR_INIT;
	if (!watch->progress || elapsed_ms - watch->last_ms < REPORT_MS)
		return;
	watch->last_ms = elapsed_ms;
	str_addf(&text, "%s: ", watch->verb);
	size_add(&text, done_bytes);
	if (total_bytes > 0) {
		str_add(&text, " of ");
		size_add(&text, total_bytes);
	}
	if (elapsed_ms >= RATE_AFTER_MS) {
		str_add(&text, ", ");
		size_add(&text,
			 (int64_t)((double)done_bytes * 1000 / (double)elapsed_ms));
		str_add(&text, "/s");
		add_left(&text, done_bytes,
			 total_bytes > 0 ? total_bytes : watch->expected_bytes,
			 elapsed_ms);
	}
	progress_report(watch->progress, PROGRESS_WAIT, watch->subject, "%s",
			str_text(&text));
}
