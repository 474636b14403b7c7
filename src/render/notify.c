/* Who was told, one line each, those who were not first. */
#include "belay/json.h"
#include "belay/mem.h"
#include "ink.h"

/* `supposed`: a dry run, in which nothing was sent. */
static void add_row(struct str *out, const struct render *render, const json_t *row,
		    bool supposed)
{
	const char *outcome = json_get_string(row, "outcome", "");
	const char *reason = json_get_string(row, "reason", NULL);
	bool dropped = str_equal(outcome, "dropped");
	const char *mark = supposed ? "would" : "passed";
	if (!str_equal(outcome, "sent"))
		mark = dropped ? "failed" : "warn";
	ink_add_mark(out, render, mark);
	str_add_char(out, ' ');
	render_inkf(out, render, INK_NAME, "%s",
		    json_get_string(row, "notification", "?"));
	render_inkf(out, render, INK_PLAIN, "  %s", json_get_string(row, "topic", "?"));
	const char *url = json_get_string(json_object_get(row, "link"), "url", NULL);
	if (url)
		render_inkf(out, render, INK_DIM, "  %s", url);
	str_add_char(out, '\n');
	if (reason)
		render_inkf(out, render, INK_PLAIN, "  %s%s\n",
			    dropped ? "" : "will be tried again: ", reason);
}

static void add_rows(struct str *out, const struct render *render, const json_t *rows,
		     bool supposed)
{
	size_t i;
	const json_t *row;
	json_array_foreach(rows, i, row)
		add_row(out, render, row, supposed);
}

void render_notify(struct str *out, const struct render *render, const json_t *result)
{
	const json_t *sent = json_object_get(result, "sent");
	const json_t *failed = json_object_get(result, "failed");
	bool supposed = json_array_size(json_object_get(result, "would")) > 0;
	int64_t waiting = json_get_int(result, "waiting", 0);
	add_rows(out, render, failed, supposed);
	if (!render->quiet)
		add_rows(out, render, sent, supposed);
	if (json_array_size(sent) + json_array_size(failed) == 0)
		render_inkf(out, render, INK_DIM, "Nothing to send%s.\n",
			    waiting > 0 ? " now" : "");
	if (waiting > 0)
		render_inkf(out, render, INK_DIM, "%lld message%s wait%s.\n",
			    (long long)waiting, waiting == 1 ? "" : "s",
			    waiting == 1 ? "s" : "");
}
