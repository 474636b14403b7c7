/* How a restart ended: the verdict, then the gates.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "gate.h"
#include "ink.h"

/* "api, web". Fresh. */
static char *names_of(const json_t *names)
{
	struct str text = STR_INIT;
	size_t i;
	json_t *name;
	json_array_foreach(names, i, name) {
		str_addf(&text, "%s%s", i ? ", " : "", json_string_value(name));
	}
	return str_take(&text);
}

void render_restart(struct str *out, const struct render *render, const json_t *result)
{
	const char *end = json_get_string(result, "end", "failed");
	const char *reason = json_get_string(result, "reason", NULL);
	const char *hint = json_get_string(result, "hint", NULL);
	const json_t *gate = json_object_get(result, "gate");
	bool assumed = json_array_size(json_object_get(result, "would")) > 0;
	_cleanup_free_ char *services = names_of(json_object_get(result, "services"));
	_cleanup_str_ struct str took = STR_INIT;
	duration_add(&took, json_get_int(result, "duration_ms", 0));
	ink_add_mark(out, render, assumed ? "would" : end);
	str_add_char(out, ' ');
	if (reason)
		render_inkf(out, render, INK_BOLD, "%s: the restart of %s failed\n",
			    json_get_string(result, "environment", ""), services);
	else
		render_inkf(out, render, INK_BOLD, "%s: %s %s (%s)%s%s\n",
			    json_get_string(result, "environment", ""),
			    assumed ? "would restart" : "restarted", services,
			    json_get_string(result, "version", ""), assumed ? "" : " in ",
			    assumed ? "" : str_text(&took));
	if (reason)
		render_inkf(out, render, INK_PLAIN, "  because %s\n", reason);
	if (hint)
		render_inkf(out, render, INK_DIM, "  hint: %s\n", hint);
	if (!json_is_object(gate) || render->quiet)
		return;
	str_add_char(out, '\n');
	gate_add_headline(out, render, gate);
	gate_add_verdicts(out, render, gate);
}
