/* Time and units as text. The calendar is computed here (proleptic Gregorian, UTC only), so that
 * no time zone database and no locale is ever consulted. */
#include "belay/timefmt.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "belay/mem.h"

#define MS_PER_SECOND INT64_C(1000)
#define MS_PER_MINUTE (60 * MS_PER_SECOND)
#define MS_PER_HOUR (60 * MS_PER_MINUTE)
#define MS_PER_DAY (24 * MS_PER_HOUR)

struct civil {
	int64_t year;
	int month, day, hour, minute, second;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool is_leap_year(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first of January of `year`. */
static int64_t days_before_year(int64_t year)
{
	int64_t last = year - 1;
	int64_t leap_days =
		floor_div(last, 4) - floor_div(last, 100) + floor_div(last, 400);
	return last * 365 + leap_days - (1969 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400);
}

static struct civil civil_from_ms(int64_t at_ms)
{
	int64_t days = floor_div(at_ms, MS_PER_DAY);
	int in_day =
		(int)((at_ms % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY / MS_PER_SECOND);
	/* The average year is 365.2425 days, so the guess is at most one year off. */
	int64_t year = 1970 + floor_div(days * 400, 146097);
	while (days_before_year(year) > days)
		year--;
	while (days_before_year(year + 1) <= days)
		year++;
	int left = (int)(days - days_before_year(year));
	int month = 1;
	while (left >= days_in_month(year, month))
		left -= days_in_month(year, month++);
	return (struct civil){
		.year = year,
		.month = month,
		.day = left + 1,
		.hour = in_day / 3600,
		.minute = in_day / 60 % 60,
		.second = in_day % 60,
	};
}

/* Even the year 292278994 of INT64_MAX milliseconds fits into the buffer. */
static const char *copy_out(const char *text, char *buffer)
{
	size_t len = strlen(text);
	assert(len < TIME_TEXT_BYTES);
	memcpy(buffer, text, len + 1);
	return buffer;
}

const char *time_format(int64_t at_ms, char buffer[static TIME_TEXT_BYTES])
{
	struct civil c = civil_from_ms(at_ms);
	_cleanup_free_ char *text =
		str_format("%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)c.year, c.month,
			   c.day, c.hour, c.minute, c.second);
	return copy_out(text, buffer);
}

const char *time_format_basic(int64_t at_ms, char buffer[static TIME_TEXT_BYTES])
{
	struct civil c = civil_from_ms(at_ms);
	_cleanup_free_ char *text =
		str_format("%04lld%02d%02dT%02d%02d%02dZ", (long long)c.year, c.month,
			   c.day, c.hour, c.minute, c.second);
	return copy_out(text, buffer);
}

/* Reads exactly `count` digits and, when `after` is not NUL, that character behind them. */
static bool take_digits(const char **at, int count, char after, int *ret_value)
{
	int value = 0;
	for (int i = 0; i < count; i++, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret_value = value;
	if (!after)
		return true;
	/* RFC 3339 lets "T" and "Z" be lowercase. */
	return toupper((unsigned char)*(*at)++) == after;
}

/* ".123456" → 123; nothing → 0. */
static bool take_fraction(const char **at, int *ret_ms)
{
	int ms = 0;
	*ret_ms = 0;
	if (**at != '.')
		return true;
	(*at)++;
	if (!isdigit((unsigned char)**at))
		return false;
	for (int weight = 100; isdigit((unsigned char)**at); (*at)++, weight /= 10)
		ms += (**at - '0') * weight;
	*ret_ms = ms;
	return true;
}

static bool take_offset(const char **at, int64_t *ret_ms)
{
	int hours;
	int minutes;
	char sign = *(*at)++;
	*ret_ms = 0;
	if (sign == 'Z' || sign == 'z')
		return true;
	if ((sign != '+' && sign != '-') || !take_digits(at, 2, ':', &hours) ||
	    !take_digits(at, 2, '\0', &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_ms =
		(hours * MS_PER_HOUR + minutes * MS_PER_MINUTE) * (sign == '-' ? -1 : 1);
	return true;
}

int time_parse(const char *text, int64_t *ret_at_ms)
{
	const char *at = text;
	struct civil c;
	int year;
	int fraction_ms;
	int64_t offset_ms;
	if (!take_digits(&at, 4, '-', &year) || !take_digits(&at, 2, '-', &c.month) ||
	    !take_digits(&at, 2, 'T', &c.day) || !take_digits(&at, 2, ':', &c.hour) ||
	    !take_digits(&at, 2, ':', &c.minute) ||
	    !take_digits(&at, 2, '\0', &c.second) || !take_fraction(&at, &fraction_ms) ||
	    !take_offset(&at, &offset_ms) || *at)
		return -1;
	/* :60 is a leap second; it is the same instant as :00 of the next minute. */
	if (c.month < 1 || c.month > 12 || c.day < 1 ||
	    c.day > days_in_month(year, c.month) || c.hour > 23 || c.minute > 59 ||
	    c.second > 60)
		return -1;
	int64_t days = days_before_year(year) + c.day - 1;
	for (int month = 1; month < c.month; month++)
		days += days_in_month(year, month);
	*ret_at_ms = days * MS_PER_DAY + c.hour * MS_PER_HOUR + c.minute * MS_PER_MINUTE +
		     c.second * MS_PER_SECOND + fraction_ms - offset_ms;
	return 0;
}

struct unit {
	const char *name;
	int64_t value;
};

/* Reads "<digits><unit>" and multiplies. `ret_unit` is the index of the unit. */
static int take_quantity(const char **at, const struct unit *units, size_t count,
			 int64_t *ret_value, size_t *ret_unit)
{
	int64_t number = 0;
	if (!isdigit((unsigned char)**at))
		return -1;
	for (; isdigit((unsigned char)**at); (*at)++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, **at - '0', &number))
			return -1;
	size_t len = 0;
	while (isalpha((unsigned char)(*at)[len]))
		len++;
	for (size_t i = 0; i < count; i++) {
		if (strlen(units[i].name) != len || strncmp(units[i].name, *at, len) != 0)
			continue;
		if (__builtin_mul_overflow(number, units[i].value, ret_value))
			return -1;
		*at += len;
		*ret_unit = i;
		return 0;
	}
	return -1;
}

/* From large to small: the parts of a sum must come in this order, each at most once. */
static const struct unit duration_units[] = {
	{"d", MS_PER_DAY},    {"h", MS_PER_HOUR}, {"m", MS_PER_MINUTE},
	{"s", MS_PER_SECOND}, {"ms", 1},
};

int duration_parse(const char *text, int64_t *ret_ms)
{
	const char *at = text;
	size_t next_unit = 0;
	int64_t sum = 0;
	do {
		int64_t part;
		size_t unit;
		if (take_quantity(&at, duration_units, ARRAY_SIZE(duration_units), &part,
				  &unit) < 0 ||
		    unit < next_unit || __builtin_add_overflow(sum, part, &sum))
			return -1;
		next_unit = unit + 1;
		/* duration_add writes "12m 30s"; what belay prints, belay reads. */
		if (at[0] == ' ' && at[1])
			at++;
	} while (*at);
	*ret_ms = sum;
	return 0;
}

void duration_add(struct str *out, int64_t duration_ms)
{
	uint64_t ms = (uint64_t)duration_ms;
	if (duration_ms < 0) {
		str_add_char(out, '-');
		ms = -ms;
	}
	if (ms < 1000) {
		str_addf(out, "%llums", (unsigned long long)ms);
		return;
	}
	if (ms < 10000 && ms % 1000 >= 100) {
		str_addf(out, "%llu.%llus", (unsigned long long)ms / 1000,
			 (unsigned long long)ms / 100 % 10);
		return;
	}
	/* Two neighbouring units are enough for people: nobody needs the seconds of three hours. */
	for (size_t i = 0; i < 4; i++) {
		uint64_t whole = ms / (uint64_t)duration_units[i].value;
		uint64_t rest = ms % (uint64_t)duration_units[i].value;
		if (!whole)
			continue;
		str_addf(out, "%llu%s", (unsigned long long)whole,
			 duration_units[i].name);
		uint64_t below = i < 3 ? rest / (uint64_t)duration_units[i + 1].value : 0;
		if (below)
			str_addf(out, " %llu%s", (unsigned long long)below,
				 duration_units[i + 1].name);
		return;
	}
}

int size_parse(const char *text, int64_t *ret_bytes)
{
	static const struct unit units[] = {
		{"B", 1},
		{"KB", INT64_C(1000)},
		{"MB", INT64_C(1000000)},
		{"GB", INT64_C(1000000000)},
		{"TB", INT64_C(1000000000000)},
		{"KiB", INT64_C(1) << 10},
		{"MiB", INT64_C(1) << 20},
		{"GiB", INT64_C(1) << 30},
		{"TiB", INT64_C(1) << 40},
	};
	const char *at = text;
	int64_t bytes;
	size_t unit;
	if (take_quantity(&at, units, ARRAY_SIZE(units), &bytes, &unit) < 0 || *at)
		return -1;
	*ret_bytes = bytes;
	return 0;
}

void size_add(struct str *out, int64_t size_bytes)
{
	static const char *const names[] = {"B",   "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	uint64_t whole = (uint64_t)size_bytes;
	uint64_t rest = 0;
	size_t unit = 0;
	if (size_bytes < 0) {
		str_add_char(out, '-');
		whole = -whole;
	}
	for (; whole >= 1024; unit++) {
		rest = whole % 1024;
		whole /= 1024;
	}
	str_addf(out, "%llu", (unsigned long long)whole);
	if (rest * 10 / 1024)
		str_addf(out, ".%llu", (unsigned long long)(rest * 10 / 1024));
	str_addf(out, " %s", names[unit]);
}

void time_add_relative(struct str *out, int64_t at_ms, int64_t now_ms)
{
	static const struct {
		int64_t from_ms; /* used from this distance on: "45 days" says more than "1 month" */
		int64_t unit_ms;
		const char *name;
	} steps[] = {
		{2 * 365 * MS_PER_DAY, 365 * MS_PER_DAY, "year"},
		{60 * MS_PER_DAY, 30 * MS_PER_DAY, "month"},
		{MS_PER_DAY, MS_PER_DAY, "day"},
		{MS_PER_HOUR, MS_PER_HOUR, "hour"},
		{MS_PER_MINUTE, MS_PER_MINUTE, "minute"},
		{5 * MS_PER_SECOND, MS_PER_SECOND, "second"},
	};
	bool past = at_ms <= now_ms;
	int64_t distance_ms = past ? now_ms - at_ms : at_ms - now_ms;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (distance_ms < steps[i].from_ms)
			continue;
		int64_t count = distance_ms / steps[i].unit_ms;
		str_addf(out, "%s%lld %s%s%s", past ? "" : "in ", (long long)count,
			 steps[i].name, count == 1 ? "" : "s", past ? " ago" : "");
		return;
	}
	str_add(out, "just now");
}
