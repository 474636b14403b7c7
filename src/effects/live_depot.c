/* STORE as a depot: a directory, a directory on a host, a bucket (live_bucket.c). What is worth keeping between
 * effects on the same store lives in LIVE_SLOT_DEPOT. */
#include "live_depot.h"

#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "live_store.h"
#include "platform/depot_directory.h"
#include "platform/depot_ssh.h"
#include "platform/ssh.h"

#define DEFAULT_MODE 0600

/* --- what is kept -------------------------------------------------------------------------- */

struct stores {
	pthread_mutex_t lock; /* of the list; what is in it stays where it is */
	struct {
		struct live_kept_store **items;
		size_t count, capacity;
	} list;
};

static void *stores_create(void)
{
	struct stores *stores = mem_new(struct stores);
	pthread_mutex_init(&stores->lock, NULL);
	return stores;
}

static void kept_store_free(struct live_kept_store *kept)
{
	for (size_t i = 0; i < kept->links.count; i++)
		ssh_link_close(kept->links.items[i]);
	free(kept->links.items);
	aws_credentials_release(&kept->keys);
	pthread_mutex_destroy(&kept->lock);
	pthread_mutex_destroy(&kept->keys_lock);
	free(kept->name);
	free(kept);
}

static void stores_release(void *context)
{
	struct stores *stores = context;
	for (size_t i = 0; i < stores->list.count; i++)
		kept_store_free(stores->list.items[i]);
	free(stores->list.items);
	pthread_mutex_destroy(&stores->lock);
	free(stores);
}

/* The settings are the name, but for those that say nothing about who is spoken to. */
static char *name_of(const json_t *store)
{
	_cleanup_json_ json_t *copy = json_deep_copy(store);
	json_object_del(copy, "name");
	json_object_del(copy, "path");
	json_object_del(json_object_get(copy, "s3"), "lock");
	return json_text_compact(copy);
}

static struct live_kept_store *kept_for(struct live_call *call, const json_t *store)
{
	struct stores *stores =
		live_keep(call->live, LIVE_SLOT_DEPOT, stores_create, stores_release);
	struct live_kept_store *kept = NULL;
	_cleanup_free_ char *name = name_of(store);
	pthread_mutex_lock(&stores->lock);
	for (size_t i = 0; i < stores->list.count && !kept; i++)
		if (str_equal(stores->list.items[i]->name, name))
			kept = stores->list.items[i];
	if (!kept) {
		kept = mem_new(struct live_kept_store);
		kept->name = TAKE_PTR(name);
		pthread_mutex_init(&kept->lock, NULL);
		pthread_mutex_init(&kept->keys_lock, NULL);
		*vec_push(&stores->list) = kept;
	}
	pthread_mutex_unlock(&stores->lock);
	return kept;
}

/* --- a directory on a host ----------------------------------------------------------------- */

static int connect_host(void *context, struct ssh_link **ret, struct err *err)
{
	struct live_store *store = context;
	struct live_kept_store *kept = store->kept;
	struct ssh_link *link = NULL;
	do {
		ssh_link_close(link);
		pthread_mutex_lock(&kept->lock);
		link = kept->links.count ? kept->links.items[--kept->links.count] : NULL;
		pthread_mutex_unlock(&kept->lock);
	} while (link && !ssh_link_usable(link));
	if (!link)
		return live_ssh_connect(store->call, json_object_get(store->value, "ssh"),
					ret, err);
	*ret = link;
	return 0;
}

static void keep_link(void *context, struct ssh_link *link)
{
	struct live_kept_store *kept = ((struct live_store *)context)->kept;
	pthread_mutex_lock(&kept->lock);
	*vec_push(&kept->links) = link;
	pthread_mutex_unlock(&kept->lock);
}

static int open_ssh(struct live_store *store, struct depot **ret, struct err *err)
{
	const json_t *host = json_object_get(store->value, "ssh");
	struct depot_ssh_options options = {
		.name = json_get_string(host, "name",
					json_get_string(host, "address", "?")),
		.path = json_get_string(store->value, "path", NULL),
		.connect = connect_host,
		.give = keep_link,
		.release = free,
		.context = store,
		.stop = store->stop,
	};
	if (!options.path || !*options.path)
		return err_set(err, ERR_CONFIG, "a store on a host needs a 'path'");
	return depot_ssh_new(&options, ret, err);
}

/* --- opening ------------------------------------------------------------------------------- */

static int open_directory(const json_t *store, struct depot **ret, struct err *err)
{
	const char *path = json_get_string(store, "directory", "");
	if (!*path)
		return err_set(err, ERR_CONFIG, "a store needs the path of a directory");
	return depot_directory_new(
		path, (unsigned)json_get_int(store, "mode", DEFAULT_MODE), ret, err);
}

int live_depot_open(struct live_call *call, const json_t *store, struct stop stop,
		    struct depot **ret, struct err *err)
{
	bool directory = json_object_get(store, "directory") != NULL;
	bool ssh = json_object_get(store, "ssh") != NULL;
	bool s3 = json_object_get(store, "s3") != NULL;
	if (directory + ssh + s3 != 1)
		return err_set(err, ERR_CONFIG,
			       "a store is one of 'directory', 'ssh' and 's3'");
	if (directory)
		return open_directory(store, ret, err);
	struct live_store *opened = mem_new(struct live_store);
	*opened = (struct live_store){call, store, stop, kept_for(call, store)};
	int result =
		ssh ? open_ssh(opened, ret, err) : live_bucket_open(opened, ret, err);
	if (result < 0)
		free(opened);
	return result;
}
