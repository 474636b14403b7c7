/* What an audit of the journal found: the counts, when everything fits. */
#include "belay/json.h"
#include "belay/mem.h"
#include "ink.h"

static void add_branch(struct str *out, const struct render *render, const json_t *branch)
{
	const json_t *environments = json_object_get(branch, "environments");
	long long events = (long long)json_get_int(branch, "events", 0);
	size_t count = json_array_size(environments);
	const char *tip = json_get_string(branch, "tip", NULL);
	if (!tip) {
		render_inkf(out, render, INK_DIM, "%s: nothing on it yet\n",
			    json_get_string(branch, "location", "?"));
		return;
	}
	ink_add_mark(out, render, "passed");
	render_inkf(out, render, INK_BOLD, " %lld event%s of %zu environment%s add up\n",
		    events, events == 1 ? "" : "s", count, count == 1 ? "" : "s");
	render_inkf(out, render, INK_DIM, "  %s at %.10s\n",
		    json_get_string(branch, "location", "?"), tip);
}

void render_verify(struct str *out, const struct render *render, const json_t *result)
{
	const json_t *branches = json_object_get(result, "branches");
	size_t index;
	const json_t *branch;
	json_array_foreach(branches, index, branch)
		add_branch(out, render, branch);
	if (json_array_size(branches) == 0)
		render_inkf(out, render, INK_DIM,
			    "No environment, so nothing to verify.\n");
}
