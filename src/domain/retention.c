/* Which copies stay. Each rule of a policy marks those that it keeps, with its reason; what no rule marks goes,
 * with the reasons of all of them. Periods are counted by the copies that there are: the last 7 days are 7
 * days that have a copy, however long ago.
 */
#include <stdlib.h>
#include <string.h>

#include "belay/backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define MS_PER_DAY ((int64_t)24 * 3600 * 1000)
#define LABEL_BYTES TIME_TEXT_BYTES

struct copy {
	const json_t *given;
	size_t index; /* where it was given */
	int64_t at_ms;
	bool verified, made_last, before_live;
	struct str keeps, goes; /* reasons */
};

/* Newest first, as they should be given: a wrong order must not delete anything. */
static int compare_copies(const void *a, const void *b)
{
	const struct copy *left = a, *right = b;
	if (left->at_ms != right->at_ms)
		return left->at_ms > right->at_ms ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

ATTR_PRINTF(2, 3) static void add_reason(struct str *reasons, const char *format, ...)
{
	va_list args;
	if (reasons->len)
		str_add_char(reasons, '\n');
	va_start(args, format);
	str_addv(reasons, format, args);
	va_end(args);
}

/* --- periods --------------------------------------------------------------------------------- */

typedef void label_function(int64_t at_ms, char label[static LABEL_BYTES]);

static void label_cut(int64_t at_ms, size_t len, char *label)
{
	time_format(at_ms, label);
	label[len] = '\0';
}

static void label_hour(int64_t at_ms, char label[static LABEL_BYTES])
{
	label_cut(at_ms, strlen("2026-11-21T09"), label);
}

static void label_day(int64_t at_ms, char label[static LABEL_BYTES])
{
	label_cut(at_ms, strlen("2026-11-21"), label);
}

/* A week belongs to the year of its Thursday, and 1970-01-01 was one: so Thursdays are multiples of 7 days. */
static void label_week(int64_t at_ms, char label[static LABEL_BYTES])
{
	int64_t day = at_ms / MS_PER_DAY - (at_ms % MS_PER_DAY < 0);
	int64_t from_monday = ((day + 3) % 7 + 7) % 7;
	int64_t thursday_ms = (day - from_monday + 3) * MS_PER_DAY;
	int64_t new_year_ms = 0;
	char year[LABEL_BYTES];
	label_cut(thursday_ms, strlen("2026"), year);
	_cleanup_free_ char *new_year = str_format("%s-01-01T00:00:00Z", year);
	(void)time_parse(new_year, &new_year_ms);
	int week = (int)((thursday_ms - new_year_ms) / (7 * MS_PER_DAY)) + 1;
	snprintf(label, LABEL_BYTES, "%.8s-W%02d", year, week);
}

static void label_month(int64_t at_ms, char label[static LABEL_BYTES])
{
	label_cut(at_ms, strlen("2026-11"), label);
}

static void label_year(int64_t at_ms, char label[static LABEL_BYTES])
{
	label_cut(at_ms, strlen("2026"), label);
}

struct period {
	const char *name;
	label_function *label;
	int count; /* how many of them keep their newest copy */
};

static void keep_periods(struct copy *copies, size_t count, const struct period *period)
{
	char last[LABEL_BYTES] = "";
	int seen = 0;
	for (size_t i = 0; i < count && period->count > 0; i++) {
		char label[LABEL_BYTES];
		period->label(copies[i].at_ms, label);
		bool newest = strcmp(label, last) != 0;
		seen += newest;
		memcpy(last, label, sizeof last);
		if (newest && seen <= period->count)
			add_reason(&copies[i].keeps, "the newest of its %s, %s",
				   period->name, label);
		else if (newest)
			add_reason(&copies[i].goes, "not of the last %d %ss",
				   period->count, period->name);
		else
			add_reason(&copies[i].goes, "not the newest of its %s",
				   period->name);
	}
}

/* --- the other rules ------------------------------------------------------------------------- */

/* In the future is what a wrong clock made: it stays, and takes nobody's place. An id may be a little ahead by itself. */
static size_t keep_future(struct copy *copies, size_t count, int64_t now_ms)
{
	size_t i = 0;
	for (; i < count && backup_is_ahead(copies[i].at_ms, now_ms); i++)
		add_reason(&copies[i].keeps, "from the future");
	return i;
}

/* Counted from the newest one, not from now: when backups stop, or the clock of this machine is wrong, time alone does
 * not empty a store. */
static void keep_young(struct copy *copies, size_t count, int64_t younger_ms)
{
	_cleanup_str_ struct str age = STR_INIT;
	if (younger_ms <= 0)
		return;
	duration_add(&age, younger_ms);
	for (size_t i = 0; i < count; i++) {
		if (copies[0].at_ms - copies[i].at_ms < younger_ms)
			add_reason(&copies[i].keeps, "within %s of the newest",
				   str_text(&age));
		else
			add_reason(&copies[i].goes, "at least %s older than the newest",
				   str_text(&age));
	}
}

static void keep_last(struct copy *copies, size_t count, int last)
{
	for (size_t i = 0; i < count && last > 0; i++) {
		if (i < (size_t)last)
			add_reason(&copies[i].keeps, "one of the last %d", last);
		else
			add_reason(&copies[i].goes, "none of the last %d", last);
	}
}

/* Whatever the policy says, and whatever their times. */
static void keep_needed(struct copy *copies, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (copies[i].made_last && i > 0)
			add_reason(&copies[i].keeps, "made last, whatever its time says");
		if (copies[i].before_live)
			add_reason(&copies[i].keeps,
				   "made before the deployment that is live");
	}
}

static void keep_newest(struct copy *copies, size_t count)
{
	if (count > 0)
		add_reason(&copies[0].keeps, "the newest");
	for (size_t i = 0; i < count; i++) {
		if (!copies[i].verified)
			continue;
		add_reason(&copies[i].keeps, "the newest that was verified");
		return;
	}
}

static void apply(const struct config_keep *keep, struct copy *copies, size_t count,
		  int64_t now_ms)
{
	const struct period periods[] = {
		{"hour", label_hour, keep->hourly}, {"day", label_day, keep->daily},
		{"week", label_week, keep->weekly}, {"month", label_month, keep->monthly},
		{"year", label_year, keep->yearly},
	};
	keep_needed(copies, count);
	size_t future = keep_future(copies, count, now_ms);
	copies += future;
	count -= future;
	keep_newest(copies, count);
	keep_young(copies, count, keep->younger_ms);
	keep_last(copies, count, keep->last);
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
		keep_periods(copies, count, &periods[i]);
}

/* --- the answer ------------------------------------------------------------------------------ */

static json_t *lines_of(const struct str *reasons)
{
	json_t *list = json_array();
	const char *at = str_text(reasons);
	while (*at) {
		size_t len = strcspn(at, "\n");
		json_array_append_new(list, json_stringn(at, len));
		at += len + (at[len] == '\n');
	}
	return list;
}

static json_t *decision_of(const struct copy *copy)
{
	char at[TIME_TEXT_BYTES];
	bool keep = copy->keeps.len > 0;
	return json_pack("{s:s, s:s, s:b, s:o}", "id",
			 json_get_string(copy->given, "id", ""), "at",
			 time_format(copy->at_ms, at), "keep", keep, "reasons",
			 lines_of(keep ? &copy->keeps : &copy->goes));
}

bool retention_is_empty(const struct config_keep *keep)
{
	return keep->younger_ms <= 0 && keep->last <= 0 && keep->hourly <= 0 &&
	       keep->daily <= 0 && keep->weekly <= 0 && keep->monthly <= 0 &&
	       keep->yearly <= 0;
}

static int check_policy(const struct config_keep *keep, struct err *err)
{
	if (!retention_is_empty(keep))
		return 0;
	err_set(err, ERR_CONFIG, "it has no `keep`, so nothing of it goes");
	return err_hint(err, "say what to keep: 'keep: {remote: 90d}', 'keep: {last: 7, "
			     "monthly: 12}'");
}

static struct copy *copies_new(const json_t *given)
{
	size_t count = json_array_size(given);
	struct copy *copies = mem_array(struct copy, count + 1);
	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(given, i);
		copies[i] = (struct copy){
			.given = row,
			.index = i,
			/* Of an unknown age: it stays. */
			.at_ms = json_get_int(row, "at_ms", INT64_MAX),
			.verified = json_get_bool(row, "verified", false),
			.made_last = json_get_bool(row, "made_last", false),
			.before_live = json_get_bool(row, "before_live", false),
			.keeps = STR_INIT,
			.goes = STR_INIT,
		};
	}
	qsort(copies, count, sizeof *copies, compare_copies);
	return copies;
}

int retention_decide(const struct config_keep *keep, const json_t *copies, int64_t now_ms,
		     json_t **ret, struct err *err)
{
	if (check_policy(keep, err))
		return -1;
	size_t count = json_array_size(copies);
	struct copy *sorted = copies_new(copies);
	json_t *list = json_array();
	apply(keep, sorted, count, now_ms);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_null());
	for (size_t i = 0; i < count; i++) {
		json_array_set_new(list, sorted[i].index, decision_of(&sorted[i]));
		str_release(&sorted[i].keeps);
		str_release(&sorted[i].goes);
	}
	free(sorted);
	*ret = list;
	return 0;
}
