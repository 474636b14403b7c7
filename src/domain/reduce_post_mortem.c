/* Folding post-mortems: proposed, reminded of, done. */
#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "documents.h"
#include "incident_text.h"
#include "reduce_incident.h"

#define URL_BYTES 600

static void set_url(json_t *row, const char *url)
{
	_cleanup_free_ char *cut = text_cut(url, URL_BYTES);
	json_object_set_new(row, "url", json_string(cut));
}

int fold_post_mortem_written(struct fold *fold)
{
	const char *url;
	json_t *incident;
	if (fold_text(fold, "url", &url) || incident_own(fold, &incident))
		return -1;
	if (!incident)
		return 0;
	json_t *row = document_own(incident, "post_mortem");
	set_url(row, url);
	if (str_equal(json_get_string(row, "status", ""), "done"))
		return 0;
	json_object_set_new(row, "status", json_string("written"));
	incident_say(fold, incident, "the post-mortem was begun");
	return 0;
}

int fold_post_mortem_reminded(struct fold *fold)
{
	json_t *incident;
	if (incident_own(fold, &incident))
		return -1;
	if (incident)
		json_object_set_new(document_own(incident, "post_mortem"), "reminded_at",
				    json_string(fold->at));
	return 0;
}

int fold_post_mortem_done(struct fold *fold)
{
	static const char *const texts[] = {"url"};
	json_t *incident;
	if (fold_optional_texts(fold, texts, ARRAY_SIZE(texts)) ||
	    incident_own(fold, &incident))
		return -1;
	if (!incident)
		return 0;
	json_t *row = document_own(incident, "post_mortem");
	const char *url = json_get_string(fold->data, "url", NULL);
	json_object_set_new(row, "status", json_string("done"));
	if (url)
		set_url(row, url);
	incident_say(fold, incident, "the post-mortem is done");
	incident_forget_finished(fold);
	return 0;
}
