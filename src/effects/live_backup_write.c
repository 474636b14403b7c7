/* backup.write: options and stores from the arguments, the pipeline, the answer. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "live_backup.h"
#include "live_depot.h"
#include "live_net.h"
#include "platform/clock.h"
#include "platform/fs.h"

enum {
	DEFAULT_CHUNK_BYTES = 8 << 20,
	DEFAULT_LEVEL = 3,
	DEFAULT_THREADS = 2,
	PATIENCE_MS = 600000, /* with a store that does not answer */
};

/* --- options ------------------------------------------------------------------------------- */

static int read_pack(const json_t *pack, struct pack_options *ret, struct err *err)
{
	int64_t chunk = json_get_int(pack, "chunk_bytes", DEFAULT_CHUNK_BYTES);
	int64_t level = json_get_int(pack, "level", DEFAULT_LEVEL);
	int64_t threads = json_get_int(pack, "threads", DEFAULT_THREADS);
	if (chunk < BULK_CHUNK_MIN || chunk > BULK_CHUNK_MAX)
		return err_set(err, ERR_CONFIG, "chunk_bytes has to be from %d to %d",
			       BULK_CHUNK_MIN, BULK_CHUNK_MAX);
	if (level < 1 || level > 19 || threads < 1 || threads > 64)
		return err_set(err, ERR_CONFIG,
			       "level has to be from 1 to 19, threads from 1 to 64");
	*ret = (struct pack_options){
		.chunk_bytes = (size_t)chunk,
		.level = (int)level,
		.threads = (int)threads,
	};
	return live_parse_id(json_get_string(pack, "id", NULL), "pack.id", ret->id, err);
}

static int open_for_passphrase(struct live_call *call, const json_t *seal,
			       struct sealer **ret, struct err *err)
{
	unsigned char salt[LIVE_ID_BYTES];
	_cleanup_secret_ struct secret passphrase = SECRET_INIT;
	if (live_parse_id(json_get_string(seal, "salt", NULL), "seal.salt", salt, err) <
		    0 ||
	    live_resolve(call, json_object_get(seal, "passphrase"),
			 "the passphrase of the backup", &passphrase, err) < 0)
		return -1;
	return sealer_new_passphrase(&passphrase, salt, ret, err);
}

static int open_sealer(struct live_call *call, struct sealer **ret, struct err *err)
{
	const json_t *seal = json_object_get(call->args, "seal");
	const json_t *recipients = json_object_get(seal, "recipients");
	size_t count = json_array_size(recipients);
	if (!recipients)
		return open_for_passphrase(call, seal, ret, err);
	_cleanup_free_ const char **pems = mem_array(const char *, count + 1);
	_cleanup_free_ const char **names = mem_array(const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const json_t *recipient = json_array_get(recipients, i);
		pems[i] = json_get_string(recipient, "pem", "");
		names[i] = json_get_string(recipient, "name", "a recipient");
	}
	return sealer_new(pems, names, count, ret, err);
}

/* --- stores -------------------------------------------------------------------------------- */

struct stores {
	const json_t *list;
	size_t count;
	struct depot **depots; /* NULL where it could not be opened */
	struct depot **open;   /* those that could, without gaps */
	size_t open_count;
	struct err *errors; /* one for each */
};

static void stores_release(struct stores *stores)
{
	for (size_t i = 0; i < stores->count; i++)
		depot_freep(&stores->depots[i]);
	free(stores->depots);
	free(stores->open);
	free(stores->errors);
}

/* Against those before it. */
static int refuse_known(const json_t *stores, size_t index, struct err *err)
{
	const json_t *store = json_array_get(stores, index);
	const char *path = json_get_string(store, "directory", NULL);
	if (!path)
		return 0;
	_cleanup_free_ char *real = fs_real_path(path);
	for (size_t i = 0; i < index; i++) {
		const json_t *other = json_array_get(stores, i);
		const char *its_path = json_get_string(other, "directory", NULL);
		_cleanup_free_ char *its_real = its_path ? fs_real_path(its_path) : NULL;
		if (!str_equal(real, its_real))
			continue;
		err_set(err, ERR_CONFIG,
			"store '%s' is the same place as '%s' ('%s' is '%s')",
			json_get_string(store, "name", "?"),
			json_get_string(other, "name", "?"), path, its_path);
		return err_hint(err, "take one of the two out of the configuration");
	}
	return 0;
}

/* Of two stores in one directory the second would find all names taken, and two policies would remove each other's
 * copies. The configuration has only seen how they are written. */
static int refuse_twice(const json_t *stores, struct err *err)
{
	for (size_t i = 0; i < json_array_size(stores); i++)
		if (refuse_known(stores, i, err) < 0)
			return -1;
	return 0;
}

static int open_stores(struct live_call *call, struct stores *ret, struct err *err)
{
	ret->list = json_object_get(call->args, "stores");
	ret->count = json_array_size(ret->list);
	if (ret->count == 0)
		return err_set(err, ERR_CONFIG, "a backup needs a store");
	ret->depots = mem_array(struct depot *, ret->count);
	ret->open = mem_array(struct depot *, ret->count);
	ret->errors = mem_array(struct err, ret->count);
	for (size_t i = 0; i < ret->count; i++) {
		if (live_depot_open(call, json_array_get(ret->list, i),
				    live_stop_child(call), &ret->depots[i],
				    &ret->errors[i]) == 0)
			ret->open[ret->open_count++] = ret->depots[i];
	}
	if (ret->open_count > 0)
		return 0;
	*err = ret->errors[0];
	return err_wrap(err, "store '%s'",
			json_get_string(json_array_get(ret->list, 0), "name", "?"));
}

/* What became of those that were written to. */
static void take_failures(struct stores *stores, const struct bulk_written *written)
{
	size_t open = 0;
	for (size_t i = 0; i < stores->count && written->failures; i++)
		if (stores->depots[i])
			stores->errors[i] = written->failures[open++];
}

static json_t *store_result(const json_t *store, const struct err *error)
{
	json_t *result =
		json_pack("{s:s, s:b}", "name", json_get_string(store, "name", "?"), "ok",
			  error->code == ERR_NONE);
	if (error->code)
		json_object_set_new(result, "error",
				    json_pack("{s:s, s:s, s:s}", "code",
					      err_code_name(error->code), "message",
					      error->message, "hint", error->hint));
	return result;
}

static json_t *store_results(const struct stores *stores)
{
	json_t *list = json_array();
	for (size_t i = 0; i < stores->count; i++)
		json_array_append_new(list, store_result(json_array_get(stores->list, i),
							 &stores->errors[i]));
	return list;
}

/* --- the answer ---------------------------------------------------------------------------- */

static json_t *chunk_digests(const struct bulk_written *written)
{
	json_t *list = json_array();
	for (size_t i = 0; i < written->chunks.count; i++)
		json_array_append_new(list, json_string(written->chunks.items[i]));
	return list;
}

static json_t *recipients_of(const struct sealer *sealer)
{
	json_t *list = json_array();
	const char *name;
	for (size_t i = 0; (name = sealer_recipient(sealer, i)) != NULL; i++)
		json_array_append_new(list, json_string(name));
	return list;
}

static void warn_of_missing(struct live_source *source)
{
	if (source->missing_count <= LIVE_LEFT_OUT_MAX)
		return;
	_cleanup_free_ char *text =
		str_format("%" PRIu64 " paths were not there; %d of them are listed",
			   source->missing_count, LIVE_LEFT_OUT_MAX);
	live_source_warn(source, text);
}

static void add_warnings(struct live_source *source, const struct sealer *sealer,
			 const struct stores *stores)
{
	warn_of_missing(source);
	if (sealer_warning(sealer))
		live_source_warn(source, sealer_warning(sealer));
	for (size_t i = 0; i < stores->open_count; i++) {
		const struct depot *depot = stores->open[i];
		const char *warning = depot->ops->warning(stores->open[i]);
		if (warning)
			live_source_warn(source, warning);
	}
}

static json_t *make_answer(const struct live_source *source, const struct sealer *sealer,
			   const struct stores *stores,
			   const struct bulk_written *written)
{
	json_t *answer = json_pack(
		"{s:s, s:O, s:I, s:O, s:I, s:s, s:I, s:I, s:s, s:I}", "kind",
		source->is_tar ? "tar" : "stream", "left_out", source->left_out,
		"left_out_count", (json_int_t)source->left_out_count, "missing",
		source->missing, "open_bytes", (json_int_t)written->open_bytes,
		"open_sha256", written->open_sha256, "packed_bytes",
		(json_int_t)written->packed_bytes, "sealed_bytes",
		(json_int_t)written->sealed_bytes, "chunks_sha256",
		written->chunks_sha256, "chunk_bytes", (json_int_t)written->chunk_bytes);
	json_object_set_new(answer, "entries",
			    source->is_tar ? json_integer((json_int_t)source->entries)
					   : json_null());
	json_object_set_new(answer, "missing_count",
			    json_integer((json_int_t)source->missing_count));
	json_object_set_new(answer, "chunks", chunk_digests(written));
	json_object_set_new(answer, "recipients", recipients_of(sealer));
	json_object_set(answer, "warnings", source->warnings);
	json_object_set_new(source->tools, "zstd", json_string(pack_library_version()));
	json_object_set_new(source->tools, "openssl",
			    json_string(seal_library_version()));
	json_object_set(answer, "tools", source->tools);
	json_object_set_new(answer, "stores", store_results(stores));
	return answer;
}

/* --- the effect ---------------------------------------------------------------------------- */

static int write_all(struct live_call *call, struct live_source *source,
		     struct sealer *sealer, struct stores *stores, json_t **ret_answer,
		     struct err *err)
{
	struct live_bulk_watch watch;
	struct bulk_written written = {0};
	int64_t begun_ms = clock_mono_ms();
	struct bulk_write write = {
		.source = live_source_run,
		.source_context = source,
		.sealer = sealer,
		.depots = stores->open,
		.depot_count = stores->open_count,
		.object = json_get_string(call->args, "object", ""),
		.mark = json_get_string(call->args, "mark", ""),
		.timeout_ms = source->timeout_ms,
		.patience_ms = PATIENCE_MS,
		.watch = live_bulk_watch(call, &watch),
		.stop = live_stop_child(call),
	};
	if (write.timeout_ms > 0 && write.timeout_ms < write.patience_ms)
		write.patience_ms = write.timeout_ms;
	int result = read_pack(json_object_get(call->args, "pack"), &write.pack, err);
	if (result == 0)
		result = bulk_write(&write, &written, err);
	if (result == 0) {
		take_failures(stores, &written);
		add_warnings(source, sealer, stores);
		*ret_answer = make_answer(source, sealer, stores, &written);
		json_object_set_new(*ret_answer, "duration_ms",
				    json_integer(clock_mono_ms() - begun_ms));
	}
	bulk_written_release(&written);
	return result;
}

int live_backup_write(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_(sealer_freep) struct sealer *sealer = NULL;
	__attribute__((cleanup(stores_release))) struct stores stores = {0};
	__attribute__((cleanup(live_source_release))) struct live_source source = {0};
	if (refuse_twice(json_object_get(call->args, "stores"), err) < 0 ||
	    open_sealer(call, &sealer, err) < 0 || open_stores(call, &stores, err) < 0 ||
	    live_source_init(&source, call, err) < 0)
		return -1;
	return write_all(call, &source, sealer, &stores, ret_answer, err);
}
