/* Templates of post-mortems: a fault in one would be noticed when the page is needed. */
#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "doctor.h"

#define TEMPLATE_MAX_BYTES ((size_t)1 << 20)

static void look_at_template(struct doctor *doctor, const char *path)
{
	static const char name[] = "post-mortem";
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	if (effects_read_file(doctor->context->fx, path, TEMPLATE_MAX_BYTES, &text,
			      &err) < 0 ||
	    (post_mortem_check_template(text, &err) < 0 &&
	     err_wrap(&err, "template '%s'", path) < 0))
		doctor_find(doctor, name, "warn", err.message, err.hint);
	else
		doctor_find(doctor, name, "ok", path, NULL);
}

/* Each once, however many environments use it. */
void doctor_templates(struct doctor *doctor)
{
	const struct config *config = doctor->config;
	_cleanup_json_ json_t *seen = json_object();
	for (size_t i = 0; i < config->environment_count; i++) {
		const char *path =
			post_mortem_rules(config, &config->environments[i]).template;
		if (path && !json_object_get(seen, path))
			look_at_template(doctor, path);
		if (path)
			json_object_set_new(seen, path, json_true());
	}
}
