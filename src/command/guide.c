/* The configuration's keys as documentation: which keys there are, what a path leads to. Words and values
 * are made in guide_text.c, the Markdown in guide_markdown.c. */
#include "guide.h"

#include <string.h>

#include "belay/channel.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "guide_text.h"

/* More levels than the schema has; stops at a schema that contains itself. */
#define DEPTH_MAX 10

static void add_once(json_t *list, json_t *value)
{
	size_t i;
	json_t *known;
	json_array_foreach(list, i, known) {
		if (json_equal(known, value)) {
			json_decref(value);
			return;
		}
	}
	json_array_append_new(list, value);
}

/* The parts of a view that describe the same value: branches of allOf (their `then`) and anyOf. New
 * array of views. */
static json_t *parts_of(const json_t *root, const json_t *view)
{
	json_t *parts = json_array(), *part;
	size_t i;
	json_array_foreach(json_object_get(view, "allOf"), i, part) {
		const json_t *then = json_object_get(part, "then");
		json_array_append_new(parts, guide_view(root, then ? then : part));
	}
	json_array_foreach(json_object_get(view, "anyOf"), i, part)
		json_array_append_new(parts, guide_view(root, part));
	return parts;
}

/* Adds the views of member `token` of `view` to `found`. */
static void find_members(const json_t *root, const json_t *view, const char *token,
			 json_t *found)
{
	_cleanup_json_ json_t *parts = parts_of(root, view);
	const json_t *member =
		json_object_get(json_object_get(view, "properties"), token);
	size_t i;
	json_t *part;
	json_array_foreach(parts, i, part)
		find_members(root, part, token, found);
	if (!member)
		member = json_object_get(view, "additionalProperties");
	if (json_is_object(member))
		add_once(found, guide_view(root, member));
}

static json_t *find(const json_t *root, const char *path)
{
	json_t *level = json_array();
	json_array_append_new(level, guide_view(root, root));
	while (*path) {
		size_t len = strcspn(path, ".");
		_cleanup_free_ char *token = mem_strndup(path, len);
		json_t *next = json_array(), *view;
		size_t i;
		json_array_foreach(level, i, view)
			find_members(root, view, token, next);
		json_decref(level);
		level = next;
		path += len + (path[len] == '.');
	}
	return level;
}

static void set_text(json_t *object, const char *key, const struct str *text)
{
	if (text->len)
		json_object_set_new(object, key, json_string(str_text(text)));
}

static json_t *describe_key(const json_t *root, const char *key, const json_t *view,
			    bool required)
{
	json_t *row = json_pack("{s:s, s:b}", "key", key, "required", (int)required);
	_cleanup_str_ struct str type = STR_INIT;
	_cleanup_str_ struct str preset = STR_INIT;
	const json_t *value = json_object_get(view, "default");
	guide_add_type(&type, root, view);
	set_text(row, "type", &type);
	/* An empty object means: what its members say. */
	if (value && !(json_is_object(value) && !json_object_size(value)))
		guide_add_value(&preset, value);
	set_text(row, "default", &preset);
	json_object_set(row, "description", json_object_get(view, "description"));
	return row;
}

static bool is_required(const json_t *view, const char *key)
{
	size_t i;
	json_t *name;
	json_array_foreach(json_object_get(view, "required"), i, name) {
		if (str_equal(json_string_value(name), key))
			return true;
	}
	return false;
}

static json_t *keys_of(const json_t *root, const json_t *view)
{
	json_t *keys = json_array(), *member;
	const char *key;
	json_object_foreach(json_object_get(view, "properties"), key, member) {
		_cleanup_json_ json_t *inner = guide_view(root, member);
		json_array_append_new(
			keys, describe_key(root, key, inner, is_required(view, key)));
	}
	member = json_object_get(view, "additionalProperties");
	if (json_is_object(member)) {
		_cleanup_json_ json_t *inner = guide_view(root, member);
		json_array_append_new(keys, describe_key(root, "*", inner, false));
	}
	return keys;
}

/* A form that is the same wherever it stands: explained once, not beside each of its keys. */
static bool is_common_form(const json_t *view)
{
	return json_object_get(view, "x-variable") ||
	       (json_object_get(view, "x-secret") &&
		!json_at(view, "/properties/prefix"));
}

static void add_groups(const json_t *root, const json_t *view, json_t *groups)
{
	_cleanup_json_ json_t *parts = parts_of(root, view);
	_cleanup_json_ json_t *keys = keys_of(root, view);
	size_t i;
	json_t *part;
	/* With variants the keys stand there, completely. */
	if (json_array_size(keys) && !json_array_size(parts))
		json_array_append_new(
			groups,
			json_pack("{s:s*, s:s*, s:O}", "title",
				  json_get_string(view, "x-variant", NULL), "description",
				  json_get_string(view, "x-variant", NULL)
					  ? json_get_string(view, "description", NULL)
					  : NULL,
				  "keys", keys));
	json_array_foreach(parts, i, part) {
		if (!is_common_form(part))
			add_groups(root, part, groups);
	}
}

static json_t *describe_form(const json_t *root, const char *path, const json_t *view)
{
	json_t *form = describe_key(root, path, view, false);
	json_t *examples = json_array(), *groups = json_array(), *example;
	_cleanup_str_ struct str range = STR_INIT;
	const char *dot = strrchr(path, '.');
	const char *last = dot ? dot + 1 : path;
	size_t i;
	guide_add_range(&range, view);
	set_text(form, "range", &range);
	json_array_foreach(json_object_get(view, "examples"), i, example) {
		_cleanup_str_ struct str text = STR_INIT;
		str_addf(&text, "%s: ", str_equal(last, "*") ? "NAME" : last);
		guide_add_value(&text, example);
		json_array_append_new(examples, json_string(str_text(&text)));
	}
	add_groups(root, view, groups);
	json_object_set_new(form, "examples", examples);
	json_object_set_new(form, "groups", groups);
	json_object_del(form, "required");
	return form;
}

/* What the table of channels knows and the schema does not. */
static void add_channel_notes(json_t *form, const char *path)
{
	const char *name = strrchr(path, '.');
	const struct channel *channel = name ? channel_find(name + 1) : NULL;
	const char *second = strchr(path, '.');
	if (!channel || !str_has_prefix(path, "notify.") ||
	    strchr(second + 1, '.') != name)
		return;
	_cleanup_str_ struct str text = STR_INIT;
	str_addf(&text,
		 "%s Hears by default: ", json_get_string(form, "description", ""));
	for (const char *const *topic = channel->topics; *topic; topic++)
		str_addf(&text, "%s%s", topic == channel->topics ? "" : ", ", *topic);
	str_addf(&text, ". Sent twice: %s.", channel->once);
	set_text(form, "description", &text);
}

json_t *guide_forms(const json_t *root, const char *path)
{
	_cleanup_json_ json_t *views = find(root, path);
	json_t *forms = json_array(), *view;
	size_t i;
	json_array_foreach(views, i, view) {
		json_t *form = describe_form(root, path, view);
		add_channel_notes(form, path);
		add_once(forms, form);
	}
	return forms;
}

json_t *guide_definition(const json_t *root, const char *name)
{
	_cleanup_free_ char *pointer = str_format("/$defs/%s", name);
	_cleanup_json_ json_t *view = guide_view(root, json_at(root, pointer));
	return describe_form(root, name, view);
}

static void add_paths(const json_t *root, const json_t *view, const char *path,
		      json_t *paths);

static void add_path(const json_t *root, const json_t *schema, const char *path,
		     const char *key, json_t *paths)
{
	_cleanup_json_ json_t *view = guide_view(root, schema);
	_cleanup_free_ char *deeper = str_format("%s%s%s", path, *path ? "." : "", key);
	json_object_set_new(paths, deeper, json_true());
	add_paths(root, view, deeper, paths);
}

static void add_paths(const json_t *root, const json_t *view, const char *path,
		      json_t *paths)
{
	_cleanup_json_ json_t *parts = parts_of(root, view);
	const char *key;
	json_t *member;
	size_t i, depth = 0;
	for (const char *dot = path; (dot = strchr(dot, '.')); dot++)
		depth++;
	if (depth >= DEPTH_MAX || is_common_form(view))
		return;
	json_object_foreach(json_object_get(view, "properties"), key, member)
		add_path(root, member, path, key, paths);
	member = json_object_get(view, "additionalProperties");
	if (json_is_object(member))
		add_path(root, member, path, "*", paths);
	json_array_foreach(parts, i, member)
		add_paths(root, member, path, paths);
}

json_t *guide_paths(const json_t *root)
{
	_cleanup_json_ json_t *paths = json_object();
	_cleanup_json_ json_t *view = guide_view(root, root);
	json_t *list = json_array(), *unused;
	const char *path;
	add_paths(root, view, "", paths);
	json_object_foreach(paths, path, unused)
		json_array_append_new(list, json_string(path));
	(void)unused;
	return list;
}
