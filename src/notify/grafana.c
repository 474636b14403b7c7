/* grafana: an annotation, from the beginning of something to its end. HTTP API: POST /api/annotations
 * {time, text, tags, dashboardUID?, panelId?} answers {id}; PATCH /api/annotations/ID {timeEnd, text}
 * makes a region of it; GET /api/annotations?tags=… finds it again by a tag that only it has. Times are
 * milliseconds. */
#include <inttypes.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "plain.h"
#include "said.h"
#include "table.h"

#define TEXT_MAX_UNITS 2000
#define TAG_MAX_CHARS 200

/* Grafana shows the text as HTML. */
static const struct plain_escape html[] = {
	{'&', "&amp;"},  {'<', "&lt;"},   {'>', "&gt;"},
	{'"', "&quot;"}, {'\'', "&#39;"}, {0, NULL},
};

static char *text_new(const struct channel_job *job)
{
	struct str out = STR_INIT;
	_cleanup_free_ char *heading = said_heading(job);
	plain_add(&out, heading, html, TEXT_MAX_UNITS);
	str_add(&out, ": ");
	plain_add(&out, said_title(job), html, TEXT_MAX_UNITS);
	if (*said_text(job)) {
		str_add(&out, "\n");
		plain_add(&out, said_text(job), html, TEXT_MAX_UNITS);
	}
	return str_take(&out);
}

/* What all messages of one trouble or deployment share. Fresh. */
static char *own_tag(const struct channel_job *job)
{
	_cleanup_free_ char *subject = said_subject(job);
	_cleanup_free_ char *tag = str_format("belay:%s", subject);
	return said_cut(tag, TAG_MAX_CHARS);
}

static json_t *tags_new(const struct channel_job *job)
{
	json_t *tags = json_object_get(job->notification->settings, "tags");
	_cleanup_free_ char *tag = own_tag(job);
	tags = tags ? json_copy(tags) : json_array();
	json_array_append_new(tags, json_string(said_environment(job)));
	json_array_append_new(tags, json_string(tag));
	return tags;
}

/* Does the message end what an earlier one of the same subject began? */
static bool is_end(const struct channel_job *job)
{
	return said_change(job) == SAID_OVER || str_equal(said_topic(job), "deployed") ||
	       (!said_incident(job) && said_change(job) == SAID_BAD &&
		!str_equal(said_topic(job), "degraded"));
}

static int find(struct api *api, struct effects *fx, const struct channel_job *job,
		int64_t *ret_id, struct err *err)
{
	long long id = 0;
	*ret_id = 0;
	if (str_to_int64(json_get_string(job->link, "ref", ""), 1, INT64_MAX, &id) == 0) {
		*ret_id = id;
		return 0;
	}
	_cleanup_free_ char *tag = own_tag(job);
	_cleanup_free_ char *escaped = api_escape(tag);
	_cleanup_free_ char *path =
		str_format("/api/annotations?type=annotation&limit=1&tags=%s", escaped);
	_cleanup_json_ json_t *found = NULL;
	const struct api_request request = {.method = "GET", .path = path};
	if (api_request(api, fx, &request, &found, NULL, err) < 0)
		return -1;
	*ret_id = json_get_int(json_array_get(found, 0), "id", 0);
	return 0;
}

static int create(struct api *api, struct effects *fx, const struct channel_job *job,
		  int64_t *ret_id, struct err *err)
{
	const json_t *settings = job->notification->settings;
	_cleanup_free_ char *text = text_new(job);
	_cleanup_json_ json_t *body = json_pack(
		"{s:I, s:s, s:o, s:O*, s:O*}", "time", (json_int_t)said_at_ms(job),
		"text", text, "tags", tags_new(job), "dashboardUID",
		json_object_get(settings, "dashboard_uid"), "panelId",
		json_object_get(settings, "panel_id"));
	_cleanup_json_ json_t *answer = NULL;
	const struct api_request request = {.method = "POST",
					    .path = "/api/annotations",
					    .json = body,
					    .subject = job->notification->name,
					    .summary = "annotate in Grafana"};
	if (api_request(api, fx, &request, &answer, NULL, err) < 0)
		return -1;
	*ret_id = json_get_int(answer, "id", 0);
	return 0;
}

static int change(struct api *api, struct effects *fx, const struct channel_job *job,
		  int64_t id, struct err *err)
{
	_cleanup_free_ char *path = str_format("/api/annotations/%" PRId64, id);
	_cleanup_free_ char *text = text_new(job);
	_cleanup_json_ json_t *body = json_pack("{s:s}", "text", text);
	const struct api_request request = {.method = "PATCH",
					    .path = path,
					    .json = body,
					    .subject = job->notification->name,
					    .summary = "change the annotation in Grafana",
					    .repeatable = true};
	if (is_end(job))
		json_object_set_new(body, "timeEnd", json_integer(said_at_ms(job)));
	return api_request(api, fx, &request, NULL, NULL, err);
}

static int tell(struct api *api, struct effects *fx, const struct channel_job *job,
		int64_t *ret_id, struct err *err)
{
	struct err failure = {0};
	if (find(api, fx, job, ret_id, err) < 0)
		return -1;
	if (*ret_id == 0)
		return create(api, fx, job, ret_id, err);
	if (change(api, fx, job, *ret_id, &failure) == 0)
		return 0;
	if (failure.code == ERR_NOT_FOUND) /* somebody has deleted it */
		return create(api, fx, job, ret_id, err);
	*err = failure;
	return -1;
}

static int send_annotation(struct effects *fx, const struct channel_job *job,
			   json_t **ret_link, int64_t *ret_retry_after_ms,
			   struct err *err)
{
	struct api api;
	const json_t *settings = job->notification->settings;
	const json_t *token = json_object_get(settings, "token");
	int64_t id = 0;
	said_api(&api, "Grafana", json_get_string(settings, "url", ""));
	if (token)
		api_bearer(&api, token);
	int status = tell(&api, fx, job, &id, err);
	if (status < 0)
		*ret_retry_after_ms = err->retry_after_ms;
	if (id) {
		_cleanup_free_ char *ref = str_format("%" PRId64, id);
		*ret_link = said_link(ref, NULL);
	}
	api_release(&api);
	return status;
}

static const char *const topics[] = {
	"deployed",
	"failed",
	"rolled-back",
	"rollback-failed",
	"incident-opened",
	"incident-resolved",
	NULL,
};

const struct channel channel_grafana = {
	.name = "grafana",
	.summary = "an annotation in Grafana",
	.topics = topics,
	.once = "an annotation is found again by its own tag",
	.send = send_annotation,
};
