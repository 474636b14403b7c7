/* The problems of a configuration as compilers show them, so that editors can jump to them; or what a
 * valid one consists of. */
#include <string.h>

#include "belay/json.h"
#include "ink.h"

static void add_problem(struct str *out, const struct render *render, const char *file,
			const json_t *problem)
{
	const char *hint = json_get_string(problem, "hint", NULL);
	render_inkf(out, render, INK_BOLD, "%s:%d:%d:", file,
		    (int)json_get_int(problem, "line", 0),
		    (int)json_get_int(problem, "column", 0));
	str_add_char(out, ' ');
	render_inkf(out, render, INK_PLAIN, "%s\n",
		    json_get_string(problem, "message", ""));
	while (hint && *hint) {
		int len = (int)strcspn(hint, "\n");
		render_inkf(out, render, INK_DIM, "    %.*s\n", len, hint);
		hint += len + (hint[len] == '\n');
	}
}

static void add_count(struct str *out, const json_t *counts, const char *key,
		      const char *singular, const char *before)
{
	int64_t count = json_get_int(counts, key, 0);
	str_addf(out, "%s%lld %s", before, (long long)count, count == 1 ? singular : key);
}

void render_validate(struct str *out, const struct render *render, const json_t *result)
{
	const json_t *problems = json_object_get(result, "problems");
	const json_t *counts = json_object_get(result, "counts");
	const char *file = json_get_string(result, "file", "");
	size_t i, count = json_array_size(problems);
	json_t *problem;
	json_array_foreach(problems, i, problem)
		add_problem(out, render, file, problem);
	ink_add_mark(out, render, count ? "fail" : "pass");
	render_inkf(out, render, INK_PLAIN, " %s ", file);
	if (count) {
		str_addf(out, "has %zu problem%s\n", count, count == 1 ? "" : "s");
		return;
	}
	str_add(out, "is valid: ");
	add_count(out, counts, "environments", "environment", "");
	add_count(out, counts, "services", "service", ", ");
	add_count(out, counts, "checks", "check", ", ");
	add_count(out, counts, "hosts", "host", ", ");
	if (json_get_int(counts, "backups", 0))
		add_count(out, counts, "backups", "backup", ", ");
	str_add_char(out, '\n');
}
