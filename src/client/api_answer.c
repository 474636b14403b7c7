/* What one answer of a service means: did it work, may it work later, how long shall one wait, can
 * the act have happened all the same, and what are the words for it. Pure.
 *
 * Sources: RFC 9110 (Retry-After, Date), DigitalOcean (ratelimit-*: the reset is in seconds since
 * 1970), GitHub (x-ratelimit-*, and 403 for a limit that is used up).
 */
#include <string.h>
#include <strings.h>

#include "api_parts.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define HTTP_DATE_LEN 29

/* Of a reset in seconds: more is a point in time, less is a time from now. */
#define LONGEST_WAIT_S 100000000
#define WORDS_MAX_BYTES 400

static int status_of(const json_t *answer)
{
	return (int)json_get_int(answer, "status", 0);
}

/* error.code of an exchange without an answer, or NULL. */
static const char *failure_of(const json_t *answer)
{
	return json_get_string(json_object_get(answer, "error"), "code", NULL);
}

static const char *header_of(const json_t *answer, const char *name)
{
	return json_get_string(json_object_get(answer, "headers"), name, NULL);
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; word && *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

/* --- times --------------------------------------------------------------------------------- */

/* Three letters that name a month, 1..12; 0 when they name none. */
static int month_of(const char *letters)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (int i = 0; i < 12; i++)
		if (strncmp(months + 3 * (ptrdiff_t)i, letters, 3) == 0)
			return i + 1;
	return 0;
}

int api_parse_http_date(const char *text, int64_t *ret_at_ms)
{
	if (strlen(text) != HTTP_DATE_LEN || !str_has_suffix(text, " GMT"))
		return -1;
	int month = month_of(text + 8);
	if (month == 0)
		return -1;
	_cleanup_free_ char *rfc3339 =
		str_format("%.4s-%02d-%.2sT%.8sZ", text + 12, month, text + 5, text + 17);
	return time_parse(rfc3339, ret_at_ms);
}

/* The service's clock when it answered; ours when it did not say. */
static int64_t answered_at(const json_t *answer, int64_t now_ms)
{
	const char *date = header_of(answer, "date");
	int64_t at_ms;
	if (date && api_parse_http_date(date, &at_ms) == 0)
		return at_ms;
	return now_ms;
}

static int64_t first_number(const json_t *answer, const char *const names[2])
{
	for (int i = 0; i < 2; i++) {
		const char *text = header_of(answer, names[i]);
		long long value;
		if (text && str_to_int64(text, 0, INT64_MAX / 1000, &value) == 0)
			return value;
	}
	return -1;
}

void api_answer_read_rate(const json_t *answer, int64_t now_ms, struct api_rate *rate)
{
	static const char *const limit[] = {"ratelimit-limit", "x-ratelimit-limit"};
	static const char *const remaining[] = {"ratelimit-remaining",
						"x-ratelimit-remaining"};
	static const char *const reset[] = {"ratelimit-reset", "x-ratelimit-reset"};
	int64_t reset_s = first_number(answer, reset);
	if (first_number(answer, limit) >= 0)
		rate->limit = first_number(answer, limit);
	if (first_number(answer, remaining) >= 0)
		rate->remaining = first_number(answer, remaining);
	if (reset_s >= LONGEST_WAIT_S)
		rate->reset_ms = reset_s * 1000;
	else if (reset_s >= 0)
		rate->reset_ms = answered_at(answer, now_ms) + reset_s * 1000;
}

/* --- what it means ----------------------------------------------------------------------------- */

bool api_answer_is_good(const json_t *answer)
{
	int status = status_of(answer);
	return !failure_of(answer) && ((status >= 200 && status < 300) || status == 304);
}

/* GitHub says 403 for limits too: then with Retry-After, or with nothing remaining. */
static bool is_limit(const json_t *answer)
{
	int status = status_of(answer);
	const char *remaining = header_of(answer, "x-ratelimit-remaining");
	return status == 429 || (status == 403 && (header_of(answer, "retry-after") ||
						   str_equal(remaining, "0")));
}

bool api_answer_may_pass(const json_t *answer)
{
	static const char *const lasting[] = {"tls", "too_large", "redirects", NULL};
	const char *failure = failure_of(answer);
	if (failure)
		return !is_one_of(failure, lasting);
	return is_limit(answer) || status_of(answer) >= 500;
}

enum api_sent api_answer_sent(const json_t *answer)
{
	static const char *const unsent[] = {"no_network", "dns", "refused", NULL};
	const char *failure = failure_of(answer);
	int status = status_of(answer);
	if (failure) {
		/* A TLS that never came about carried nothing either. */
		bool no_tls = strcmp(failure, "tls") == 0 &&
			      json_get_int(answer, "first_byte_ms", 0) == 0 &&
			      json_get_int(answer, "tls_ms", 0) == 0;
		return no_tls || is_one_of(failure, unsent) ? API_NOT_TAKEN : API_UNKNOWN;
	}
	if (status == 503 && header_of(answer, "retry-after"))
		return API_NOT_TAKEN;
	return status >= 500 ? API_UNKNOWN : API_NOT_TAKEN;
}

int64_t api_answer_wait_ms(const json_t *answer, int64_t now_ms)
{
	const char *text = header_of(answer, "retry-after");
	long long seconds;
	int64_t at_ms = -1;
	if (text && str_to_int64(text, 0, LONGEST_WAIT_S, &seconds) == 0)
		return seconds * 1000;
	int64_t answered_ms = answered_at(answer, now_ms);
	if (!text || api_parse_http_date(text, &at_ms) < 0) {
		struct api_rate rate = {.limit = -1, .remaining = -1, .reset_ms = -1};
		api_answer_read_rate(answer, now_ms, &rate);
		at_ms = is_limit(answer) && rate.remaining <= 0 ? rate.reset_ms : -1;
	}
	if (at_ms < 0)
		return -1;
	return at_ms > answered_ms ? at_ms - answered_ms : 0;
}

/* --- words ------------------------------------------------------------------------------------- */

static enum err_code code_of(const json_t *answer)
{
	const char *failure = failure_of(answer);
	if (failure) {
		if (strcmp(failure, "timeout") == 0)
			return ERR_TIMEOUT;
		return strcmp(failure, "too_large") == 0 ? ERR_LIMIT : ERR_NET;
	}
	if (is_limit(answer))
		return ERR_LIMIT;
	int status = status_of(answer);
	switch (status) {
	case 401:
	case 403:
		return ERR_AUTH;
	case 404:
	case 410:
		return ERR_NOT_FOUND;
	case 409:
	case 412:
		return ERR_STATE;
	case 400:
	case 422:
		return ERR_CONFIG;
	default:
		return status >= 500 ? ERR_NET : ERR_FAIL;
	}
}

/* Details that GitHub lists beside its message: "name already exists". */
static void add_details(struct str *words, const json_t *errors)
{
	size_t i;
	json_t *row;
	json_array_foreach(errors, i, row) {
		const char *text = json_is_string(row)
					   ? json_string_value(row)
					   : json_get_string(row, "message", NULL);
		const char *field = json_get_string(row, "field", NULL);
		const char *code = json_get_string(row, "code", NULL);
		if (text)
			str_addf(words, "; %s", text);
		else if (field && code)
			str_addf(words, "; %s: %s", field, code);
	}
}

/* What the service said, as far as it is meant for people. */
static void add_words(struct str *words, const json_t *body)
{
	const char *message = json_is_string(body) && json_string_length(body) < 200
				      ? json_string_value(body)
				      : json_get_string(body, "message", NULL);
	if (!message)
		message = json_get_string(body, "error", NULL);
	if (!message)
		message =
			json_get_string(json_object_get(body, "error"), "message", NULL);
	str_addf(words, "%s", message ? message : "");
	add_details(words, json_object_get(body, "errors"));
}

int api_answer_refuse(const struct api *api, const struct api_request *request,
		      const json_t *answer, struct err *err)
{
	const char *failure = failure_of(answer);
	const json_t *body = json_object_get(answer, "body");
	_cleanup_free_ char *path =
		mem_strndup(request->path, strcspn(request->path, "?"));
	if (failure) {
		err_set(err, code_of(answer), "%s gives no answer to '%s %s': %s",
			api->name, request->method, path,
			json_get_string(json_object_get(answer, "error"), "message",
					failure));
	} else {
		_cleanup_str_ struct str words = STR_INIT_MAX(WORDS_MAX_BYTES);
		add_words(&words, body);
		err_set(err, code_of(answer), "%s answers '%s %s' with %d%s%s", api->name,
			request->method, path, status_of(answer), words.len ? ": " : "",
			str_text(&words));
	}
	if (api->explain)
		api->explain(api, request->method, request->path, answer, err);
	return -1;
}
