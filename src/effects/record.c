/* The layer that writes a tape (tape.h). It stands above redact, so what it sees of answers is
 * scrubbed; arguments it scrubs itself, and what redact leaves alone (stored.h).
 *
 * A full disk must not turn a good deployment into a failed one: when a line cannot be written the
 * run goes on and the tape ends there, without its end mark. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "layer.h"
#include "platform/fs.h"
#include "stored.h"
#include "tape.h"
#include "utf8.h"

struct record {
	struct effects_layer layer;
	pthread_mutex_t lock; /* of everything below */
	int fd;
	bool broken;
	json_t *counts; /* lane → effects so far */
	size_t total;
};

/* --- writing ------------------------------------------------------------------------------- */

static int write_line(int fd, const json_t *line)
{
	struct str text = STR_INIT_MAX(SIZE_MAX / 4);
	_cleanup_free_ char *compact = json_text_compact(line);
	str_add(&text, compact);
	str_add_char(&text, '\n');
	size_t at = 0;
	while (at < text.len) {
		ssize_t written = write(fd, text.data + at, text.len - at);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			break;
		at += (size_t)written;
	}
	int result = at == text.len ? 0 : -1;
	str_release(&text);
	return result;
}

static void append(struct record *record, json_t *line, const char *lane)
{
	pthread_mutex_lock(&record->lock);
	json_int_t n = json_get_int(record->counts, lane, 0) + 1;
	json_object_set_new(record->counts, lane, json_integer(n));
	json_object_set_new(line, "n", json_integer(n));
	record->total++;
	if (!record->broken && write_line(record->fd, line) < 0)
		record->broken = true;
	pthread_mutex_unlock(&record->lock);
}

/* --- scrubbing arguments ------------------------------------------------------------------- */

static json_t *scrubbed_text(struct record *record, const char *value)
{
	struct str text = STR_INIT_MAX(SIZE_MAX / 4);
	str_add(&text, value);
	layer_scrub(record->layer.below, &text);
	json_t *result = utf8_json(str_text(&text), text.len);
	str_release(&text);
	return result;
}

static json_t *scrubbed(struct record *record, const json_t *value)
{
	if (json_is_string(value))
		return scrubbed_text(record, json_string_value(value));
	if (json_is_array(value)) {
		json_t *copy = json_array();
		for (size_t i = 0; i < json_array_size(value); i++)
			json_array_append_new(copy,
					      scrubbed(record, json_array_get(value, i)));
		return copy;
	}
	if (json_is_object(value)) {
		json_t *copy = json_object();
		const char *key;
		json_t *member;
		json_object_foreach((json_t *)value, key, member)
			json_object_set_new(copy, key, scrubbed(record, member));
		return copy;
	}
	return json_incref((json_t *)value);
}

/* --- the layer ----------------------------------------------------------------------------- */

static json_t *error_json(const struct err *err)
{
	json_t *error = json_object();
	json_object_set_new(error, "code", json_string(err_code_name(err->code)));
	json_object_set_new(error, "message",
			    utf8_json(err->message, strlen(err->message)));
	json_object_set_new(error, "hint", utf8_json(err->hint, strlen(err->hint)));
	json_object_set_new(error, "errno", json_integer(err->sys_errno));
	if (err->retry_after_ms > 0)
		json_object_set_new(error, "retry_after_ms",
				    json_integer(err->retry_after_ms));
	return error;
}

static int record_perform(struct effects_layer *layer, const struct lane *lane,
			  const struct effect *effect, json_t **ret_answer,
			  struct err *err)
{
	struct record *record = (struct record *)layer;
	_cleanup_json_ json_t *line = json_object();
	json_object_set_new(line, "lane", json_string(lane->path));
	json_object_set_new(line, "kind", json_string(effect->kind));
	json_object_set_new(line, "mode", json_string(tape_mode(effect->mode)));

	int result = layer_perform(layer->below, lane, effect, ret_answer, err);

	/* Only now, because the effect itself may have made a secret known. */
	json_object_set_new(line, "args", scrubbed(record, effect->args));
	json_object_set_new(line, "subject",
			    effect->subject ? scrubbed_text(record, effect->subject)
					    : json_null());
	if (result < 0)
		json_object_set_new(line, "error", error_json(err));
	else
		json_object_set_new(
			line, "answer",
			stored_for_tape(record->layer.below, effect, *ret_answer));
	append(record, line, lane->path);
	return result;
}

static void record_release(struct effects_layer *layer)
{
	struct record *record = (struct record *)layer;
	if (record->fd >= 0) {
		_cleanup_json_ json_t *end =
			json_pack("{s:I}", "end", (json_int_t)record->total);
		if (!record->broken)
			(void)write_line(record->fd, end);
		close(record->fd);
	}
	json_decref(record->counts);
	pthread_mutex_destroy(&record->lock);
	free(record);
}

static const struct effects_layer_ops record_ops = {
	.name = "record",
	.perform = record_perform,
	.release = record_release,
};

int effects_record_new(struct effects_layer *below, const char *path,
		       const json_t *header, struct effects_layer **ret, struct err *err)
{
	struct record *record = mem_new(struct record);
	record->layer = (struct effects_layer){.ops = &record_ops, .below = below};
	record->counts = json_object();
	pthread_mutex_init(&record->lock, NULL);

	record->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (record->fd >= 0)
		fs_hand_over(record->fd, path);
	_cleanup_json_ json_t *first = header ? scrubbed(record, header) : json_object();
	json_object_set_new(first, "belay_tape", json_integer(TAPE_VERSION));
	if (record->fd < 0 || fchmod(record->fd, 0600) < 0 ||
	    write_line(record->fd, first) < 0) {
		err_set_errno(err, ERR_FAIL, errno, "cannot write the tape '%s'", path);
		layer_free(&record->layer);
		return -1;
	}
	*ret = &record->layer;
	return 0;
}
