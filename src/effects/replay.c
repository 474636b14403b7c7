/* The layer that answers from a tape (tape.h) and touches nothing.
 *
 * Lane by lane, an effect gets the answer of the next unused line with the same kind and equal
 * arguments. When there is none, the run has diverged from the recorded one; from then on every
 * effect of that lane says so, because answers given out of order would prove nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "layer.h"
#include "patterns.h"
#include "secrets.h"
#include "stored.h"
#include "tape.h"

#define TAPE_MAX_BYTES ((size_t)512 << 20)

struct entry {
	json_t *value; /* the line */
	size_t line;
	bool used;
};

struct tape_lane {
	char *path;
	struct entry *items;
	size_t count, capacity;
	size_t first_unused;
	struct err diverged; /* code ERR_NONE: not yet */
};

struct tape_lanes {
	struct tape_lane *items;
	size_t count, capacity;
};

struct replay {
	struct effects_layer layer;
	char *path;
	struct tape_lanes lanes; /* fixed once loaded */
	bool complete;           /* the end mark was there */
};

/* --- loading ------------------------------------------------------------------------------- */

static int damaged(struct replay *replay, size_t line, const char *what, struct err *err)
{
	return err_set(err, ERR_CONFIG, "tape '%s', line %zu: %s", replay->path, line,
		       what);
}

static int read_tape(const char *path, char **ret_text, size_t *ret_len, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_CONFIG,
				     errno, "cannot read the tape '%s'", path);
	struct str text = STR_INIT_MAX(TAPE_MAX_BYTES);
	static const size_t chunk = 64 * 1024;
	_cleanup_free_ char *buffer = mem_alloc(chunk);
	ssize_t got;
	while ((got = read(fd, buffer, chunk)) != 0 && !text.truncated) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		str_add_bytes(&text, buffer, (size_t)got);
	}
	int saved_errno = errno;
	close(fd);
	if (got < 0) {
		str_release(&text);
		return err_set_errno(err, ERR_CONFIG, saved_errno,
				     "cannot read the tape '%s'", path);
	}
	if (text.truncated) {
		str_release(&text);
		return err_set(err, ERR_LIMIT, "the tape '%s' is larger than %zu bytes",
			       path, TAPE_MAX_BYTES);
	}
	*ret_len = text.len;
	*ret_text = str_take(&text);
	return 0;
}

static int load_header(struct replay *replay, json_t *value, struct err *err)
{
	const json_t *version = json_object_get(value, "belay_tape");
	if (!json_is_integer(version))
		return damaged(replay, 1,
			       "this is no tape of belay (no \"belay_tape\" in it)", err);
	json_int_t number = json_integer_value(version);
	if (number > TAPE_VERSION) {
		err_set(err, ERR_CONFIG,
			"tape '%s', line 1: written by a newer belay (format %lld, this one reads %d)",
			replay->path, (long long)number, TAPE_VERSION);
		return err_hint(err,
				"replay it with the version of belay that recorded it");
	}
	if (number < 1)
		return damaged(replay, 1, "unknown format", err);
	return 0;
}

static struct tape_lane *find_lane(const struct replay *replay, const char *path)
{
	for (size_t i = 0; i < replay->lanes.count; i++)
		if (strcmp(replay->lanes.items[i].path, path) == 0)
			return &replay->lanes.items[i];
	return NULL;
}

static int load_entry(struct replay *replay, json_t *value, size_t line, struct err *err)
{
	const char *path = json_get_string(value, "lane", NULL);
	const json_t *error = json_object_get(value, "error");
	if (!path || !json_get_string(value, "kind", NULL) ||
	    !json_is_object(json_object_get(value, "args")))
		return damaged(replay, line, "no lane, kind or args", err);
	if (!json_object_get(value, "answer") == !error)
		return damaged(replay, line, "neither answer nor error, or both", err);
	if (error && (!json_get_string(error, "code", NULL) ||
		      !json_get_string(error, "message", NULL)))
		return damaged(replay, line, "an error without code or message", err);

	struct tape_lane *lane = find_lane(replay, path);
	if (!lane) {
		lane = vec_push(&replay->lanes);
		lane->path = mem_strdup(path);
	}
	*vec_push(lane) = (struct entry){.value = json_incref(value), .line = line};
	return 0;
}

static int load_line(struct replay *replay, const char *text, size_t len, size_t line,
		     json_t **ret_header, struct err *err)
{
	_cleanup_json_ json_t *value = NULL;
	struct err why = {0};
	if (json_parse(text, len, "", &value, &why) < 0 || !json_is_object(value)) {
		const char *reason = strrchr(why.message, ':');
		err_set(err, ERR_CONFIG, "tape '%s', line %zu: not valid JSON%s",
			replay->path, line, reason ? reason : "");
		return err_hint(
			err,
			"the tape is damaged: a recorder writes one JSON object a line");
	}
	if (replay->complete)
		return damaged(replay, line, "something follows the end mark", err);
	if (line == 1) {
		if (load_header(replay, value, err) < 0)
			return -1;
		*ret_header = TAKE_PTR(value);
		return 0;
	}
	if (json_object_get(value, "end")) {
		replay->complete = true;
		return 0;
	}
	return load_entry(replay, value, line, err);
}

static int load(struct replay *replay, json_t **ret_header, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	if (read_tape(replay->path, &text, &len, err) < 0)
		return -1;
	if (len == 0)
		return damaged(replay, 1, "the tape is empty", err);
	size_t line = 0;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		line++;
		if (!end) {
			damaged(replay, line,
				"the tape breaks off in the middle of this line", err);
			return err_hint(
				err,
				"copy the whole file, or remove the last line to replay "
				"what is there");
		}
		size_t line_len = (size_t)(end - (text + at));
		if (load_line(replay, text + at, line_len, line, ret_header, err) < 0)
			return -1;
		at += line_len + 1;
	}
	return 0;
}

/* --- matching ------------------------------------------------------------------------------ */

/* Is `text` what stood on the tape, where each mask may be anything? */
static bool mask_matches(const char *masked, const char *text)
{
	const char *mask = strstr(masked, SECRETS_MASK);
	if (!mask)
		return strcmp(masked, text) == 0;
	size_t before = (size_t)(mask - masked);
	if (strncmp(masked, text, before) != 0)
		return false;
	masked = mask + strlen(SECRETS_MASK);
	text += before;
	/* The shortest stretch for each mask but the last will do, as in a glob. */
	while ((mask = strstr(masked, SECRETS_MASK))) {
		size_t len = (size_t)(mask - masked);
		const char *found = memmem(text, strlen(text), masked, len);
		if (!found)
			return false;
		text = found + len;
		masked = mask + strlen(SECRETS_MASK);
	}
	return str_has_suffix(text, masked);
}

static bool value_matches(const json_t *taped, const json_t *asked)
{
	if (json_is_string(taped) && json_is_string(asked))
		return mask_matches(json_string_value(taped), json_string_value(asked));
	if (json_is_array(taped) && json_is_array(asked)) {
		if (json_array_size(taped) != json_array_size(asked))
			return false;
		for (size_t i = 0; i < json_array_size(taped); i++)
			if (!value_matches(json_array_get(taped, i),
					   json_array_get(asked, i)))
				return false;
		return true;
	}
	if (json_is_object(taped) && json_is_object(asked)) {
		if (json_object_size(taped) != json_object_size(asked))
			return false;
		const char *key;
		json_t *member;
		json_object_foreach((json_t *)taped, key, member)
			if (!value_matches(member, json_object_get(asked, key)))
				return false;
		return true;
	}
	/* A number is the same number, however it was written. */
	if (json_is_number(taped) && json_is_number(asked) &&
	    json_typeof(taped) != json_typeof(asked))
		return json_number_value(taped) == json_number_value(asked);
	return json_equal(taped, asked) == 1;
}

static bool entry_matches(const struct entry *entry, const struct effect *effect)
{
	return strcmp(json_get_string(entry->value, "kind", ""), effect->kind) == 0 &&
	       value_matches(json_object_get(entry->value, "args"), effect->args);
}

static struct entry *next_match(struct tape_lane *lane, const struct effect *effect)
{
	while (lane->first_unused < lane->count && lane->items[lane->first_unused].used)
		lane->first_unused++;
	for (size_t i = lane->first_unused; i < lane->count; i++)
		if (!lane->items[i].used && entry_matches(&lane->items[i], effect))
			return &lane->items[i];
	return NULL;
}

/* --- divergence ---------------------------------------------------------------------------- */

/* The unused line that is most like what was asked: of the same kind, most members equal. */
static const struct entry *nearest(const struct tape_lane *lane,
				   const struct effect *effect)
{
	const struct entry *best = NULL;
	size_t best_score = 0;
	for (size_t i = lane->first_unused; i < lane->count; i++) {
		const struct entry *entry = &lane->items[i];
		if (entry->used)
			continue;
		size_t score = 1;
		if (strcmp(json_get_string(entry->value, "kind", ""), effect->kind) ==
		    0) {
			score += 1000;
			const char *key;
			json_t *member;
			json_object_foreach((json_t *)effect->args, key, member) {
				const json_t *taped = json_object_get(
					json_object_get(entry->value, "args"), key);
				score += taped && value_matches(taped, member);
			}
		}
		if (score > best_score) {
			best = entry;
			best_score = score;
		}
	}
	return best;
}

static void add_lane_name(struct str *out, const char *path)
{
	if (*path)
		str_addf(out, "lane '%s'", path);
	else
		str_add(out, "the main lane");
}

static int diverge(const struct replay *replay, struct tape_lane *lane, const char *path,
		   const struct effect *effect, struct err *err)
{
	struct str asked = STR_INIT_MAX(400), taped = STR_INIT_MAX(400),
		   where = STR_INIT_MAX(200);
	json_add_brief(&asked, effect->args, 120);
	add_lane_name(&where, path);
	const struct entry *entry = lane ? nearest(lane, effect) : NULL;
	if (entry) {
		json_add_brief(&taped, json_object_get(entry->value, "args"), 120);
		err_set(err, ERR_DIVERGED,
			"the tape '%s' has no %s %s in %s; the nearest recorded effect is %s %s (line %zu)",
			replay->path, effect->kind, str_text(&asked), str_text(&where),
			json_get_string(entry->value, "kind", ""), str_text(&taped),
			entry->line);
	} else {
		err_set(err, ERR_DIVERGED, "the tape '%s' has no %s %s in %s; %s",
			replay->path, effect->kind, str_text(&asked), str_text(&where),
			lane ? "nothing is left there" : "it does not know this lane");
	}
	err_hint(
		err, "%s",
		replay->complete
			? "this run asks for something else than the recorded one did: another "
			  "configuration, other arguments or another version of belay"
			: "the recorded run did not come to its end: the tape stops in the middle");
	str_release(&asked);
	str_release(&taped);
	str_release(&where);
	if (lane)
		lane->diverged = *err;
	return -1;
}

/* --- the layer ----------------------------------------------------------------------------- */

static int give_error(const json_t *error, struct err *err)
{
	err_set(err, err_code_parse(json_get_string(error, "code", "fail")), "%s",
		json_get_string(error, "message", ""));
	err->sys_errno = (int)json_get_int(error, "errno", 0);
	err->retry_after_ms = json_get_int(error, "retry_after_ms", 0);
	const char *hint = json_get_string(error, "hint", "");
	if (*hint)
		err_hint(err, "%s", hint);
	return -1;
}

static int replay_perform(struct effects_layer *layer, const struct lane *position,
			  const struct effect *effect, json_t **ret_answer,
			  struct err *err)
{
	struct replay *replay = (struct replay *)layer;
	struct tape_lane *lane = find_lane(replay, position->path);
	if (lane && lane->diverged.code != ERR_NONE) {
		*err = lane->diverged;
		return -1;
	}
	struct entry *entry = lane ? next_match(lane, effect) : NULL;
	if (!entry)
		return diverge(replay, lane, position->path, effect, err);
	entry->used = true;
	const json_t *error = json_object_get(entry->value, "error");
	if (error)
		return give_error(error, err);
	/* A copy: Jansson's values must not be shared between a lane's thread and ours. */
	*ret_answer = json_deep_copy(json_object_get(entry->value, "answer"));
	stored_as_asked(effect, json_object_get(entry->value, "args"), *ret_answer);
	return 0;
}

static void replay_scrub(struct effects_layer *layer, struct str *text)
{
	(void)layer;
	patterns_scrub(text);
}

static void replay_release(struct effects_layer *layer)
{
	struct replay *replay = (struct replay *)layer;
	for (size_t i = 0; i < replay->lanes.count; i++) {
		struct tape_lane *lane = &replay->lanes.items[i];
		for (size_t j = 0; j < lane->count; j++)
			json_decref(lane->items[j].value);
		free(lane->items);
		free(lane->path);
	}
	free(replay->lanes.items);
	free(replay->path);
	free(replay);
}

static const struct effects_layer_ops replay_ops = {
	.name = "replay",
	.perform = replay_perform,
	.scrub = replay_scrub,
	.release = replay_release,
};

int effects_replay_new(const char *path, struct effects_layer **ret, json_t **ret_header,
		       struct err *err)
{
	struct replay *replay = mem_new(struct replay);
	replay->layer.ops = &replay_ops;
	replay->path = mem_strdup(path);
	_cleanup_json_ json_t *header = NULL;
	if (load(replay, &header, err) < 0) {
		layer_free(&replay->layer);
		return -1;
	}
	if (ret_header)
		*ret_header = TAKE_PTR(header);
	*ret = &replay->layer;
	return 0;
}
