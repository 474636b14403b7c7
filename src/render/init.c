/* What `belay init` found and wrote, and what to do next. */
#include "belay/json.h"
#include "ink.h"

void render_init(struct str *out, const struct render *render, const json_t *result)
{
	size_t i;
	json_t *item;
	json_array_foreach(json_object_get(result, "found"), i, item) {
		str_add(out, "  found ");
		render_inkf(out, render, INK_NAME, "%s",
			    json_get_string(item, "path", ""));
		render_inkf(out, render, INK_DIM, " (%s)\n",
			    json_get_string(item, "what", ""));
	}
	/* In a dry run the list of what would be done follows by itself. */
	if (json_object_get(result, "would"))
		return;
	json_array_foreach(json_object_get(result, "files"), i, item) {
		ink_add_mark(out, render, "pass");
		str_add(out, " wrote ");
		render_inkf(out, render, INK_NAME, "%s\n", json_string_value(item));
	}
	str_add(out, "\nNext: ");
	render_inkf(out, render, INK_BOLD, "belay validate");
	str_add(out, ", then ");
	render_inkf(out, render, INK_BOLD, "belay deploy --version v1 --dry-run\n");
}
