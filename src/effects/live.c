/* The bottom of the chain: what really touches the world. This file knows the kinds, resolves
 * secrets, keeps what outlives one effect and stops when the run is cancelled; the work itself is
 * in live_<topic>.c and the platform adapters. */
#include "live.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "live_layer.h"
#include "platform/env.h"
#include "platform/fs.h"
#include "secrets.h"
#include "signals.h"

enum { SECRET_FILE_MAX_BYTES = 1 << 20 };

/* The signals up to `count` are no news for this lane and the lanes below it. */
struct acknowledgement {
	char *lane;
	unsigned count;
};

struct acknowledgements {
	struct acknowledgement *items;
	size_t count, capacity;
};

struct kept {
	void *value;
	void (*release)(void *);
};

struct live {
	struct effects_layer layer;
	struct secrets *secrets;
	pthread_mutex_t lock; /* of the two below */
	struct acknowledgements acknowledgements;
	struct kept kept[LIVE_SLOT_COUNT];
};

/* --- kinds --------------------------------------------------------------------------------- */

static live_handler acknowledge;

static const struct kind {
	const char *name;
	live_handler *handler;
	bool when_cancelled; /* works on after a signal: harmless, and callers cannot do without */
} kinds[] = {
	{"clock", live_clock, true},
	{"sleep", live_sleep, false},
	{"random", live_random, true},
	{"env", live_env, true},
	{"secret", live_secret, false},
	{"mask", live_mask, true},
	{"system", live_system, true},
	{"acknowledge", acknowledge, true},
	{"file.read", live_file_read, false},
	{"file.stat", live_file_stat, false},
	{"file.real", live_file_real, false},
	{"file.list", live_file_list, false},
	{"file.write", live_file_write, false},
	{"file.append", live_file_append, true},
	{"artifact", live_artifact, false},
	{"scratch.make", live_scratch_make, false},
	{"scratch.remove", live_scratch_remove, true},
	{"http", live_http, false},
	{"mail", live_mail, false},
	{"tcp", live_tcp, false},
	{"tls", live_tls, false},
	{"run", live_run, false},
	{"ssh.run", live_ssh_run, false},
	{"object.list", live_object_list, false},
	{"object.read", live_object_read, false},
	{"object.head", live_object_head, false},
	{"object.write", live_object_write, false},
	{"object.remove", live_object_remove, false},
	{"object.unfinished", live_object_unfinished, false},
	{"object.abandon", live_object_abandon, false},
	{"backup.write", live_backup_write, false},
	{"backup.read", live_backup_read, false},
	{"keygen", live_keygen, false},
	{"sign", live_sign, false},
	{"sign.verify", live_sign_verify, false},
	{"git.repository", live_git_repository, false},
	{"git.read", live_git_read, false},
	{"git.log", live_git_log, false},
	{"git.blobs", live_git_blobs, false},
	{"git.append", live_git_append, false},
};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* --- cancellation -------------------------------------------------------------------------- */

static bool lane_is_within(const char *lane, const char *outer)
{
	size_t len = strlen(outer);
	return len == 0 || (strncmp(lane, outer, len) == 0 &&
			    (lane[len] == '\0' || lane[len] == '/'));
}

static unsigned acknowledged(const struct live *live, const char *lane)
{
	struct live *l = (struct live *)live;
	unsigned count = 0;
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->acknowledgements.count; i++) {
		const struct acknowledgement *a = &l->acknowledgements.items[i];
		if (a->count > count && lane_is_within(lane, a->lane))
			count = a->count;
	}
	pthread_mutex_unlock(&l->lock);
	return count;
}

static bool lane_cancelled(const struct live *live, const char *lane)
{
	unsigned count = signals_count();
	return count > 0 && count > acknowledged(live, lane);
}

static int acknowledge(struct live_call *call, json_t **ret_answer, struct err *err)
{
	(void)err;
	struct live *live = call->live;
	unsigned count = signals_count();
	bool news = count > acknowledged(live, call->lane);
	if (news) {
		pthread_mutex_lock(&live->lock);
		*vec_push(&live->acknowledgements) =
			(struct acknowledgement){mem_strdup(call->lane), count};
		pthread_mutex_unlock(&live->lock);
	}
	*ret_answer = json_pack("{s:b}", "cancelled", news);
	return 0;
}

bool live_cancelled(const struct live_call *call)
{
	return call->mode == EFFECT_OBSERVE && lane_cancelled(call->live, call->lane);
}

int live_set_cancelled(struct err *err)
{
	return err_set(err, ERR_CANCELLED, "cancelled by a signal");
}

static bool call_is_cancelled(const void *call)
{
	return live_cancelled(call);
}

struct stop live_stop(const struct live_call *call)
{
	if (call->mode == EFFECT_ACT)
		return STOP_NEVER;
	return (struct stop){
		.asked = call_is_cancelled,
		.context = call,
		.wake_fd = signals_wake_fd(acknowledged(call->live, call->lane)),
	};
}

static bool call_lane_is_cancelled(const void *context)
{
	const struct live_call *call = context;
	return lane_cancelled(call->live, call->lane);
}

struct stop live_stop_child(const struct live_call *call)
{
	return (struct stop){
		.asked = call_lane_is_cancelled,
		.context = call,
		.wake_fd = signals_wake_fd(acknowledged(call->live, call->lane)),
	};
}

/* --- secrets ------------------------------------------------------------------------------- */

static int read_secret_env(const char *name, const char *what, struct secret *ret,
			   struct err *err)
{
	const char *value = env_get(name);
	if (!value || !*value) {
		err_set(err, ERR_CONFIG, "environment variable '%s' for %s is %s", name,
			what, value ? "empty" : "not set");
		return err_hint(err,
				"in a workflow, pass it on: env: {%s: ${{ secrets.%s }}}",
				name, name);
	}
	secret_set(ret, value, strlen(value));
	return 0;
}

static int read_secret_file(const char *path, const char *what, struct secret *ret,
			    struct err *err)
{
	struct secret content = SECRET_INIT;
	if (fs_read(path, SECRET_FILE_MAX_BYTES, &content.data, &content.len, err) < 0) {
		err->code = ERR_CONFIG;
		return err_wrap(err, "secret file for %s", what);
	}
	/* An editor's newline is no part of a password; in a key block it is part of the format. */
	if (!memmem(content.data, content.len, "-----BEGIN ", 11) && content.len &&
	    content.data[content.len - 1] == '\n') {
		content.len--;
		if (content.len && content.data[content.len - 1] == '\r')
			content.len--;
		content.data[content.len] = '\0';
	}
	if (!content.len) {
		secret_release(&content);
		return err_set(err, ERR_CONFIG, "secret file '%s' for %s is empty", path,
			       what);
	}
	*ret = content;
	return 0;
}

/* The one source that `reference` names. */
static int read_secret(struct live_call *call, const json_t *reference, const char *what,
		       struct secret *ret, struct err *err)
{
	const char *env = json_get_string(reference, "env", NULL);
	const char *file = json_get_string(reference, "file", NULL);
	const json_t *oidc = json_object_get(reference, "oidc");
	if (!!env + !!file + !!oidc != 1)
		return err_set(
			err, ERR_CONFIG,
			"%s is no secret: expected {\"env\": NAME}, {\"file\": PATH} "
			"or {\"oidc\": {\"audience\": TEXT}}",
			what);
	if (env)
		return read_secret_env(env, what, ret, err);
	if (file)
		return read_secret_file(file, what, ret, err);
	return live_oidc(call, oidc, ret, err) < 0 ? err_wrap(err, "%s", what) : 0;
}

static void add_affixes(struct secret *secret, const json_t *value)
{
	const char *prefix = json_get_string(value, "prefix", "");
	const char *suffix = json_get_string(value, "suffix", "");
	size_t prefix_len = strlen(prefix), suffix_len = strlen(suffix);
	if (prefix_len + suffix_len == 0)
		return;
	struct secret whole = {.len = prefix_len + secret->len + suffix_len};
	whole.data = mem_alloc(whole.len + 1);
	memcpy(whole.data, prefix, prefix_len);
	if (secret->len)
		memcpy(whole.data + prefix_len, secret->data, secret->len);
	memcpy(whole.data + prefix_len + secret->len, suffix, suffix_len);
	secret_release(secret);
	*secret = whole;
}

int live_resolve(struct live_call *call, const json_t *value, const char *what,
		 struct secret *ret_secret, struct err *err)
{
	if (json_is_string(value)) {
		secret_set(ret_secret, json_string_value(value),
			   json_string_length(value));
		return 0;
	}
	struct secret secret = SECRET_INIT;
	if (read_secret(call, json_object_get(value, "$secret"), what, &secret, err) < 0)
		return -1;
	secrets_add(call->live->secrets, secret.data, secret.len);
	add_affixes(&secret, value);
	secret_release(ret_secret);
	*ret_secret = secret;
	return 0;
}

void live_remember_secret(struct live_call *call, const void *data, size_t len)
{
	secrets_add(call->live->secrets, data, len);
}

struct secrets *live_secrets(struct effects_layer *layer)
{
	return ((struct live *)layer)->secrets;
}

void live_scrub(struct live_call *call, struct str *text)
{
	secrets_scrub(call->live->secrets, text);
}

/* --- what is kept -------------------------------------------------------------------------- */

void *live_keep(struct live *live, enum live_slot slot, void *(*create)(void),
		void (*release)(void *))
{
	pthread_mutex_lock(&live->lock);
	struct kept *kept = &live->kept[slot];
	if (!kept->value)
		*kept = (struct kept){.value = create(), .release = release};
	void *value = kept->value;
	pthread_mutex_unlock(&live->lock);
	return value;
}

/* --- the layer ----------------------------------------------------------------------------- */

static int live_perform(struct effects_layer *layer, const struct lane *lane,
			const struct effect *effect, json_t **ret_answer, struct err *err)
{
	struct live *live = (struct live *)layer;
	const struct kind *kind = find_kind(effect->kind);
	if (!kind)
		return err_set(err, ERR_FAIL, "unknown kind of effect '%s'",
			       effect->kind);
	if (!kind->when_cancelled && lane_cancelled(live, lane->path))
		return live_set_cancelled(err);
	struct live_call call = {
		.live = live,
		.lane = lane->path,
		.args = effect->args,
		.mode = effect->mode,
		.effect = effect,
	};
	return kind->handler(&call, ret_answer, err);
}

static void live_release(struct effects_layer *layer)
{
	struct live *live = (struct live *)layer;
	for (size_t i = 0; i < LIVE_SLOT_COUNT; i++)
		if (live->kept[i].value)
			live->kept[i].release(live->kept[i].value);
	for (size_t i = 0; i < live->acknowledgements.count; i++)
		free(live->acknowledgements.items[i].lane);
	free(live->acknowledgements.items);
	secrets_free(live->secrets);
	pthread_mutex_destroy(&live->lock);
	free(live);
}

static void live_scrub_text(struct effects_layer *layer, struct str *text)
{
	secrets_scrub(((struct live *)layer)->secrets, text);
}

static const struct effects_layer_ops live_ops = {
	.name = "live",
	.perform = live_perform,
	.scrub = live_scrub_text,
	.release = live_release,
};

struct effects_layer *effects_live_new(void)
{
	struct live *live = mem_new(struct live);
	live->layer.ops = &live_ops;
	live->secrets = secrets_new();
	pthread_mutex_init(&live->lock, NULL);
	/* Adapters write to sockets and pipes whose readers may go away: that is an error to report,
	 * not a reason to die. */
	signal(SIGPIPE, SIG_IGN);
	return &live->layer;
}
