/* The rollup document: how many deployments a day had and how they ended, for at most 400 days, and
 * months before that. A row has the members that are not zero, so that a quiet year stays small.
 *
 * "lead" is the time from commit to deployed, "recovery" the time an undo took (DORA's names); each
 * is a sum with its own count, so that averages over any span can be had by adding rows.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/timefmt.h"
#include "documents.h"
#include "reduce.h"

#define DAYS_MAX 400
#define MONTHS_MAX 1200
#define DAY_MS ((int64_t)24 * 3600 * 1000)

static void add_to(json_t *row, const char *key, int64_t value)
{
	int64_t sum;
	if (value <= 0)
		return;
	if (__builtin_add_overflow(json_get_int(row, key, 0), value, &sum))
		sum = INT64_MAX;
	json_object_set_new(row, key, json_integer(sum));
}

/* The row whose `key` (day or month) has this name, the fold's own; made in its place when there is
 * none. Rows are in order of name, and the wanted one is nearly always the last. */
static json_t *own_row(json_t *rows, const char *key, const char *name)
{
	size_t at = json_array_size(rows);
	while (at > 0) {
		json_t *row = json_array_get(rows, at - 1);
		int order = strcmp(json_get_string(row, key, ""), name);
		if (order == 0) {
			json_array_set_new(rows, at - 1, json_copy(row));
			return json_array_get(rows, at - 1);
		}
		if (order < 0)
			break;
		at--;
	}
	json_array_insert_new(rows, at, json_pack("{s:s}", key, name));
	return json_array_get(rows, at);
}

static void count_into(json_t *row, const json_t *summary)
{
	static const struct {
		const char *outcome, *key;
	} keys[] = {
		{"passed", "passed"},     {"rolled-back", "rolled_back"},
		{"failed", "failed"},     {"stuck", "stuck"},
		{"unproven", "unproven"}, {"abandoned", "abandoned"},
	};
	const char *outcome = json_get_string(summary, "outcome", "");
	int64_t from_ms, to_ms;
	add_to(row, "deployments", 1);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(keys[i].outcome, outcome) == 0)
			add_to(row, keys[i].key, 1);
	add_to(row, "duration_ms", json_get_int(summary, "duration_ms", 0));
	if (json_get_int(summary, "undo_ms", 0) > 0) {
		add_to(row, "recovery_ms", json_get_int(summary, "undo_ms", 0));
		add_to(row, "recovery_count", 1);
	}
	if (strcmp(outcome, "passed") == 0 &&
	    time_parse(json_get_string(summary, "commit_at", ""), &from_ms) == 0 &&
	    time_parse(json_get_string(summary, "finished_at", ""), &to_ms) == 0 &&
	    to_ms > from_ms) {
		add_to(row, "lead_ms", to_ms - from_ms);
		add_to(row, "lead_count", 1);
	}
}

static void add_row(json_t *to, const json_t *from)
{
	const char *key;
	const json_t *value;
	json_object_foreach((json_t *)from, key, value) {
		if (json_is_integer(value))
			add_to(to, key, json_integer_value(value));
	}
}

static void month_of(const char *day, char month[static 8])
{
	memcpy(month, day, 7);
	month[7] = '\0';
}

/* Days that are 400 or more before the newest one become part of their month. */
static void days_to_months(json_t *days, json_t *months)
{
	char newest[TIME_TEXT_BYTES], oldest[TIME_TEXT_BYTES], month[8];
	int64_t newest_ms;
	const json_t *last = json_array_get(days, json_array_size(days) - 1);
	snprintf(newest, sizeof newest, "%sT00:00:00Z", json_get_string(last, "day", ""));
	if (time_parse(newest, &newest_ms))
		return;
	time_format(newest_ms - (DAYS_MAX - 1) * DAY_MS, oldest);
	while (json_array_size(days) > 0) {
		const json_t *first = json_array_get(days, 0);
		const char *day = json_get_string(first, "day", "");
		if (strncmp(day, oldest, 10) >= 0)
			break;
		month_of(day, month);
		add_row(own_row(months, "month", month), first);
		json_array_remove(days, 0);
	}
	while (json_array_size(months) > MONTHS_MAX)
		json_array_remove(months, 0);
}

void rollup_count(struct journal_documents *documents, const json_t *summary,
		  int64_t at_ms)
{
	char day[TIME_TEXT_BYTES];
	time_format(at_ms, day);
	day[10] = '\0';
	json_t *rollup = documents_own_rollup(documents);
	json_t *days = document_own(rollup, "days");
	json_t *months = document_own(rollup, "months");
	count_into(own_row(days, "day", day), summary);
	days_to_months(days, months);
}
