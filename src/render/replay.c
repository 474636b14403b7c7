/* A replay shows what the recorded run showed and not a byte more: it is compared with cmp. */
#include "belay/json.h"
#include "belay/render.h"

void render_replay(struct str *out, const struct render *render, const json_t *result)
{
	(void)render;
	const json_t *output = json_object_get(result, "output");
	str_add_bytes(out, json_string_value(output) ? json_string_value(output) : "",
		      json_string_length(output));
}
