/* object.list, object.read, object.head, object.write, object.remove, object.unfinished, object.abandon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "live_depot.h"
#include "live_net.h"
#include "platform/depot.h"
#include "platform/digest.h"

/* What depots take in one go (platform/depot.h). */
#define OBJECT_MAX_BYTES ((int64_t)64 << 20)

static int open_store(struct live_call *call, struct depot **ret, struct err *err)
{
	return live_depot_open(call, json_object_get(call->args, "store"),
			       live_stop(call), ret, err);
}

/* The store, and the object that is asked for. */
static int open_object(struct live_call *call, struct depot **ret, const char **ret_name,
		       struct err *err)
{
	if (live_need_string(call->args, "name", "an object", ret_name, err) < 0)
		return -1;
	return open_store(call, ret, err);
}

/* Errors say which store, since there may be several with the same objects. */
static int finish(const struct live_call *call, int result, struct err *err)
{
	const json_t *store = json_object_get(call->args, "store");
	const char *name = json_get_string(store, "name", NULL);
	return result < 0 && name ? err_wrap(err, "store '%s'", name) : result;
}

static json_t *sha256_new(const void *data, size_t bytes)
{
	unsigned char digest[DIGEST_SHA256_BYTES];
	digest_sha256(data, bytes, digest);
	_cleanup_free_ char *hex = str_hex(digest, sizeof digest);
	return json_string(hex);
}

/* --- looking ------------------------------------------------------------------------------- */

int live_object_list(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_(depot_freep) struct depot *depot = NULL;
	struct depot_objects objects = {0};
	const char *prefix = json_get_string(call->args, "prefix", "");
	if (open_store(call, &depot, err) < 0 ||
	    depot->ops->list(depot, prefix, &objects, err) < 0)
		return finish(call, -1, err);
	json_t *list = json_array();
	for (size_t i = 0; i < objects.count; i++) {
		const struct depot_object *object = &objects.items[i];
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I}", "name", object->name,
					"size_bytes", (json_int_t)object->size_bytes,
					"modified_ms", (json_int_t)object->modified_ms));
	}
	*ret_answer = json_pack("{s:o, s:s?}", "objects", list, "warning",
				depot->ops->warning(depot));
	depot_objects_release(&objects);
	return 0;
}

int live_object_head(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_(depot_freep) struct depot *depot = NULL;
	struct depot_object object = {0};
	const char *name;
	if (open_object(call, &depot, &name, err) < 0 ||
	    depot->ops->head(depot, name, &object, err) < 0)
		return finish(call, -1, err);
	*ret_answer =
		json_pack("{s:I, s:I, s:s?}", "size_bytes", (json_int_t)object.size_bytes,
			  "modified_ms", (json_int_t)object.modified_ms, "sha256",
			  *object.sha256 ? object.sha256 : NULL);
	depot_object_release(&object);
	return 0;
}

/* The whole object, when it has at most max_bytes. */
static int read_whole(struct depot *depot, const char *name, size_t max_bytes,
		      char **ret_data, size_t *ret_count, struct err *err)
{
	_cleanup_free_ char *data = mem_alloc(max_bytes + 1);
	if (depot->ops->get(depot, name, 0, data, max_bytes + 1, ret_count, err) < 0)
		return -1;
	if (*ret_count > max_bytes)
		return err_set(err, ERR_LIMIT, "'%s' has more than %zu bytes", name,
			       max_bytes);
	*ret_data = TAKE_PTR(data);
	return 0;
}

int live_object_read(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_(depot_freep) struct depot *depot = NULL;
	_cleanup_free_ char *data = NULL;
	const char *name;
	size_t count = 0;
	int64_t max_bytes = json_get_int(call->args, "max_bytes", OBJECT_MAX_BYTES);
	if (max_bytes < 0 || max_bytes > OBJECT_MAX_BYTES)
		max_bytes = OBJECT_MAX_BYTES;
	if (open_object(call, &depot, &name, err) < 0 ||
	    read_whole(depot, name, (size_t)max_bytes, &data, &count, err) < 0)
		return finish(call, -1, err);
	json_t *sha256 = sha256_new(data, count);
	if (str_is_utf8(data, count)) {
		*ret_answer = json_pack("{s:o, s:o}", "text", json_stringn(data, count),
					"sha256", sha256);
	} else {
		_cleanup_free_ char *base64 = str_base64(data, count);
		*ret_answer = json_pack("{s:s, s:o}", "base64", base64, "sha256", sha256);
	}
	return 0;
}

/* --- making and removing ------------------------------------------------------------------- */

/* An earlier try of this call may have arrived although its answer did not. */
static bool is_there(struct depot *depot, const char *name, const char *text,
		     size_t bytes)
{
	struct err ignored = {0};
	_cleanup_free_ char *data = NULL;
	size_t count = 0;
	return read_whole(depot, name, bytes, &data, &count, &ignored) == 0 &&
	       count == bytes && memcmp(data, text, bytes) == 0;
}

int live_object_write(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_(depot_freep) struct depot *depot = NULL;
	const json_t *text = json_object_get(call->args, "text");
	const char *name;
	struct err why = {0};
	if (!json_is_string(text))
		return err_set(err, ERR_CONFIG, "writing an object needs a 'text'");
	const char *data = json_string_value(text);
	size_t bytes = json_string_length(text);
	if (open_object(call, &depot, &name, err) < 0)
		return finish(call, -1, err);
	if (depot->ops->put(depot, name, data, bytes, &why) < 0 &&
	    !(why.sys_errno == EEXIST && is_there(depot, name, data, bytes))) {
		*err = why;
		return finish(call, -1, err);
	}
	*ret_answer = json_pack("{s:o}", "sha256", sha256_new(data, bytes));
	return 0;
}

int live_object_remove(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_(depot_freep) struct depot *depot = NULL;
	const char *name;
	if (open_object(call, &depot, &name, err) < 0 ||
	    depot->ops->remove(depot, name, err) < 0)
		return finish(call, -1, err);
	*ret_answer = json_object();
	return 0;
}

/* --- what was begun ------------------------------------------------------------------------ */

int live_object_unfinished(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_(depot_freep) struct depot *depot = NULL;
	struct depot_unfinished_list list = {0};
	const char *prefix = json_get_string(call->args, "prefix", "");
	if (open_store(call, &depot, err) < 0 ||
	    depot->ops->unfinished(depot, prefix, INT64_MAX, &list, err) < 0)
		return finish(call, -1, err);
	json_t *uploads = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(
			uploads, json_pack("{s:s, s:s, s:I}", "name", list.items[i].name,
					   "id", list.items[i].id, "begun_ms",
					   (json_int_t)list.items[i].begun_ms));
	*ret_answer = json_pack("{s:o}", "uploads", uploads);
	depot_unfinished_release(&list);
	return 0;
}

int live_object_abandon(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_(depot_freep) struct depot *depot = NULL;
	const char *name = json_get_string(call->args, "name", ""); /* may be lost */
	const char *id;
	if (live_need_string(call->args, "id", "an upload", &id, err) < 0 ||
	    open_store(call, &depot, err) < 0)
		return finish(call, -1, err);
	const struct depot_unfinished which = {.name = (char *)name, .id = (char *)id};
	if (depot->ops->abandon(depot, &which, err) < 0)
		return finish(call, -1, err);
	*ret_answer = json_object();
	return 0;
}
