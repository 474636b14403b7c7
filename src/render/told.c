/* Who was told, and who could not be: one line each. */
#include "told.h"

#include <string.h>

#include "belay/json.h"
#include "ink.h"

void told_add(struct str *out, const struct render *render, const json_t *told)
{
	size_t i;
	const json_t *row;
	json_array_foreach(told, i, row) {
		const char *outcome = json_get_string(row, "outcome", "");
		const char *reason = json_get_string(row, "reason", NULL);
		bool sent = strcmp(outcome, "sent") == 0;
		str_add(out, "  ");
		ink_add_mark(out, render, sent ? "pass" : "warn");
		render_inkf(out, render, INK_PLAIN, " %s %s: %s%s%s\n", outcome,
			    json_get_string(row, "notification", ""),
			    json_get_string(row, "topic", ""), reason ? ": " : "",
			    reason ? reason : "");
	}
}
