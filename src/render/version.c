/* The version, as one line; with --verbose what it was built with and the formats it speaks. */
#include "belay/json.h"
#include "belay/render.h"

void render_version(struct str *out, const struct render *render, const json_t *result)
{
	const json_t *formats = json_object_get(result, "formats");
	str_add(out, "belay ");
	render_inkf(out, render, INK_PLAIN, "%s\n",
		    json_get_string(result, "version", "unknown"));
	if (!render->verbose)
		return;
	str_add(out, "compiler ");
	render_inkf(out, render, INK_PLAIN, "%s\n",
		    json_get_string(result, "compiler", "unknown"));
	str_addf(out, "formats config %d, journal %d, tape %d\n",
		 (int)json_get_int(formats, "config", 0),
		 (int)json_get_int(formats, "journal", 0),
		 (int)json_get_int(formats, "tape", 0));
}
