/* Short forms of the most frequent effects. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "chain.h"

/* Jansson gives no value for text that is not UTF-8. */
static int observe(struct effects *fx, const char *kind, const char *subject,
		   const json_t *args, json_t **ret_answer, struct err *err)
{
	if (!args)
		return err_set(err, ERR_CONFIG, "argument of '%s' is not UTF-8", kind);
	struct effect effect = {
		.kind = kind, .mode = EFFECT_OBSERVE, .args = args, .subject = subject};
	return effects_perform(fx, &effect, ret_answer, err);
}

/* Both clocks are read in one effect and remembered, so that a caller without an err parameter
 * gets a time in any case; the failure is reported by the next effect of this lane. */
static void read_clocks(struct effects *fx)
{
	_cleanup_json_ json_t *args = json_object();
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	if (observe(fx, "clock", NULL, args, &answer, &err) < 0) {
		fx->held_back = err;
		return;
	}
	fx->last_now_ms = json_get_int(answer, "now_ms", fx->last_now_ms);
	fx->last_mono_ms = json_get_int(answer, "mono_ms", fx->last_mono_ms);
}

int64_t effects_now_ms(struct effects *fx)
{
	read_clocks(fx);
	return fx->last_now_ms;
}

int64_t effects_mono_ms(struct effects *fx)
{
	read_clocks(fx);
	return fx->last_mono_ms;
}

int effects_sleep(struct effects *fx, int64_t duration_ms, struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:I}", "ms", (json_int_t)duration_ms);
	return observe(fx, "sleep", NULL, args, NULL, err);
}

uint64_t effects_random(struct effects *fx)
{
	_cleanup_json_ json_t *args = json_object();
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	if (observe(fx, "random", NULL, args, &answer, &err) < 0) {
		fx->held_back = err;
		return 0;
	}
	uint64_t value = 0;
	for (const char *c = json_get_string(answer, "hex", ""); *c; c++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, *c);
		value = value << 4 | (uint64_t)(digit ? digit - digits : 0);
	}
	return value;
}

int effects_env(struct effects *fx, const char *name, char **ret_value, struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:s}", "name", name);
	_cleanup_json_ json_t *answer = NULL;
	if (observe(fx, "env", name, args, &answer, err) < 0)
		return -1;
	const char *value = json_get_string(answer, "value", NULL);
	*ret_value = value ? mem_strdup(value) : NULL;
	return 0;
}

int effects_read_file(struct effects *fx, const char *path, size_t max_bytes,
		      char **ret_text, struct err *err)
{
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:I}", "path", path, "max_bytes", (json_int_t)max_bytes);
	_cleanup_json_ json_t *answer = NULL;
	if (observe(fx, "file.read", path, args, &answer, err) < 0)
		return -1;
	const char *text = json_get_string(answer, "text", NULL);
	if (!text)
		return err_set(err, ERR_CONFIG, "'%s' is not UTF-8 text", path);
	*ret_text = mem_strdup(text);
	return 0;
}

int effects_write_file(struct effects *fx, const char *path, const char *text,
		       unsigned mode, bool exclusive, struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:s, s:s, s:i}", "path", path, "text",
						text, "mode", (int)mode);
	if (!args)
		return err_set(err, ERR_CONFIG, "text for '%s' is not UTF-8", path);
	if (exclusive)
		json_object_set_new(args, "exclusive", json_true());
	_cleanup_free_ char *summary = str_format("write '%s'", path);
	struct effect effect = {.kind = "file.write",
				.mode = EFFECT_ACT,
				.args = args,
				.subject = path,
				.summary = summary};
	return effects_perform(fx, &effect, NULL, err);
}
