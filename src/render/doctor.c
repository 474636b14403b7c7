/* Findings about this machine and configuration: one line each, and below it what to do. */
#include "belay/json.h"
#include "belay/mem.h"
#include "ink.h"

static void add_finding(struct str *out, const struct render *render,
			const json_t *finding, size_t width)
{
	const char *status = json_get_string(finding, "status", "unknown");
	_cleanup_str_ struct str name = STR_INIT;
	render_add_safe(&name, json_get_string(finding, "name", ""));
	size_t columns = str_width(str_text(&name));
	ink_add_mark(out, render, status);
	str_add_char(out, ' ');
	ink_add(out, render, INK_BOLD, str_text(&name));
	str_pad(out, ' ', (columns < width ? width - columns : 0) + 2);
	render_inkf(out, render, INK_PLAIN, "%s\n",
		    json_get_string(finding, "detail", ""));
	const char *fix = json_get_string(finding, "fix", NULL);
	if (!fix || str_equal(status, "ok"))
		return;
	str_pad(out, ' ', width + 4);
	render_inkf(out, render, INK_DIM, "%s\n", fix);
}

void render_doctor(struct str *out, const struct render *render, const json_t *result)
{
	const json_t *findings = json_object_get(result, "findings");
	size_t index, width = 0;
	const json_t *finding;
	json_array_foreach(findings, index, finding) {
		size_t columns = str_width(json_get_string(finding, "name", ""));
		width = columns > width ? columns : width;
	}
	json_array_foreach(findings, index, finding) {
		bool ok = str_equal(json_get_string(finding, "status", ""), "ok");
		if (!render->quiet || !ok)
			add_finding(out, render, finding, width);
	}
	int failed = (int)json_get_int(result, "failed", 0);
	int warned = (int)json_get_int(result, "warned", 0);
	if (render->quiet && !failed && !warned)
		return;
	str_add_char(out, '\n');
	if (failed)
		render_inkf(out, render, INK_BAD, "%d of %zu need attention", failed,
			    json_array_size(findings));
	else
		render_inkf(out, render, INK_GOOD, "Nothing stands in the way");
	if (warned)
		str_addf(out, ", %d warning%s", warned, warned == 1 ? "" : "s");
	str_add(out, ".\n");
}
