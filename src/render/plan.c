/* What a deployment would do, in order, and what it would be judged by. */
#include "belay/json.h"
#include "belay/mem.h"
#include "ink.h"

static void add_versions(struct str *out, const struct render *render, const json_t *plan)
{
	const char *version = json_get_string(plan, "version", "?");
	const char *service;
	const json_t *from;
	_cleanup_str_ struct str text = STR_INIT;
	json_object_foreach((json_t *)json_object_get(plan, "from"), service, from) {
		str_addf(&text, "%s%s", text.len ? ", " : "", service);
		str_addf(&text, " %s → %s",
			 json_string_value(from) ? json_string_value(from) : "nothing",
			 version);
	}
	render_inkf(out, render, INK_BOLD, "Plan for %s: %s\n",
		    json_get_string(plan, "environment", ""), version);
	if (text.len)
		render_inkf(out, render, INK_DIM, "%s\n", str_text(&text));
}

static void add_steps(struct str *out, const struct render *render, const json_t *steps)
{
	size_t index;
	const json_t *step;
	_cleanup_(table_freep) struct table *table = table_new(NULL, 5);
	json_array_foreach(steps, index, step) {
		table_cell(table, 0, INK_DIM, "  %2lld",
			   (long long)json_get_int(step, "n", (int64_t)index + 1));
		table_cell(table, 1, INK_BOLD, "%s", json_get_string(step, "step", ""));
		table_cell(table, 2, INK_NAME, "%s",
			   json_get_string(step, "service", ""));
		table_cell(table, 3, INK_PLAIN, "%s",
			   json_get_string(step, "target", ""));
		table_cell(table, 4, INK_PLAIN, "%s",
			   json_get_string(step, "summary", ""));
		table_end_row(table);
	}
	str_add_char(out, '\n');
	table_add_to(out, render, table);
}

static void add_names(struct str *out, const struct render *render, const char *title,
		      const json_t *names)
{
	size_t index;
	const json_t *name;
	if (json_array_size(names) == 0)
		return;
	str_addf(out, "\n%s ", title);
	json_array_foreach(names, index, name) {
		str_add(out, index ? ", " : "");
		render_inkf(out, render, INK_NAME, "%s", json_string_value(name));
	}
	str_add_char(out, '\n');
}

static void add_notes(struct str *out, const struct render *render, const json_t *notes)
{
	size_t index;
	const json_t *note;
	json_array_foreach(notes, index, note) {
		str_add(out, index ? "" : "\n");
		ink_add_mark(out, render, "warn");
		render_inkf(out, render, INK_PLAIN, " %s\n", json_string_value(note));
	}
}

static void add_lock(struct str *out, const struct render *render, const json_t *lock)
{
	const char *held = json_get_string(lock, "text", NULL);
	if (!held || json_get_bool(lock, "free", false))
		return;
	str_add_char(out, '\n');
	ink_add_mark(out, render, "warn");
	render_inkf(out, render, INK_PLAIN, " the lock is %s\n", held);
}

void render_plan(struct str *out, const struct render *render, const json_t *plan)
{
	add_versions(out, render, plan);
	if (render->quiet)
		return;
	add_lock(out, render, json_object_get(plan, "lock"));
	add_steps(out, render, json_object_get(plan, "steps"));
	add_names(out, render, "Judged by", json_object_get(plan, "gates"));
	add_notes(out, render, json_object_get(plan, "notes"));
	render_inkf(out, render, INK_DIM, "\nNothing was changed.\n");
}
