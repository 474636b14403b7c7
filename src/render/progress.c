/* Live progress on standard error: a line for each step that ended, and on a terminal one line that
 * is overwritten while something is going on or being waited for.
 *
 * In a pipe there is no control character and nothing is overwritten; a step that takes long says so
 * once in a while, so that a CI log shows what a run is at. Elapsed times come from the monotonic clock
 * directly: what is shown here is never part of a result nor of a tape, so it need not replay. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/vec.h"
#include "ink.h"

#define TICK_MS 100
#define PIPE_FIRST_MS 10000
#define PIPE_EVERY_MS 60000
#define MARK_COLUMNS 2 /* "⠋ " */
#define NAME_LEAST 6   /* columns: a shorter beginning of a name says nothing */
#define ERASE_LINE "\r\x1b[K"

static const char *const spinner[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};

struct step {
	char *subject; /* a step ends by its subject: its text is another one by then */
	char *label;
	size_t named; /* bytes of the label that are only its subject's name */
	int64_t began_ms;
	int64_t next_ms; /* when a pipe hears of it again */
};

struct display {
	struct progress progress; /* what the others hold; first member */
	struct render render;
	FILE *stream;
	bool terminal;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t ticker;
	bool ticking, stopping;
	struct step *items; /* steps that have begun and not ended */
	size_t count, capacity;
	struct step wait; /* label NULL when nothing is waited for */
	bool shown;       /* the live line is on the screen */
	size_t frame;
};

static int64_t mono_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static char *label_new(const char *subject, const char *text, size_t *ret_named)
{
	_cleanup_str_ struct str label = STR_INIT;
	*ret_named = 0;
	if (*subject && !str_has_prefix(text, subject)) {
		render_add_safe(&label, subject);
		*ret_named = label.len;
		str_add(&label, ": ");
	}
	render_add_safe(&label, text);
	return str_take(&label);
}

/* " (1m 20s)". Fresh. */
static char *elapsed_new(int64_t elapsed_ms)
{
	struct str text = STR_INIT;
	str_add(&text, " (");
	duration_add(&text, elapsed_ms);
	str_add_char(&text, ')');
	return str_take(&text);
}

static void add_elapsed(struct str *out, const struct display *display,
			int64_t elapsed_ms)
{
	_cleanup_free_ char *text = elapsed_new(elapsed_ms);
	ink_add(out, &display->render, INK_DIM, text);
}

/* --- the line that is overwritten ------------------------------------------------------------ */

static const struct step *current(const struct display *display)
{
	if (display->wait.label)
		return &display->wait;
	return display->count ? &display->items[display->count - 1] : NULL;
}

static void erase(struct display *display)
{
	if (display->shown)
		fputs(ERASE_LINE, display->stream);
	display->shown = false;
}

/* The first `len` bytes of well-formed UTF-8 in at most `room` columns, the last of which shows that something is missing. */
static void add_cut(struct str *out, const char *text, size_t len, size_t room)
{
	_cleanup_free_ char *copy = mem_strndup(text, len);
	if (str_width(copy) <= room) {
		str_add(out, copy);
		return;
	}
	while (len && str_width(copy) + 1 > room) {
		while (len && ((unsigned char)copy[--len] & 0xc0) == 0x80)
			;
		copy[len] = '\0';
	}
	str_addf(out, "%s…", copy);
}

/* On one line: rather without the end of a name than without the numbers behind it. */
static void add_label(struct str *out, const struct step *step, size_t room)
{
	const char *rest = step->label + step->named;
	size_t taken = str_width(rest);
	if (step->named && taken + NAME_LEAST <= room) {
		add_cut(out, step->label, step->named, room - taken);
		str_add(out, rest);
		return;
	}
	add_cut(out, step->label, strlen(step->label), room);
}

static void show_live(struct display *display)
{
	const struct step *step = current(display);
	if (!step) {
		erase(display);
		return;
	}
	_cleanup_str_ struct str line = STR_INIT;
	ink_add(&line, &display->render, INK_NAME,
		spinner[display->frame++ % ARRAY_SIZE(spinner)]);
	str_add_char(&line, ' ');
	_cleanup_free_ char *elapsed = elapsed_new(mono_ms() - step->began_ms);
	size_t columns = display->render.columns;
	size_t taken =
		str_width(elapsed) + MARK_COLUMNS + 1; /* the last one stays empty */
	add_label(&line, step, columns > taken ? columns - taken : SIZE_MAX);
	ink_add(&line, &display->render, INK_DIM, elapsed);
	fprintf(display->stream, ERASE_LINE "%s", str_text(&line));
	fflush(display->stream);
	display->shown = true;
}

/* In a pipe: what has been going on for long. */
static void remind(struct display *display)
{
	int64_t now = mono_ms();
	for (size_t i = 0; i < display->count; i++) {
		struct step *step = &display->items[i];
		if (now < step->next_ms)
			continue;
		_cleanup_str_ struct str line = STR_INIT;
		str_addf(&line, "… %s", step->label);
		add_elapsed(&line, display, now - step->began_ms);
		fprintf(display->stream, "%s\n", str_text(&line));
		fflush(display->stream);
		step->next_ms = now + PIPE_EVERY_MS;
	}
}

static void *tick(void *context)
{
	struct display *display = context;
	pthread_mutex_lock(&display->lock);
	while (!display->stopping) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		int64_t ns = until.tv_nsec + (int64_t)TICK_MS * 1000000;
		until.tv_sec += ns / 1000000000;
		until.tv_nsec = ns % 1000000000;
		pthread_cond_timedwait(&display->wake, &display->lock, &until);
		if (display->stopping)
			break;
		if (display->terminal)
			show_live(display);
		else
			remind(display);
	}
	pthread_mutex_unlock(&display->lock);
	return NULL;
}

/* --- reports ----------------------------------------------------------------------------------- */

static void step_release(struct step *step)
{
	free(step->subject);
	free(step->label);
	*step = (struct step){0};
}

static void line_add(struct display *display, const char *outcome, const char *label,
		     int64_t elapsed_ms)
{
	_cleanup_str_ struct str line = STR_INIT;
	ink_add_mark(&line, &display->render, outcome);
	str_addf(&line, " %s", label);
	if (elapsed_ms >= 0)
		add_elapsed(&line, display, elapsed_ms);
	erase(display);
	fprintf(display->stream, "%s\n", str_text(&line));
	fflush(display->stream);
}

static void begin(struct display *display, const char *subject, const char *label,
		  size_t named)
{
	int64_t now = mono_ms();
	*vec_push(display) = (struct step){.subject = mem_strdup(subject),
					   .label = mem_strdup(label),
					   .named = named,
					   .began_ms = now,
					   .next_ms = now + PIPE_FIRST_MS};
}

/* The newest step of that subject has ended; a step that never began is shown without a time. */
static void end(struct display *display, const char *outcome, const char *subject,
		const char *label)
{
	step_release(&display->wait);
	for (size_t i = display->count; i-- > 0;) {
		if (strcmp(display->items[i].subject, subject) != 0)
			continue;
		int64_t elapsed_ms = mono_ms() - display->items[i].began_ms;
		step_release(&display->items[i]);
		memmove(&display->items[i], &display->items[i + 1],
			(display->count - i - 1) * sizeof *display->items);
		display->count--;
		line_add(display, outcome, label, elapsed_ms);
		return;
	}
	line_add(display, outcome, label, -1);
}

static void wait_for(struct display *display, const char *label, size_t named)
{
	int64_t began_ms = display->wait.label ? display->wait.began_ms : mono_ms();
	step_release(&display->wait);
	display->wait = (struct step){
		.label = mem_strdup(label), .named = named, .began_ms = began_ms};
}

static void report(void *context, enum progress_kind kind, const char *subject,
		   const char *text)
{
	struct display *display = context;
	subject = subject ? subject : "";
	size_t named;
	_cleanup_free_ char *label = label_new(subject, text, &named);
	pthread_mutex_lock(&display->lock);
	switch (kind) {
	case PROGRESS_STEP_BEGIN:
		begin(display, subject, label, named);
		break;
	case PROGRESS_STEP_DONE:
		end(display, "pass", subject, label);
		break;
	case PROGRESS_STEP_FAILED:
		end(display, "fail", subject, label);
		break;
	case PROGRESS_NOTE:
		line_add(display, "note", label, -1);
		break;
	case PROGRESS_WAIT:
		wait_for(display, label, named);
		break;
	}
	if (display->terminal)
		show_live(display);
	if (!display->ticking)
		display->ticking =
			pthread_create(&display->ticker, NULL, tick, display) == 0;
	pthread_mutex_unlock(&display->lock);
}

struct progress *render_progress_new(const struct render *render, FILE *stream,
				     bool terminal)
{
	struct display *display = mem_new(struct display);
	display->progress = (struct progress){.report = report, .context = display};
	display->render = *render;
	display->stream = stream;
	display->terminal = terminal;
	pthread_mutex_init(&display->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&display->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return &display->progress;
}

void render_progress_freep(struct progress **progress)
{
	if (!*progress)
		return;
	struct display *display = (*progress)->context;
	pthread_mutex_lock(&display->lock);
	display->stopping = true;
	pthread_cond_signal(&display->wake);
	pthread_mutex_unlock(&display->lock);
	if (display->ticking)
		pthread_join(display->ticker, NULL);
	erase(display);
	fflush(display->stream);
	for (size_t i = 0; i < display->count; i++)
		step_release(&display->items[i]);
	free(display->items);
	step_release(&display->wait);
	pthread_cond_destroy(&display->wake);
	pthread_mutex_destroy(&display->lock);
	free(display);
	*progress = NULL;
}

void progress_report(const struct progress *progress, enum progress_kind kind,
		     const char *subject, const char *format, ...)
{
	if (!progress || !progress->report)
		return;
	_cleanup_str_ struct str text = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&text, format, args);
	va_end(args);
	progress->report(progress->context, kind, subject, str_text(&text));
}
