/* Stores of backups for tests of the engine: objects in memory, backups that are not packed but look like ones. Beside the
 * stage of stage.h, which has the journal, the clock and the messages.
 *
 *     struct vault *vault = vault_new(VAULT_CONFIG);
 *     vault->source = "all the data";
 *     engine_backup_run(&vault->stage->engine, …);
 *     vault_end(vault);
 *
 * A data object is the text "sealed: SOURCE". A test spoils what it finds in `stores`, lets stores fail (`down`), objects be
 * locked (`locked`) and the process die before its n-th change (`acts_left`); after vault_revive() the next
 * process goes on with what is there.
 */
#ifndef TEST_ENGINE_VAULT_H
#define TEST_ENGINE_VAULT_H

#include <errno.h>

#include "belay/embedded.h"
#include "belay/schema.h"
#include "platform/digest.h"
#include "stage.h"

#define VAULT_BACKUP                                                                     \
	"backups:\n"                                                                     \
	"  db:\n"                                                                        \
	"    source: {run: dump, name: app.dump}\n"                                      \
	"    seal: {recipients: [keys/backup.crt]}\n"                                    \
	"    open: {key: {env: BACKUP_KEY}, certificate: keys/backup.crt}\n"             \
	"    every: 1d\n"

#define VAULT_CONFIG                                                                     \
	VAULT_BACKUP                                                                     \
	"    store: [{name: a, directory: /srv/a}, {name: b, directory: /srv/b}]\n"      \
	"    keep: {last: 2}\n"

struct vault {
	struct stage *stage;
	json_t *stores; /* {store: {object: {text, modified_ms}}}; folders are stores as well */
	json_t *uploads;   /* {store: [{name, id, begun_ms}]} */
	json_t *down;      /* {store: true}: does not answer */
	json_t *locked;    /* {object: true}: refuses to be removed */
	json_t *removed;   /* objects, in their order */
	json_t *read;      /* [{store, object, to}]: what backup.read gave out */
	json_t *scratches; /* {path: true}: those that are there */
	json_t *runs;      /* [{shell, env}]: commands that looked at a backup */
	json_t *fails; /* {"KIND", "KIND STORE" or "KIND STORE FILE": code}: fails like that */
	json_t *asked; /* arguments of the last backup.write */
	json_t *odd;   /* what its answer has instead of the truth; NULL: nothing */
	void (*while_writing)(struct vault *vault);
	void (*while_removing)(struct vault *vault);
	const char *source; /* what backup.write reads; NULL: it fails */
	const char *wants;  /* name of the variable whose key opens; NULL: any */
	bool occupied;      /* there is something already where backup.read writes to */
	int64_t exit;       /* of a command that gets the data */
	const char *said;   /* what it says then; NULL: "no such table" */
	int acts_left;      /* -1: as many as you like */
	int64_t scratch_count;
};

static char *vault_sha256(const char *text)
{
	unsigned char digest[DIGEST_SHA256_BYTES];
	digest_sha256(text, strlen(text), digest);
	return str_hex(digest, sizeof digest);
}

/* The objects of a store; made when they are not there. Borrowed. */
__attribute__((unused)) static json_t *vault_objects(struct vault *vault,
						     const char *store)
{
	json_t *objects = json_object_get(vault->stores, store);
	if (objects)
		return objects;
	json_object_set_new(vault->stores, store, json_object());
	return json_object_get(vault->stores, store);
}

static const char *vault_store(const json_t *args)
{
	return json_get_string(json_object_get(args, "store"), "name", "?");
}

__attribute__((unused)) static void vault_put(struct vault *vault, const char *store,
					      const char *object, const char *text)
{
	json_object_set_new(vault_objects(vault, store), object,
			    json_pack("{s:s, s:I}", "text", text, "modified_ms",
				      (json_int_t)vault->stage->world->now_ms));
}

static const char *vault_text(struct vault *vault, const char *store, const char *object)
{
	return json_get_string(json_object_get(vault_objects(vault, store), object),
			       "text", NULL);
}

/* Shall this fail, with which code? */
static const char *vault_failure(const struct vault *vault, const char *kind,
				 const char *store, const char *name)
{
	const char *slash = strrchr(name, '/');
	_cleanup_free_ char *in_store = str_format("%s %s", kind, store);
	_cleanup_free_ char *file =
		str_format("%s %s", in_store, slash ? slash + 1 : name);
	const char *keys[] = {kind, in_store, file};
	const char *code = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(keys) && !code; i++)
		code = json_get_string(vault->fails, keys[i], NULL);
	return code;
}

/* How many objects lie in a store, all or those whose names contain the part. */
__attribute__((unused)) static int vault_count(struct vault *vault, const char *store,
					       const char *part)
{
	int count = 0;
	const char *name;
	json_t *object;
	json_object_foreach(vault_objects(vault, store), name, object)
		count += !part || strstr(name, part) != NULL;
	return count;
}

/* --- objects ---------------------------------------------------------------------------------- */

static json_t *vault_list(struct vault *vault, const json_t *args)
{
	const char *prefix = json_get_string(args, "prefix", "");
	const char *name;
	json_t *object, *rows = json_array();
	json_object_foreach(vault_objects(vault, vault_store(args)), name, object) {
		const char *text = json_get_string(object, "text", "");
		if (str_has_prefix(name, prefix))
			json_array_append_new(
				rows,
				json_pack("{s:s, s:I, s:O}", "name", name, "size_bytes",
					  (json_int_t)strlen(text), "modified_ms",
					  json_object_get(object, "modified_ms")));
	}
	return json_pack("{s:o, s:n}", "objects", rows, "warning");
}

static int vault_read(struct vault *vault, const json_t *args, json_t **ret,
		      struct err *err)
{
	const char *name = json_get_string(args, "name", "");
	const char *text = vault_text(vault, vault_store(args), name);
	if (!text)
		return err_set(err, ERR_NOT_FOUND, "there is no '%s' in '%s'", name,
			       vault_store(args));
	_cleanup_free_ char *sha256 = vault_sha256(text);
	*ret = json_pack("{s:s, s:s}", "text", text, "sha256", sha256);
	return 0;
}

static int vault_head(struct vault *vault, const json_t *args, json_t **ret,
		      struct err *err)
{
	const char *name = json_get_string(args, "name", "");
	const char *text = vault_text(vault, vault_store(args), name);
	if (!text)
		return err_set(err, ERR_NOT_FOUND, "there is no '%s'", name);
	*ret = json_pack("{s:I, s:I, s:n}", "size_bytes", (json_int_t)strlen(text),
			 "modified_ms", (json_int_t)0, "sha256");
	return 0;
}

static int vault_write(struct vault *vault, const json_t *args, json_t **ret,
		       struct err *err)
{
	const char *name = json_get_string(args, "name", "");
	const char *text = json_get_string(args, "text", "");
	CHECK_INT_EQ(json_object_size(args),
		     3); /* store, name, text: as effects.h has it */
	if (vault_text(vault, vault_store(args), name))
		return err_set_errno(err, ERR_FAIL, EEXIST, "'%s'", name);
	vault_put(vault, vault_store(args), name, text);
	_cleanup_free_ char *sha256 = vault_sha256(text);
	*ret = json_pack("{s:s}", "sha256", sha256);
	return 0;
}

static int vault_remove(struct vault *vault, const json_t *args, json_t **ret,
			struct err *err)
{
	const char *name = json_get_string(args, "name", "");
	if (vault->while_removing)
		vault->while_removing(vault);
	if (json_object_get(vault->locked, name))
		return err_set(err, ERR_FAIL, "'%s' is locked", name);
	json_object_del(vault_objects(vault, vault_store(args)), name);
	json_array_append_new(vault->removed, json_string(name));
	*ret = json_object();
	return 0;
}

static json_t *vault_abandon(struct vault *vault, const json_t *args)
{
	json_t *uploads = json_object_get(vault->uploads, vault_store(args));
	size_t i;
	const json_t *upload;
	json_array_foreach(uploads, i, upload) {
		if (str_equal(json_get_string(upload, "id", ""),
			      json_get_string(args, "id", "?"))) {
			json_array_remove(uploads, i);
			break;
		}
	}
	return json_object();
}

static json_t *vault_unfinished(struct vault *vault, const json_t *args)
{
	json_t *uploads = json_object_get(vault->uploads, vault_store(args));
	return json_pack("{s:o}", "uploads",
			 uploads ? json_deep_copy(uploads) : json_array());
}

/* --- backups ---------------------------------------------------------------------------------- */

static json_t *vault_fill(struct vault *vault, const json_t *args, const char *text)
{
	const json_t *store;
	json_t *rows = json_array();
	size_t i;
	json_array_foreach(json_object_get(args, "stores"), i, store) {
		const char *name = json_get_string(store, "name", "?");
		if (json_object_get(vault->down, name) ||
		    vault_failure(vault, "backup.write", name, "")) {
			json_array_append_new(
				rows,
				json_pack("{s:s, s:b, s:{s:s, s:s, s:s}}", "name", name,
					  "ok", 0, "error", "code", "net", "message",
					  "it does not answer", "hint", "is it up?"));
			continue;
		}
		vault_put(vault, name, json_get_string(args, "object", ""), text);
		json_array_append_new(rows,
				      json_pack("{s:s, s:b}", "name", name, "ok", 1));
	}
	return rows;
}

static int vault_make(struct vault *vault, const json_t *args, json_t **ret,
		      struct err *err)
{
	json_decref(vault->asked);
	vault->asked = json_deep_copy(args);
	if (vault->while_writing)
		vault->while_writing(vault);
	if (!vault->source)
		return err_set(err, ERR_FAIL, "the command 'dump' failed with status 1");
	if (json_object_get(vault->fails, "backup.write"))
		return err_set(
			err,
			err_code_parse(json_get_string(vault->fails, "backup.write", "")),
			"it ended half way");
	_cleanup_free_ char *sealed = str_format("sealed: %s", vault->source);
	_cleanup_free_ char *chunks_sha256 = vault_sha256(sealed);
	_cleanup_free_ char *open_sha256 = vault_sha256(vault->source);
	json_int_t sealed_bytes = (json_int_t)strlen(sealed);
	*ret = json_pack(
		"{s:O, s:n, s:[], s:i, s:[], s:I, s:s, s:I, s:I, s:s, s:I, s:[s], s:[s], s:[], "
		"s:{s:s}, s:o, s:i}",
		"kind", json_object_get(args, "kind"), "entries", "left_out",
		"left_out_count", 0, "missing", "open_bytes",
		(json_int_t)strlen(vault->source), "open_sha256", open_sha256,
		"packed_bytes", sealed_bytes, "sealed_bytes", sealed_bytes,
		"chunks_sha256", chunks_sha256, "chunk_bytes", sealed_bytes, "chunks",
		chunks_sha256, "recipients", "RSA 3072 /CN=backup", "warnings", "tools",
		"zstd", "1.5.4", "stores", vault_fill(vault, args, sealed), "duration_ms",
		5);
	json_object_update(*ret, vault->odd);
	return 0;
}

/* The run's answer when the data goes to a command. New, or NULL. */
static json_t *vault_command(const struct vault *vault, const json_t *to)
{
	if (!json_get_string(to, "run", NULL))
		return NULL;
	const char *said = vault->said ? vault->said : "no such table\n";
	return json_pack("{s:I, s:n, s:b, s:s, s:s, s:b, s:i}", "exit",
			 (json_int_t)vault->exit, "signal", "timed_out", 0, "stdout", "",
			 "stderr", vault->exit ? said : "", "truncated", 0, "duration_ms",
			 1);
}

static int vault_give(struct vault *vault, const json_t *args, json_t **ret,
		      struct err *err)
{
	const char *object = json_get_string(args, "object", "");
	const char *text = vault_text(vault, vault_store(args), object);
	const json_t *to = json_object_get(args, "to");
	const char *key =
		json_get_string(json_at(args, "/open/key/$secret"), "env", NULL);
	if (!text)
		return err_set(err, ERR_NOT_FOUND, "there is no '%s'", object);
	_cleanup_free_ char *sha256 = vault_sha256(text);
	if (!str_equal(sha256, json_get_string(args, "chunks_sha256", "")))
		return err_set(err, ERR_STATE,
			       "chunk 1 of 1 of '%s' is not what was "
			       "written",
			       object);
	if (vault->wants && !str_equal(vault->wants, key))
		return err_set(err, ERR_AUTH, "'%s' is sealed for another key", object);
	if (vault->occupied && to && !json_get_bool(to, "overwrite", false) &&
	    !json_get_string(to, "run", NULL))
		return err_set_errno(err, ERR_FAIL, EEXIST, "the target");
	if (to)
		json_array_append_new(vault->read,
				      json_pack("{s:s, s:s, s:O, s:O*}", "store",
						vault_store(args), "object", object, "to",
						to, "open",
						json_object_get(args, "open")));
	*ret = json_pack("{s:i, s:I, s:I, s:b, s:n, s:i}", "chunks", 1, "sealed_bytes",
			 (json_int_t)strlen(text), "open_bytes",
			 (json_int_t)json_get_int(args, "open_bytes", 0), "opened",
			 json_is_object(json_object_get(args, "open")), "entries",
			 "duration_ms", 3);
	json_t *run = vault_command(vault, to);
	if (run)
		json_object_set_new(*ret, "run", run);
	return 0;
}

/* --- scratch places and commands -------------------------------------------------------------- */

static json_t *vault_scratch(struct vault *vault)
{
	_cleanup_free_ char *path =
		str_format("/scratch/%lld", (long long)++vault->scratch_count);
	json_object_set_new(vault->scratches, path, json_true());
	return json_pack("{s:s}", "path", path);
}

/* "exit N" ends so, "say TEXT" prints it, "cancel" is told to end, anything else is well. */
static int vault_run(struct vault *vault, const json_t *args, json_t **ret,
		     struct err *err)
{
	const char *shell = json_get_string(args, "shell", "");
	json_array_append_new(vault->runs,
			      json_pack("{s:s, s:O, s:O?}", "shell", shell, "env",
					json_object_get(args, "env"), "directory",
					json_object_get(args, "directory")));
	vault->stage->world->now_ms += 1000;
	if (strcmp(shell, "cancel") == 0)
		return err_set(err, ERR_CANCELLED, "cancelled by a signal");
	*ret = json_pack("{s:i, s:n, s:b, s:s, s:s, s:b, s:i}", "exit",
			 str_has_prefix(shell, "exit ") ? shell[5] - '0' : 0, "signal",
			 "timed_out", 0, "stdout",
			 str_has_prefix(shell, "say ") ? shell + 4 : "", "stderr", "",
			 "truncated", 0, "duration_ms", 1000);
	return 0;
}

static json_t *vault_verify_signature(const json_t *args)
{
	_cleanup_free_ char *sha256 = vault_sha256(json_get_string(args, "text", ""));
	bool good = str_equal(json_get_string(args, "signature", ""), sha256);
	return json_pack("{s:b, s:s?, s:s?}", "good", good, "signer",
			 good ? "/CN=signer" : NULL, "reason",
			 good ? NULL : "it is of another text");
}

static json_t *vault_sign(const json_t *args)
{
	_cleanup_free_ char *sha256 = vault_sha256(json_get_string(args, "text", ""));
	return json_pack("{s:s}", "signature", sha256);
}

static bool vault_secret_is_there(const json_t *args)
{
	const char *name = json_get_string(json_object_get(args, "$secret"), "env", "");
	return !str_has_prefix(name, "MISSING");
}

/* --- the layer -------------------------------------------------------------------------------- */

/* May an act happen before this process dies? */
static bool vault_lives(struct vault *vault, const struct effect *effect)
{
	if (vault->acts_left <= 0 || effect->mode == EFFECT_OBSERVE)
		return vault->acts_left != 0;
	vault->acts_left--;
	return true;
}

static int vault_answer(struct vault *vault, const struct effect *effect, json_t **ret,
			struct err *err, bool *ret_ours)
{
	const char *kind = effect->kind;
	const json_t *args = effect->args;
	*ret_ours = true;
	if (!vault_lives(vault, effect))
		return err_set(err, ERR_FAIL, "killed");
	if (str_has_prefix(kind, "object.") || strcmp(kind, "backup.read") == 0) {
		const char *code = vault_failure(vault, kind, vault_store(args),
						 json_get_string(args, "name", ""));
		if (json_object_get(vault->down, vault_store(args)) || code)
			return err_set(err, code ? err_code_parse(code) : ERR_NET,
				       "'%s' does not answer", vault_store(args));
	}
	if (strcmp(kind, "object.read") == 0)
		return vault_read(vault, args, ret, err);
	if (strcmp(kind, "object.head") == 0)
		return vault_head(vault, args, ret, err);
	if (strcmp(kind, "object.write") == 0)
		return vault_write(vault, args, ret, err);
	if (strcmp(kind, "object.remove") == 0)
		return vault_remove(vault, args, ret, err);
	if (strcmp(kind, "backup.write") == 0)
		return vault_make(vault, args, ret, err);
	if (strcmp(kind, "backup.read") == 0)
		return vault_give(vault, args, ret, err);
	if (strcmp(kind, "object.list") == 0)
		*ret = vault_list(vault, args);
	else if (strcmp(kind, "object.unfinished") == 0)
		*ret = vault_unfinished(vault, args);
	else if (strcmp(kind, "object.abandon") == 0)
		*ret = vault_abandon(vault, args);
	else if (strcmp(kind, "scratch.make") == 0)
		*ret = vault_scratch(vault);
	else if (strcmp(kind, "scratch.remove") == 0) {
		json_object_del(vault->scratches, json_get_string(args, "path", ""));
		*ret = json_object();
	} else if (strcmp(kind, "sign") == 0)
		*ret = vault_sign(args);
	else if (strcmp(kind, "sign.verify") == 0)
		*ret = vault_verify_signature(args);
	else if (strcmp(kind, "secret") == 0)
		*ret = json_pack("{s:b}", "present", vault_secret_is_there(args));
	else if (strcmp(kind, "run") == 0 &&
		 json_object_get(json_object_get(args, "env"), "BELAY_BACKUP"))
		return vault_run(vault, args, ret, err);
	else
		*ret_ours = false;
	return 0;
}

/* `more`: see stage_new(). */
__attribute__((unused)) static struct vault *vault_new(const char *more)
{
	struct vault *vault = mem_new(struct vault);
	*vault = (struct vault){
		.stage = stage_new(more),
		.stores = json_object(),
		.uploads = json_object(),
		.down = json_object(),
		.locked = json_object(),
		.removed = json_array(),
		.read = json_array(),
		.scratches = json_object(),
		.runs = json_array(),
		.fails = json_object(),
		.source = "all the data",
		.acts_left = -1,
	};
	vault->stage->vault = vault;
	vault->stage->vault_answer = vault_answer;
	json_object_set_new(vault->stage->world->written, "keys/backup.crt",
			    json_string("a certificate"));
	return vault;
}

__attribute__((unused)) static void vault_end(struct vault *vault)
{
	stage_end(vault->stage);
	json_decref(vault->stores);
	json_decref(vault->uploads);
	json_decref(vault->down);
	json_decref(vault->locked);
	json_decref(vault->removed);
	json_decref(vault->read);
	json_decref(vault->scratches);
	json_decref(vault->runs);
	json_decref(vault->fails);
	json_decref(vault->asked);
	json_decref(vault->odd);
	free(vault);
}

/* The next process. */
__attribute__((unused)) static void vault_revive(struct vault *vault)
{
	vault->acts_left = -1;
	vault->stage->err = (struct err){0};
}

/* Leads to the stage and leaves it alive when its own chain ends. */
struct vault_relay {
	struct effects_layer layer;
	struct effects_layer *to;
};

static int vault_relayed(struct effects_layer *layer, const struct lane *lane,
			 const struct effect *effect, json_t **ret, struct err *err)
{
	return layer_perform(((struct vault_relay *)layer)->to, lane, effect, ret, err);
}

static void vault_relay_free(struct effects_layer *layer)
{
	free(layer);
}

/* The same world as a dry run sees it. Free with effects_free() before the vault ends. */
__attribute__((unused)) static struct effects *vault_dry(struct vault *vault)
{
	static const struct effects_layer_ops ops = {
		.name = "relay", .perform = vault_relayed, .release = vault_relay_free};
	struct vault_relay *relay = mem_new(struct vault_relay);
	relay->layer.ops = &ops;
	relay->to = &vault->stage->layer;
	return effects_new(effects_dryrun_new(&relay->layer));
}

/* Changes what lies there, as time or a stranger does. */
__attribute__((unused)) static void vault_spoil(struct vault *vault, const char *store,
						const char *object)
{
	_cleanup_free_ char *text =
		str_format("%s, spoiled", vault_text(vault, store, object));
	vault_put(vault, store, object, text);
}

/* The same in the same size, which no listing shows. */
__attribute__((unused)) static void vault_damage(struct vault *vault, const char *store,
						 const char *object)
{
	_cleanup_free_ char *text = mem_strdup(vault_text(vault, store, object));
	text[strlen(text) - 1] ^= 1;
	vault_put(vault, store, object, text);
}

/* --- what tests do with it -------------------------------------------------------------------- */

/* Is the result what its schema ("result.backup") says? */
__attribute__((unused)) static void vault_check_schema(const struct vault *vault,
						       const char *name)
{
	struct err err = {0};
	struct schema_faults faults = {0};
	_cleanup_json_ json_t *text = NULL;
	_cleanup_(schema_freep) struct schema *schema = NULL;
	_cleanup_free_ char *path = str_format("schemas/%s.schema.json", name);
	const struct embedded *file = embedded_find(path);
	if (!CHECK(file) ||
	    !CHECK_OK(json_parse(file->data, file->size, path, &text, &err), &err) ||
	    !CHECK_OK(schema_compile(text, &schema, &err), &err))
		return;
	schema_validate(schema, vault->stage->result, &faults);
	for (size_t i = 0; i < faults.count; i++)
		test_check(false, faults.items[i].message, TEST_AT);
	schema_faults_release(&faults);
}

typedef int vault_verb(const struct engine *engine, const struct engine_backup *asked,
		       enum engine_end *ret_end, json_t **ret_result, struct err *err);

/* How it ended, or -1 with stage->err. */
__attribute__((unused)) static int vault_do(struct vault *vault, vault_verb *verb,
					    const struct engine_backup *asked)
{
	struct stage *stage = vault->stage;
	enum engine_end end = END_PASSED;
	json_decref(TAKE_PTR(stage->result));
	stage->err = (struct err){0};
	if (verb(&stage->engine, asked, &end, &stage->result, &stage->err) < 0)
		return -1;
	return (int)end;
}

/* Makes one a day, so many; the ids are on the journal, newest first. */
__attribute__((unused)) static void vault_make_copies(struct vault *vault, int count)
{
	const struct engine_backup asked = {0};
	for (int i = 0; i < count; i++) {
		stage_later(vault->stage, 24 * 60);
		CHECK_INT_EQ(vault_do(vault, engine_backup_run, &asked), END_PASSED);
	}
}

/* The id of the index-th copy, newest first. Fresh. */
__attribute__((unused)) static char *vault_copy(struct vault *vault, size_t index)
{
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	const json_t *copies = json_at(state, "/backups/db/copies");
	return mem_strdup(json_get_string(json_array_get(copies, index), "id", ""));
}

/* "db/ID/FILE". Fresh. */
__attribute__((unused)) static char *vault_name(struct vault *vault, size_t index,
						const char *file)
{
	_cleanup_free_ char *id = vault_copy(vault, index);
	return str_format("db/%s/%s", id, file);
}

#endif
