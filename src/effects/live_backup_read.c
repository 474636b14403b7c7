/* backup.read: what is written down of a backup from the arguments, the pipeline, the answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "live_backup.h"
#include "live_depot.h"
#include "live_net.h"
#include "platform/clock.h"

/* "key 'backup.key': certificate 'keys/backup.crt': …": whose contents do not fit. */
static int name_pair(const json_t *open, struct err *err)
{
	const json_t *key = json_object_get(json_object_get(open, "key"), "$secret");
	const char *variable = json_get_string(key, "env", NULL);
	const char *file = json_get_string(key, "file", NULL);
	const char *certificate = json_get_string(open, "certificate_name", NULL);
	if (certificate)
		err_wrap(err, "certificate '%s'", certificate);
	if (variable)
		return err_wrap(err, "key $%s", variable);
	return file ? err_wrap(err, "key '%s'", file) : -1;
}

static int open_with_key(struct live_call *call, const json_t *open, struct opener **ret,
			 struct err *err)
{
	_cleanup_secret_ struct secret key = SECRET_INIT, passphrase = SECRET_INIT;
	const char *certificate;
	if (live_need_string(open, "certificate", "opening a backup", &certificate, err) <
		    0 ||
	    live_resolve(call, json_object_get(open, "key"), "the key of the backup",
			 &key, err) < 0 ||
	    live_resolve_member(call, open, "key_passphrase",
				"the passphrase of the backup's key", &passphrase,
				err) < 0)
		return -1;
	return opener_new(&key, passphrase.len ? &passphrase : NULL, certificate, ret,
			  err) < 0
		       ? name_pair(open, err)
		       : 0;
}

static int open_with_passphrase(struct live_call *call, const json_t *open,
				struct opener **ret, struct err *err)
{
	unsigned char salt[LIVE_ID_BYTES];
	_cleanup_secret_ struct secret passphrase = SECRET_INIT;
	if (live_parse_id(json_get_string(open, "salt", NULL), "open.salt", salt, err) <
		    0 ||
	    live_resolve(call, json_object_get(open, "passphrase"),
			 "the passphrase of the backup", &passphrase, err) < 0)
		return -1;
	return opener_new_passphrase(&passphrase, salt, ret, err);
}

/* Without `open` there is none. */
static int open_opener(struct live_call *call, struct opener **ret, struct err *err)
{
	const json_t *open = json_object_get(call->args, "open");
	if (!open || json_is_null(open))
		return 0;
	if (json_object_get(open, "passphrase"))
		return open_with_passphrase(call, open, ret, err);
	return open_with_key(call, open, ret, err);
}

/* Takes the texts of a list; they stay the list's. */
static int read_chunks(const json_t *list, const char ***ret, size_t *ret_count,
		       struct err *err)
{
	*ret_count = json_array_size(list);
	*ret = mem_array(const char *, *ret_count + 1);
	for (size_t i = 0; i < *ret_count; i++) {
		(*ret)[i] = json_string_value(json_array_get(list, i));
		if (!(*ret)[i])
			return err_set(err, ERR_CONFIG,
				       "the digests of chunks have to be text");
	}
	return 0;
}

static json_t *make_answer(const struct bulk_counts *counts,
			   const struct live_target *target, int64_t duration_ms)
{
	json_t *answer = json_pack(
		"{s:I, s:I, s:I, s:b, s:I}", "chunks", (json_int_t)counts->chunks,
		"sealed_bytes", (json_int_t)counts->sealed_bytes, "open_bytes",
		(json_int_t)counts->open_bytes, "opened", counts->opened, "duration_ms",
		(json_int_t)duration_ms);
	json_object_set_new(answer, "entries",
			    target->entries ? json_integer((json_int_t)target->entries)
					    : json_null());
	if (target->run)
		json_object_set(answer, "run", target->run);
	return answer;
}

/* A command cannot unread, and a file that was replaced does not come back. */
static bool cannot_go_back(const struct live_target *target)
{
	return json_object_get(target->to, "run") || target->in_use;
}

/* All that such a target is going to get is compared with its digests first. Counts into `watch`, and
 * takes the time that it took from *read. */
static int check_sealed(struct bulk_read *read, struct live_bulk_watch *watch,
			struct err *err)
{
	struct bulk_counts ignored;
	struct bulk_read check = *read;
	int64_t begun_ms = clock_mono_ms();
	check.opener = NULL;
	check.target = NULL;
	watch->after_bytes = read->open_bytes;
	if (bulk_read(&check, &ignored, err) < 0)
		return -1;
	watch->after_bytes = 0;
	watch->before_bytes = read->sealed_bytes;
	int64_t left_ms = read->timeout_ms - (clock_mono_ms() - begun_ms);
	if (read->timeout_ms > 0)
		read->timeout_ms = left_ms > 0 ? left_ms : 1;
	return 0;
}

static int read_all(struct live_call *call, struct depot *depot, struct opener *opener,
		    struct live_target *target, json_t **ret_answer, struct err *err)
{
	struct live_bulk_watch watch;
	struct bulk_counts counts;
	_cleanup_free_ const char **chunks = NULL;
	const json_t *args = call->args;
	int64_t begun_ms = clock_mono_ms();
	struct bulk_read read = {
		.depot = depot,
		.object = json_get_string(args, "object", ""),
		.chunk_bytes = (size_t)json_get_int(args, "chunk_bytes", 0),
		.sealed_bytes = json_get_int(args, "sealed_bytes", 0),
		.chunks_sha256 = json_get_string(args, "chunks_sha256", ""),
		.open_bytes = json_get_int(args, "open_bytes", 0),
		.open_sha256 = json_get_string(args, "open_sha256", ""),
		.opener = opener,
		.sample = target->to ? 0 : (size_t)json_get_int(args, "sample", 0),
		.target = target->to ? live_target_run : NULL,
		.target_context = target,
		.timeout_ms = target->timeout_ms,
		.watch = live_bulk_watch(call, &watch),
		.stop = live_stop_child(call),
	};
	const json_t *pack = json_object_get(args, "pack");
	if (live_parse_id(json_get_string(pack, "id", NULL), "pack.id", read.pack_id,
			  err) < 0 ||
	    read_chunks(json_object_get(args, "chunks"), &chunks, &read.chunk_count,
			err) < 0)
		return -1;
	read.chunks = chunks;
	if (cannot_go_back(target) && check_sealed(&read, &watch, err) < 0)
		return -1;
	target->timeout_ms = read.timeout_ms;
	if (bulk_read(&read, &counts, err) < 0)
		return -1;
	*ret_answer = make_answer(&counts, target, clock_mono_ms() - begun_ms);
	return 0;
}

/* How far it came, for whoever has to clear up. */
static void say_replaced(const struct live_target *target, struct err *err)
{
	uint64_t files = target->changes.files;
	const struct err cause = *err;
	if (files == 0)
		return;
	err_set(err, cause.code,
		"%.800s; %ju %s in '%.150s' %s replaced or added by then", cause.message,
		(uintmax_t)files, files == 1 ? "file" : "files",
		json_get_string(target->to, "directory", "?"),
		files == 1 ? "was" : "were");
	err->sys_errno = cause.sys_errno;
	err_hint(err, "%s",
		 cause.sys_errno == ENOSPC
			 ? "make room there and restore once more; each file is whole, "
			   "either as it was or as it was backed up"
			 : cause.hint);
}

/* The codes of what was refused, and so changed nothing, are not for a target that was touched. */
static void say_touched(const struct live_target *target, struct err *err)
{
	say_replaced(target, err);
	if (err->code == ERR_CONFIG || err->code == ERR_USAGE || err->code == ERR_AUTH)
		err->code = ERR_FAIL;
	if (err->sys_errno == EEXIST)
		err->sys_errno = 0;
}

int live_backup_read(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_(depot_freep) struct depot *depot = NULL;
	_cleanup_(opener_freep) struct opener *opener = NULL;
	const json_t *to = json_object_get(call->args, "to");
	struct live_target target = {
		.call = call,
		.to = json_is_object(to) ? to : NULL,
		.is_tar = strcmp(json_get_string(call->args, "kind", "tar"), "tar") == 0,
		.timeout_ms = json_get_int(call->args, "timeout_ms", 0),
		.open_bytes = json_get_int(call->args, "open_bytes", 0),
	};
	const json_t *store = json_object_get(call->args, "store");
	if (open_opener(call, &opener, err) < 0)
		return -1;
	if (target.to && !opener)
		return err_set(err, ERR_CONFIG,
			       "what is sealed cannot be restored without its key");
	if ((target.to && live_target_check(&target, err) < 0) ||
	    live_depot_open(call, store, live_stop_child(call), &depot, err) < 0)
		return -1;
	int result = read_all(call, depot, opener, &target, ret_answer, err);
	if (result < 0 && live_target_is_touched(&target))
		say_touched(&target, err);
	json_decref(target.run);
	return result;
}
