/* What a dry run would have done: one line for each act, in order. */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/render.h"

void render_noted(struct str *out, const struct render *render, const json_t *noted)
{
	if (json_array_size(noted) == 0)
		return;
	if (out->len)
		str_add_char(out, '\n');
	render_inkf(out, render, INK_BOLD, "Would do (nothing was changed):\n");
	_cleanup_(table_freep) struct table *table = table_new(NULL, 3);
	table_fold(table);
	size_t index;
	const json_t *act;
	json_array_foreach(noted, index, act) {
		table_cell(table, 0, INK_DIM, "  %2zu", index + 1);
		table_cell(table, 1, INK_NAME, "%s",
			   json_get_string(act, "subject",
					   json_get_string(act, "kind", "")));
		table_cell(table, 2, INK_PLAIN, "%s",
			   json_get_string(act, "summary", ""));
		table_end_row(table);
	}
	table_add_to(out, render, table);
}
