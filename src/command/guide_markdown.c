/* The whole reference of the configuration as Markdown, for docs/: a section for each key that has keys
 * of its own, with a table of them. */
#include "belay/json.h"
#include "belay/mem.h"
#include "guide.h"

/* Text inside a table's cell: a bar would end it. */
static void add_cell(struct str *out, const char *text)
{
	for (; *text; text++)
		str_addf(out, *text == '|' ? "\\|" : "%c", *text);
}

static void add_row(struct str *out, const json_t *row)
{
	const char *preset = json_get_string(row, "default", NULL);
	str_addf(out, "| `%s` | ", json_get_string(row, "key", ""));
	add_cell(out, json_get_string(row, "type", ""));
	if (json_get_bool(row, "required", false)) {
		str_add(out, " | *required* | ");
	} else if (preset) {
		str_add(out, " | `");
		add_cell(out, preset);
		str_add(out, "` | ");
	} else {
		str_add(out, " | | ");
	}
	add_cell(out, json_get_string(row, "description", ""));
	str_add(out, " |\n");
}

static void add_group(struct str *out, const json_t *group)
{
	const char *title = json_get_string(group, "title", NULL);
	const char *description = json_get_string(group, "description", NULL);
	size_t i;
	json_t *row;
	if (title)
		str_addf(out, "### %s\n\n", title);
	if (description)
		str_addf(out, "%s\n\n", description);
	str_add(out, "| key | type | default | |\n| --- | --- | --- | --- |\n");
	json_array_foreach(json_object_get(group, "keys"), i, row)
		add_row(out, row);
	str_add_char(out, '\n');
}

static void add_form(struct str *out, const json_t *form)
{
	const json_t *groups = json_object_get(form, "groups");
	size_t i;
	json_t *part;
	str_addf(out, "%s\n\n", json_get_string(form, "description", ""));
	json_array_foreach(json_object_get(form, "examples"), i, part)
		str_addf(out, "```yaml\n%s\n```\n\n", json_string_value(part));
	json_array_foreach(groups, i, part)
		add_group(out, part);
}

/* How a secret is written is the same everywhere: it gets one section of its own at the end. */
static bool has_section(const json_t *form)
{
	return json_array_size(json_object_get(form, "groups")) > 0 &&
	       !str_equal(json_get_string(form, "type", NULL), GUIDE_SECRET);
}

/* The path of the section that says the same already, or NULL; from then on it is this one. */
static const char *said_before(json_t *said, const char *path, const json_t *form)
{
	_cleanup_json_ json_t *copy = json_copy((json_t *)form);
	json_object_del(copy, "key");
	_cleanup_free_ char *text = json_text_compact(copy);
	const char *before = json_get_string(said, text, NULL);
	if (!before)
		json_object_set_new(said, text, json_string(path));
	return before;
}

static void add_section(struct str *out, const char *path, const json_t *forms,
			json_t *said)
{
	size_t i, count = 0;
	json_t *form;
	json_array_foreach(forms, i, form) {
		if (!has_section(form))
			continue;
		if (count++ == 0)
			str_addf(out, "## `%s`\n\n", path);
		const char *before = said_before(said, path, form);
		if (before)
			str_addf(out, "The same as `%s`.\n\n", before);
		else
			add_form(out, form);
	}
}

void guide_markdown(struct str *out, const json_t *root)
{
	_cleanup_json_ json_t *paths = guide_paths(root);
	_cleanup_json_ json_t *whole = guide_forms(root, "");
	_cleanup_json_ json_t *secret = guide_definition(root, "secret");
	_cleanup_json_ json_t *said = json_object();
	size_t i;
	json_t *path;
	str_add(out, "# Configuration\n\n");
	add_form(out, json_array_get(whole, 0));
	json_array_foreach(paths, i, path) {
		_cleanup_json_ json_t *forms = guide_forms(root, json_string_value(path));
		add_section(out, json_string_value(path), forms, said);
	}
	str_add(out, "## References to secrets\n\n");
	add_form(out, secret);
	/* One newline at the end of the file. */
	while (out->len > 1 && out->data[out->len - 2] == '\n')
		out->data[--out->len] = '\0';
}
