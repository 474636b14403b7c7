/* Live progress: plain lines in a pipe, one overwritten line on a terminal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/render.h"
#include "test.h"

struct capture {
	char *data;
	size_t size;
	FILE *stream;
	struct progress *progress;
};

static struct capture begin(bool terminal)
{
	const struct render render = {.columns = terminal ? 60 : 0};
	struct capture capture = {0};
	capture.stream = tmpfile();
	capture.progress = render_progress_new(&render, capture.stream, terminal);
	return capture;
}

/* Ends it and gives what was written. */
static char *end(struct capture *capture)
{
	render_progress_freep(&capture->progress);
	struct str text = STR_INIT;
	char buffer[4096];
	size_t got;
	rewind(capture->stream);
	while ((got = fread(buffer, 1, sizeof buffer, capture->stream)) > 0)
		str_add_bytes(&text, buffer, got);
	fclose(capture->stream);
	return str_take(&text);
}

/* Durations differ from run to run. */
static char *without_times(const char *text)
{
	struct str out = STR_INIT;
	for (; *text; text++) {
		if (*text == '(') {
			str_add(&out, "(T)");
			text += strcspn(text, ")");
		} else {
			str_add_char(&out, *text);
		}
	}
	return str_take(&out);
}

TEST(lines_in_a_pipe)
{
	struct capture capture = begin(false);
	const struct progress *progress = capture.progress;
	progress_report(progress, PROGRESS_STEP_BEGIN, "api", "switching to %s", "v2");
	progress_report(progress, PROGRESS_WAIT, "up", "attempt 1");
	progress_report(progress, PROGRESS_STEP_DONE, "api", "switched to v2");
	progress_report(progress, PROGRESS_STEP_FAILED, "gates",
			"gates failed: \x1b[2Jup");
	progress_report(progress, PROGRESS_NOTE, NULL, "a note");
	_cleanup_free_ char *text = end(&capture);
	_cleanup_free_ char *got = without_times(text);
	CHECK_STR_EQ(got, "✓ api: switched to v2 (T)\n"
			  "✗ gates failed: ␛[2Jup\n"
			  "· a note\n");
}

TEST(one_line_that_moves_on_a_terminal)
{
	struct capture capture = begin(true);
	const struct progress *progress = capture.progress;
	progress_report(progress, PROGRESS_STEP_BEGIN, "api", "switching to v2");
	progress_report(progress, PROGRESS_WAIT, "up", "attempt 1 of 3");
	usleep(150000);
	progress_report(progress, PROGRESS_STEP_DONE, "api", "switched to v2");
	_cleanup_free_ char *text = end(&capture);
	CHECK_STR_HAS(text, "\r\x1b[K⠋ api: switching to v2");
	CHECK_STR_HAS(text, "⠙ up: attempt 1 of 3");
	CHECK_STR_HAS(text, "⠹ up: attempt 1 of 3 (1"); /* the clock ticks by itself */
	CHECK_STR_HAS(text, "\r\x1b[K✓ api: switched to v2 (1");
	CHECK(str_has_suffix(text, ")\n"));
}

TEST(the_live_line_is_gone_at_the_end)
{
	struct capture capture = begin(true);
	progress_report(
		capture.progress, PROGRESS_WAIT, NULL, "%s",
		"a long text that does not fit into sixty columns of a terminal window");
	_cleanup_free_ char *text = end(&capture);
	CHECK_STR_HAS(text, "⠋ a long text that does not fit into sixty ");
	CHECK(str_has_suffix(text, "\r\x1b[K"));
}

/* Sixty columns; how many the elapsed time takes depends on the machine. */
static const struct {
	const char *name, *subject, *text, *starts, *ends;
} cuts[] = {
	{"all of it fits", "db", "10 MiB, 5 MiB/s, about 3s left", "⠋ db: 10 MiB",
	 " 5 MiB/s, about 3s left ("},
	{"a long name", "nightly-backups-of-the-customers-database",
	 "732.1 MiB, 680.3 MiB/s, about 3s left", "⠋ nightly-",
	 "…: 732.1 MiB, 680.3 MiB/s, about 3s left ("},
	{"a long name of two bytes a character", "größengrößengrößengrößen",
	 "732.1 MiB, 680.3 MiB/s, about 3s left", "⠋ größen",
	 "…: 732.1 MiB, 680.3 MiB/s, about 3s left ("},
	{"no name", "", "a long text that does not fit into sixty columns of a terminal",
	 "⠋ a long text that does not fit into sixty col", "… ("},
	{"no room for the name", "db",
	 "a long text that does not fit into sixty columns of a terminal",
	 "⠋ db: a long text that does not fit into sixty", "… ("},
};

TEST(the_live_line_loses_names_before_numbers)
{
	FOR_ROWS(row, cuts) {
		struct capture capture = begin(true);
		progress_report(capture.progress, PROGRESS_WAIT, row->subject, "%s",
				row->text);
		_cleanup_free_ char *text = end(&capture);
		const char *line = strstr(text, "⠋");
		if (!CHECK(line != NULL))
			continue;
		_cleanup_free_ char *shown = mem_strndup(line, strcspn(line, "\r"));
		CHECK(str_has_prefix(shown, row->starts));
		CHECK_STR_HAS(shown, row->ends);
		CHECK(str_width(shown) < 60);
	}
}

TEST(nobody_listens)
{
	const struct progress deaf = {0};
	progress_report(NULL, PROGRESS_NOTE, NULL, "x");
	progress_report(&deaf, PROGRESS_NOTE, NULL, "x");
	struct progress *none = NULL;
	render_progress_freep(&none);
	CHECK_NULL(none);
}
