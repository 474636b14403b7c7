/* What must come back byte for byte, and what a tape has of it. See stored.h. */
#include "stored.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"

enum { DIGEST_MIN = 32 };

static const struct exact {
	const char *kind, *member;
	bool on_tape; /* as it is: nobody can put anything into it */
} exact[] = {
	{"object.list", "objects", false},
	{"object.unfinished", "uploads", false},
	{"object.read", "text", false},
	{"object.read", "base64", false},
	{"object.read", "sha256", true},
	{"object.head", "sha256", true},
	{"object.write", "sha256", true},
	{"backup.write", "chunks_sha256", true},
	{"backup.write", "open_sha256", true},
	{"backup.write", "chunks", true},
	{"sign", "signature", false},
	{"git.read", "files", false},
	{"git.read", "tip", true},
	{"git.append", "tip", true},
	{"git.append", "ids", true},
};

static const struct exact *find_exact(const char *kind, const char *member)
{
	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		if (strcmp(exact[i].kind, kind) == 0 &&
		    strcmp(exact[i].member, member) == 0)
			return &exact[i];
	return NULL;
}

bool stored_is_exact(const char *kind, const char *member)
{
	return find_exact(kind, member) != NULL;
}

/* --- for a tape ------------------------------------------------------------------------------ */

static json_t *scrubbed_string(struct effects_layer *below, const char *value)
{
	struct str text = {.max_bytes = SIZE_MAX / 4};
	str_add(&text, value);
	layer_scrub(below, &text);
	json_t *result = json_string(str_text(&text));
	str_release(&text);
	return result;
}

/* A digest, a time or an id: belay made it, and a replay needs it. */
static bool is_own(const char *text)
{
	size_t len = strlen(text);
	if (len >= DIGEST_MIN && strspn(text, "0123456789abcdef") == len)
		return true;
	return len >= strlen("20260102T030405Z") && isdigit((unsigned char)*text) &&
	       strspn(text, "0123456789abcdefTZ:.-") == len && strchr(text, 'T');
}

static json_t *scrubbed_value(struct effects_layer *below, const json_t *value)
{
	if (json_is_string(value))
		return is_own(json_string_value(value))
			       ? json_incref((json_t *)value)
			       : scrubbed_string(below, json_string_value(value));
	if (json_is_array(value)) {
		json_t *copy = json_array();
		for (size_t i = 0; i < json_array_size(value); i++)
			json_array_append_new(
				copy, scrubbed_value(below, json_array_get(value, i)));
		return copy;
	}
	if (json_is_object(value)) {
		json_t *copy = json_object();
		const char *key;
		json_t *member;
		json_object_foreach((json_t *)value, key, member) {
			_cleanup_json_ json_t *name = scrubbed_string(below, key);
			json_object_set_new(copy, json_string_value(name),
					    scrubbed_value(below, member));
		}
		return copy;
	}
	return json_incref((json_t *)value);
}

/* A manifest is scrubbed value by value, or a mask in one of its numbers would make it no manifest any more. */
static json_t *scrubbed_text(struct effects_layer *below, const json_t *text)
{
	const char *data = json_string_value(text);
	json_t *plain = scrubbed_string(below, data);
	if (strcmp(json_string_value(plain), data) == 0)
		return plain;
	_cleanup_json_ json_t *value = json_loads(data, 0, NULL);
	if (!json_is_object(value))
		return plain;
	json_decref(plain);
	_cleanup_json_ json_t *clean = scrubbed_value(below, value);
	_cleanup_free_ char *pretty = json_text_pretty(clean);
	return json_string(pretty);
}

/* "NAME/ID/FILE", where an id stays: while the rest is scrubbed, something that no secret has stands in its place. */
#define OWN_PART '\1'

static void blank_own_parts(const char *path, struct str *out)
{
	while (*path) {
		size_t len = strcspn(path, "/");
		_cleanup_free_ char *part = mem_strndup(path, len);
		if (is_own(part))
			str_add_char(out, OWN_PART);
		else
			str_add(out, part);
		path += len;
		if (*path)
			str_add_char(out, *path++);
	}
}

/* The next part of ours from `*at` on; fresh, or NULL. */
static char *next_own_part(const char **at)
{
	while (**at) {
		size_t len = strcspn(*at, "/");
		_cleanup_free_ char *part = mem_strndup(*at, len);
		*at += len + ((*at)[len] == '/');
		if (is_own(part))
			return TAKE_PTR(part);
	}
	return NULL;
}

static json_t *scrubbed_path(struct effects_layer *below, const char *path)
{
	struct str blanked = {.max_bytes = SIZE_MAX / 4};
	struct str out = {.max_bytes = SIZE_MAX / 4};
	blank_own_parts(path, &blanked);
	layer_scrub(below, &blanked);
	for (const char *c = str_text(&blanked); *c; c++) {
		_cleanup_free_ char *part = *c == OWN_PART ? next_own_part(&path) : NULL;
		if (part)
			str_add(&out, part);
		else
			str_add_char(&out, *c);
	}
	json_t *result = json_string(str_text(&out));
	str_release(&blanked);
	str_release(&out);
	return result;
}

static json_t *scrubbed_rows(struct effects_layer *below, const json_t *rows)
{
	json_t *copy = json_array();
	size_t i;
	json_t *row;
	json_array_foreach((json_t *)rows, i, row) {
		json_t *clean = json_copy(row);
		const char *key;
		json_t *member;
		json_object_foreach(row, key, member) {
			if (!json_is_string(member))
				continue;
			const char *text = json_string_value(member);
			json_object_set_new(clean, key,
					    strcmp(key, "name") == 0
						    ? scrubbed_path(below, text)
						    : scrubbed_string(below, text));
		}
		json_array_append_new(copy, clean);
	}
	return copy;
}

/* {path: text or {base64}} */
static json_t *scrubbed_files(struct effects_layer *below, const json_t *files)
{
	json_t *copy = json_object();
	const char *path;
	json_t *file;
	json_object_foreach((json_t *)files, path, file) {
		_cleanup_json_ json_t *name = scrubbed_path(below, path);
		json_object_set_new(copy, json_string_value(name),
				    json_is_string(file) ? scrubbed_text(below, file)
							 : scrubbed_value(below, file));
	}
	return copy;
}

json_t *stored_for_tape(struct effects_layer *below, const struct effect *effect,
			const json_t *answer)
{
	json_t *copy = json_copy((json_t *)answer);
	const char *key;
	json_t *member;
	json_object_foreach((json_t *)answer, key, member) {
		const struct exact *found = find_exact(effect->kind, key);
		if (!found || found->on_tape)
			continue;
		if (json_is_array(member))
			json_object_set_new(copy, key, scrubbed_rows(below, member));
		else if (json_is_object(member))
			json_object_set_new(copy, key, scrubbed_files(below, member));
		else if (json_is_string(member))
			json_object_set_new(copy, key, scrubbed_text(below, member));
	}
	return copy;
}

/* --- from a tape ----------------------------------------------------------------------------- */

/* Names begin with the prefix that was asked for. */
static void name_as_asked(const char *taped, const char *asked, json_t *rows)
{
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row) {
		const char *name = json_get_string(row, "name", "");
		if (!str_has_prefix(name, taped))
			continue;
		_cleanup_free_ char *whole =
			str_format("%s%s", asked, name + strlen(taped));
		json_object_set_new(row, "name", json_string(whole));
	}
}

/* A manifest says itself whose it is. */
static void manifest_as_asked(const char *taped, const char *asked, json_t *answer)
{
	const char *text = json_get_string(answer, "text", "");
	_cleanup_free_ char *masked = mem_strndup(taped, strcspn(taped, "/"));
	_cleanup_free_ char *own = mem_strndup(asked, strcspn(asked, "/"));
	_cleanup_json_ json_t *manifest = json_loads(text, 0, NULL);
	if (!strchr(taped, '/') || strcmp(masked, own) == 0 ||
	    !str_equal(json_get_string(manifest, "name", NULL), masked))
		return;
	json_object_set_new(manifest, "name", json_string(own));
	_cleanup_free_ char *pretty = json_text_pretty(manifest);
	json_object_set_new(answer, "text", json_string(pretty));
}

void stored_as_asked(const struct effect *effect, const json_t *taped_args,
		     json_t *answer)
{
	static const char *const lists[] = {"objects", "uploads"};
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (find_exact(effect->kind, lists[i]))
			name_as_asked(json_get_string(taped_args, "prefix", ""),
				      json_get_string(effect->args, "prefix", ""),
				      json_object_get(answer, lists[i]));
	if (find_exact(effect->kind, "text"))
		manifest_as_asked(json_get_string(taped_args, "name", ""),
				  json_get_string(effect->args, "name", ""), answer);
}
