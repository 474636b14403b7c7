/* A key of the configuration, explained: what it is, its default and range, examples, the keys below. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "ink.h"

#define COLUMNS_IN_A_PIPE 90
#define COLUMNS_MIN 40

static size_t columns_of(const struct render *render)
{
	if (render->columns == 0 || render->columns > COLUMNS_IN_A_PIPE)
		return COLUMNS_IN_A_PIPE;
	return render->columns < COLUMNS_MIN ? COLUMNS_MIN : render->columns;
}

/* Breaks between words; each line is indented. */
static void add_wrapped(struct str *out, const struct render *render, enum ink ink,
			const char *text, size_t indent)
{
	size_t limit = columns_of(render) - indent;
	while (*text) {
		size_t len = strlen(text), end = 0, width = 0;
		while (end < len) {
			size_t word =
				end + strcspn(text + end + (end > 0), " ") + (end > 0);
			_cleanup_free_ char *part = mem_strndup(text, word);
			width = str_width(part);
			if (width > limit && end > 0)
				break;
			end = word;
		}
		str_pad(out, ' ', indent);
		render_inkf(out, render, ink, "%.*s\n", (int)end, text);
		text += end + strspn(text + end, " ");
	}
}

static void add_fact(struct str *out, const struct render *render, const char *label,
		     const char *text)
{
	if (!text)
		return;
	render_inkf(out, render, INK_DIM, "  %-9s", label);
	render_inkf(out, render, INK_PLAIN, "%s\n", text);
}

static void add_key(struct str *out, const struct render *render, const json_t *row)
{
	const char *preset = json_get_string(row, "default", NULL);
	const char *description = json_get_string(row, "description", NULL);
	str_add(out, "  ");
	render_inkf(out, render, INK_NAME, "%s", json_get_string(row, "key", ""));
	render_inkf(out, render, INK_DIM, "  %s", json_get_string(row, "type", ""));
	if (json_get_bool(row, "required", false))
		render_inkf(out, render, INK_WARN, ", required");
	if (preset)
		render_inkf(out, render, INK_DIM, ", default %s", preset);
	str_add_char(out, '\n');
	if (description)
		add_wrapped(out, render, INK_PLAIN, description, 6);
}

static void add_group(struct str *out, const struct render *render, const json_t *group)
{
	const char *title = json_get_string(group, "title", NULL);
	const char *description = json_get_string(group, "description", NULL);
	size_t i;
	json_t *row;
	str_add_char(out, '\n');
	if (title)
		render_inkf(out, render, INK_BOLD, "Keys of %s\n", title);
	else
		render_inkf(out, render, INK_BOLD, "Keys\n");
	if (description)
		add_wrapped(out, render, INK_DIM, description, 2);
	json_array_foreach(json_object_get(group, "keys"), i, row)
		add_key(out, render, row);
}

static void add_form(struct str *out, const struct render *render, const json_t *form)
{
	const char *key = json_get_string(form, "key", "");
	size_t i;
	json_t *part;
	render_inkf(out, render, INK_BOLD, "%s\n", *key ? key : "The configuration");
	add_wrapped(out, render, INK_PLAIN, json_get_string(form, "description", ""), 2);
	str_add_char(out, '\n');
	add_fact(out, render, "type", json_get_string(form, "type", NULL));
	add_fact(out, render, "range", json_get_string(form, "range", NULL));
	add_fact(out, render, "default", json_get_string(form, "default", NULL));
	json_array_foreach(json_object_get(form, "examples"), i, part)
		add_fact(out, render, i ? "" : "example", json_string_value(part));
	json_array_foreach(json_object_get(form, "groups"), i, part)
		add_group(out, render, part);
}

void render_docs(struct str *out, const struct render *render, const json_t *result)
{
	size_t i;
	json_t *form;
	json_array_foreach(json_object_get(result, "forms"), i, form) {
		str_add(out, i ? "\n" : "");
		add_form(out, render, form);
	}
}
