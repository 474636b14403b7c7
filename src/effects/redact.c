/* The layer that keeps secrets below: scrubs every text of an answer (keys too) and of an error, of
 * the values that live resolved and of what looks like a secret. What must come back byte for byte (stored.h) it leaves
 * alone. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "live_layer.h"
#include "patterns.h"
#include "secrets.h"
#include "stored.h"

struct redact {
	struct effects_layer layer;
	struct secrets *secrets;
};

static void scrub(struct redact *redact, struct str *text)
{
	secrets_scrub(redact->secrets, text);
	patterns_scrub(text);
}

/* --- JSON ---------------------------------------------------------------------------------- */

/* A new reference: to `value` itself when there was nothing to scrub, so that the usual answer is
 * not copied. `cut`: texts may end in the middle of a secret. */
static json_t *scrubbed(struct redact *redact, json_t *value, bool cut);

static char *scrubbed_text(struct redact *redact, const char *data, size_t len, bool cut)
{
	struct str text = {.max_bytes = SIZE_MAX / 4};
	str_add_bytes(&text, data, len);
	text.truncated = cut;
	scrub(redact, &text);
	return str_take(&text);
}

static json_t *scrubbed_string(struct redact *redact, json_t *value, bool cut)
{
	size_t len = json_string_length(value);
	_cleanup_free_ char *text =
		scrubbed_text(redact, json_string_value(value), len, cut);
	if (strcmp(text, json_string_value(value)) == 0)
		return json_incref(value);
	return json_string(text);
}

static json_t *scrubbed_array(struct redact *redact, json_t *value, bool cut)
{
	json_t *copy = NULL;
	size_t index;
	json_t *item;
	json_array_foreach(value, index, item) {
		json_t *clean = scrubbed(redact, item, cut);
		if (clean != item && !copy)
			copy = json_copy(value);
		if (copy)
			json_array_set_new(copy, index, clean);
		else
			json_decref(clean);
	}
	return copy ? copy : json_incref(value);
}

/* Cookies and credentials are secret because of the header they stand in. */
static json_t *scrubbed_member(struct redact *redact, const char *key, json_t *value,
			       bool cut)
{
	if (strcasecmp(key, "set-cookie") == 0 && json_is_string(value)) {
		struct str cookie = {.max_bytes = SIZE_MAX / 4};
		str_add(&cookie, json_string_value(value));
		patterns_scrub_cookie(&cookie);
		json_t *result = json_string(str_text(&cookie));
		str_release(&cookie);
		return result;
	}
	if (strcasecmp(key, "set-cookie") == 0 && json_is_array(value)) {
		json_t *copy = json_array();
		size_t index;
		json_t *item;
		json_array_foreach(value, index, item)
			json_array_append_new(copy,
					      scrubbed_member(redact, key, item, cut));
		return copy;
	}
	if (patterns_secret_header(key) && json_is_string(value))
		return json_string(SECRETS_MASK);
	return scrubbed(redact, value, cut);
}

/* Two keys that look the same once they are scrubbed must both survive. */
static void add_member(json_t *object, const char *key, json_t *takes_value)
{
	if (!json_object_get(object, key)) {
		json_object_set_new(object, key, takes_value);
		return;
	}
	for (size_t i = 2;; i++) {
		_cleanup_free_ char *numbered = str_format("%s#%zu", key, i);
		if (json_object_get(object, numbered))
			continue;
		json_object_set_new(object, numbered, takes_value);
		return;
	}
}

static json_t *scrubbed_object(struct redact *redact, json_t *value, bool cut)
{
	json_t *copy = json_object();
	bool changed = false;
	const char *key;
	json_t *member;
	json_object_foreach(value, key, member) {
		_cleanup_free_ char *clean_key =
			scrubbed_text(redact, key, strlen(key), false);
		json_t *clean = scrubbed_member(redact, key, member, cut);
		changed = changed || clean != member || strcmp(key, clean_key) != 0;
		add_member(copy, clean_key, clean);
	}
	if (changed)
		return copy;
	json_decref(copy);
	return json_incref(value);
}

static json_t *scrubbed(struct redact *redact, json_t *value, bool cut)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return scrubbed_string(redact, value, cut);
	case JSON_ARRAY:
		return scrubbed_array(redact, value, cut);
	case JSON_OBJECT:
		return scrubbed_object(redact, value, cut);
	case JSON_INTEGER:
	case JSON_REAL:
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		break;
	}
	return json_incref(value);
}

/* --- the layer ----------------------------------------------------------------------------- */

static void scrub_fixed(struct redact *redact, char *buffer, size_t size)
{
	size_t len = strnlen(buffer, size);
	_cleanup_free_ char *clean = scrubbed_text(redact, buffer, len, len + 1 == size);
	snprintf(buffer, size, "%s", clean);
	str_keep_utf8(buffer);
}

/* But for what must come back byte for byte. */
static json_t *scrubbed_answer(struct redact *redact, const char *kind, json_t *answer)
{
	bool cut = json_is_true(json_object_get(answer, "truncated"));
	_cleanup_json_ json_t *rest = json_copy(answer);
	const char *key;
	json_t *member;
	json_object_foreach(answer, key, member)
		if (stored_is_exact(kind, key))
			json_object_del(rest, key);
	if (json_object_size(rest) == json_object_size(answer))
		return scrubbed(redact, answer, cut);
	json_t *clean = scrubbed(redact, rest, cut);
	json_object_foreach(answer, key, member)
		if (stored_is_exact(kind, key))
			json_object_set(clean, key, member);
	return clean;
}

static int redact_perform(struct effects_layer *layer, const struct lane *lane,
			  const struct effect *effect, json_t **ret_answer,
			  struct err *err)
{
	struct redact *redact = (struct redact *)layer;
	_cleanup_json_ json_t *answer = NULL;
	if (layer_perform(layer->below, lane, effect, &answer, err) < 0) {
		scrub_fixed(redact, err->message, sizeof err->message);
		scrub_fixed(redact, err->hint, sizeof err->hint);
		return -1;
	}
	*ret_answer = scrubbed_answer(redact, effect->kind, answer);
	return 0;
}

static void redact_scrub(struct effects_layer *layer, struct str *text)
{
	scrub((struct redact *)layer, text);
}

static void redact_release(struct effects_layer *layer)
{
	free(layer);
}

static const struct effects_layer_ops redact_ops = {
	.name = "redact",
	.perform = redact_perform,
	.scrub = redact_scrub,
	.release = redact_release,
};

struct effects_layer *effects_redact_new(struct effects_layer *below)
{
	struct redact *redact = mem_new(struct redact);
	redact->layer = (struct effects_layer){.ops = &redact_ops, .below = below};
	redact->secrets = live_secrets(below);
	return &redact->layer;
}
