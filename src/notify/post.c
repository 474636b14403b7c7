/* One request to a webhook, and what its answer means. */
#include "post.h"

#include <string.h>

#include "belay/api.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "said.h"

#define TRY_MS 10000
#define ANSWER_MAX_BYTES (64 << 10)
#define SHOWN_MAX 200

static void set_member(json_t *args, const char *key, const json_t *value)
{
	if (value)
		json_object_set(args, key, (json_t *)value);
}

static json_t *arguments(const struct post *post)
{
	json_t *args = json_pack("{s:s, s:I, s:i, s:i}", "method",
				 post->method ? post->method : "POST", "timeout_ms",
				 (json_int_t)TRY_MS, "max_redirects", 0, "max_body_bytes",
				 ANSWER_MAX_BYTES);
	set_member(args, "url", post->url);
	set_member(args, "headers", post->headers);
	set_member(args, "basic", post->basic);
	set_member(args, "tls", post->tls);
	set_member(args, "sign", post->sign);
	set_member(args, "json", post->json);
	if (post->body)
		json_object_set_new(args, "body", json_string(post->body));
	return args;
}

/* What the service said, in one short line; "" for nothing worth it. Fresh. */
static char *words_of(const json_t *answer)
{
	const json_t *body = json_object_get(answer, "body");
	struct str brief = STR_INIT;
	if (json_is_object(body) || json_is_array(body))
		json_add_brief(&brief, body, SHOWN_MAX);
	else if (json_is_string(body))
		str_add(&brief, json_string_value(body));
	_cleanup_free_ char *whole = str_take(&brief);
	_cleanup_free_ char *line = said_line(whole);
	return said_cut(line, SHOWN_MAX);
}

static enum err_code code_of(int64_t status)
{
	if (status == 401 || status == 403)
		return ERR_AUTH;
	if (status == 404 || status == 410)
		return ERR_NOT_FOUND;
	if (status == 408)
		return ERR_TIMEOUT;
	if (status == 425 || status >= 500)
		return ERR_NET;
	if (status == 429)
		return ERR_LIMIT;
	return status == 400 || status == 422 || status / 100 == 3 ? ERR_CONFIG
								   : ERR_FAIL;
}

static int judge(const struct post *post, const json_t *answer, struct err *err)
{
	const json_t *failure = json_object_get(answer, "error");
	int64_t status = json_get_int(answer, "status", 0);
	bool cut = json_get_bool(answer, "truncated", false);
	if (answer_is_assumed(answer) ||
	    (status >= 200 && status < 300 && (!failure || cut)))
		return 0;
	if (failure && !cut) {
		const char *code = json_get_string(failure, "code", "");
		return err_set(err, str_equal(code, "timeout") ? ERR_TIMEOUT : ERR_NET,
			       "%s did not answer: %s", post->service,
			       json_get_string(failure, "message", code));
	}
	_cleanup_free_ char *words = words_of(answer);
	err_set(err, code_of(status), "%s answered %lld%s%s", post->service,
		(long long)status, *words ? ": " : "", words);
	if (status / 100 == 3)
		err_hint(err, "a webhook's address has to be the final one: messages are "
			      "not sent on to where it points");
	return -1;
}

int post_send(struct effects *fx, const struct channel_job *job, const struct post *post,
	      json_t **ret_answer, int64_t *ret_retry_after_ms, struct err *err)
{
	_cleanup_json_ json_t *args = arguments(post);
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *summary =
		str_format("tell %s: %s", post->service, said_title(job));
	const struct effect effect = {.kind = "http",
				      .mode = EFFECT_ACT,
				      .args = args,
				      .subject = job->notification->name,
				      .summary = summary};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	int64_t wait_ms = api_answer_wait_ms(answer, job->now_ms);
	*ret_retry_after_ms = wait_ms > 0 ? wait_ms : 0;
	int status = judge(post, answer, err);
	if (ret_answer)
		*ret_answer = TAKE_PTR(answer);
	return status;
}
