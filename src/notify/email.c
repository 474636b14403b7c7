/* email: a mail, as text and HTML. A message that is sent twice keeps its Message-ID, and all mails of one
 * trouble refer to the same id (RFC 5322, 3.6.4), which no mail has: so programs show them as one thread,
 * whichever of them comes first. */
#include "email.h"

#include <ctype.h>
#include <string.h>

#include "belay/endpoint.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "table.h"

#define TIMEOUT_MS 20000
#define SUBJECT_MAX_CHARS 200
#define ID_MAX_BYTES 120
/* Some refused for now, others have it: so often it is sent to all of them again. */
#define PARTIAL_ATTEMPTS 2

static void copy_member(json_t *args, const json_t *settings, const char *key)
{
	json_t *value = json_object_get(settings, key);
	if (value)
		json_object_set(args, key, value);
}

/* "Re: [belay P1] [production rollback] v1.2.4 → v1.2.3" */
static char *subject_new(const struct channel_job *job)
{
	const char *before = "";
	if (said_incident(job) && said_change(job) == SAID_OVER)
		before = "Resolved: ";
	else if (str_equal(said_topic(job), "incident-updated"))
		before = "Re: ";
	_cleanup_free_ char *line = said_line(said_title(job));
	_cleanup_free_ char *cut = said_cut(line, SUBJECT_MAX_CHARS);
	return str_format("%s[belay %s] %s", before, said_severity(job), cut);
}

/* "belay.WORD@example.com", of nothing but characters that an id may have. */
static char *id_new(const char *kind, const char *word, const char *from)
{
	const char *domain = strchr(from, '@');
	_cleanup_free_ char *cut = str_format("%.*s", ID_MAX_BYTES, word);
	for (char *at = cut; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_", *at))
			*at = '.';
	return str_format("belay.%s.%s%s", kind, cut, domain ? domain : "@localhost");
}

static json_t *headers_new(const struct channel_job *job, const char *from)
{
	_cleanup_free_ char *subject = said_subject(job);
	_cleanup_free_ char *thread = id_new("about", subject, from);
	_cleanup_free_ char *thread_id = str_format("<%s>", thread);
	_cleanup_free_ char *environment = said_line(said_environment(job));
	json_t *headers = json_pack("{s:s, s:s, s:s, s:s, s:s}", "In-Reply-To", thread_id,
				    "References", thread_id, "Auto-Submitted",
				    "auto-generated", "X-Belay-Topic", said_topic(job),
				    "X-Belay-Environment", environment);
	bool grave = str_equal(said_severity(job), "P0") ||
		     str_equal(said_severity(job), "P1");
	if (grave && said_change(job) == SAID_BAD)
		json_object_set_new(headers, "Importance", json_string("high"));
	return headers;
}

static int mail_new(const struct channel_job *job, json_t **ret, struct err *err)
{
	static const char *const same[] = {"security", "user", "password", "from",
					   "to",       "cc",   "reply_to", "tls"};
	const json_t *settings = job->notification->settings;
	const char *server = json_get_string(settings, "server", "");
	const char *from = json_get_string(settings, "from", "");
	_cleanup_endpoint_ struct endpoint endpoint = {0};
	if (endpoint_parse(server, 0, &endpoint) < 0)
		return err_set(err, ERR_CONFIG, "'%s' is not HOST:PORT", server);
	_cleanup_free_ char *subject = subject_new(job);
	_cleanup_free_ char *id =
		id_new("message", json_get_string(job->message, "id", ""), from);
	_cleanup_free_ char *text = email_text(job);
	_cleanup_free_ char *page = email_html(job);
	json_t *args = json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:o, s:s, s:I, s:i}", "server", endpoint.host,
		"port", endpoint.port, "subject", subject, "text", text, "html", page,
		"headers", headers_new(job, from), "message_id", id, "date_ms",
		(json_int_t)said_at_ms(job), "timeout_ms", TIMEOUT_MS);
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		copy_member(args, settings, same[i]);
	*ret = args;
	return 0;
}

/* The server took the mail, but not for everybody. */
static int judge(const struct channel_job *job, const json_t *answer, struct err *err)
{
	const json_t *refused = json_object_get(answer, "refused");
	_cleanup_str_ struct str list = STR_INIT_MAX(700);
	bool for_now = false;
	size_t i;
	const json_t *row;
	json_array_foreach(refused, i, row) {
		for_now = for_now || json_get_int(row, "status", 0) / 100 == 4;
		str_addf(&list, "%s%s (%s)", i ? ", " : "",
			 json_get_string(row, "address", ""),
			 json_get_string(row, "message", ""));
	}
	if (json_array_size(refused) == 0)
		return 0;
	bool again =
		for_now && json_get_int(job->message, "attempts", 0) < PARTIAL_ATTEMPTS;
	return err_set(err, again ? ERR_NET : ERR_FAIL,
		       "the mail went to %zu of %zu; refused: %s",
		       json_array_size(json_object_get(answer, "accepted")),
		       json_array_size(json_object_get(answer, "accepted")) +
			       json_array_size(refused),
		       str_text(&list));
}

static int send_mail(struct effects *fx, const struct channel_job *job, json_t **ret_link,
		     int64_t *ret_retry_after_ms, struct err *err)
{
	_cleanup_json_ json_t *args = NULL;
	_cleanup_json_ json_t *answer = NULL;
	(void)ret_link;
	(void)ret_retry_after_ms;
	if (mail_new(job, &args, err) < 0)
		return -1;
	_cleanup_free_ char *summary =
		str_format("mail: %s", json_get_string(args, "subject", ""));
	const struct effect effect = {.kind = "mail",
				      .mode = EFFECT_ACT,
				      .args = args,
				      .subject = job->notification->name,
				      .summary = summary};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	return answer_is_assumed(answer) ? 0 : judge(job, answer, err);
}

static const char *const topics[] = {
	"rollback-failed", "incident-opened",     "incident-resolved",
	"post-mortem-due", "post-mortem-overdue", "backup-failed",
	"backup-late",     "backup-recovered",    NULL,
};

const struct channel channel_email = {
	.name = "email",
	.summary = "a mail, as text and HTML",
	.topics = topics,
	.once = "a mail that is sent twice has the same Message-ID: most programs show it "
		"once",
	.send = send_mail,
};
