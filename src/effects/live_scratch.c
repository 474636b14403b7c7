/* scratch.make, scratch.remove: directories that live for a while. What was not made here is not removed here. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "live.h"
#include "platform/env.h"
#include "platform/scratch.h"

struct scratches {
	pthread_mutex_t lock;
	char **items; /* paths that scratch.make gave */
	size_t count, capacity;
};

static void *scratches_create(void)
{
	struct scratches *scratches = mem_new(struct scratches);
	pthread_mutex_init(&scratches->lock, NULL);
	return scratches;
}

static void scratches_release(void *value)
{
	struct scratches *scratches = value;
	for (size_t i = 0; i < scratches->count; i++)
		free(scratches->items[i]);
	free(scratches->items);
	pthread_mutex_destroy(&scratches->lock);
	free(scratches);
}

static struct scratches *scratches_of(struct live_call *call)
{
	return live_keep(call->live, LIVE_SLOT_SCRATCH, scratches_create,
			 scratches_release);
}

/* The system's place for such things: POSIX, TMPDIR. */
static const char *usual_place(void)
{
	const char *place = env_get("TMPDIR");
	return place && *place ? place : "/tmp";
}

int live_scratch_make(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct scratches *scratches = scratches_of(call);
	const char *directory = json_get_string(call->args, "directory", usual_place());
	_cleanup_free_ char *path = NULL;
	if (scratch_make(directory, &path, err) < 0)
		return -1;
	*ret_answer = json_pack("{s:s}", "path", path);
	if (!*ret_answer) {
		(void)scratch_remove(path, &(struct err){0});
		return err_set(err, ERR_CONFIG,
			       "the scratch directory's name is not UTF-8");
	}
	pthread_mutex_lock(&scratches->lock);
	*vec_push(scratches) = TAKE_PTR(path);
	pthread_mutex_unlock(&scratches->lock);
	return 0;
}

static bool was_made(struct scratches *scratches, const char *path)
{
	bool found = false;
	pthread_mutex_lock(&scratches->lock);
	for (size_t i = 0; i < scratches->count && !found; i++)
		found = strcmp(scratches->items[i], path) == 0;
	pthread_mutex_unlock(&scratches->lock);
	return found;
}

int live_scratch_remove(struct live_call *call, json_t **ret_answer, struct err *err)
{
	const char *path = json_get_string(call->args, "path", "");
	if (!was_made(scratches_of(call), path))
		return err_set(err, ERR_CONFIG,
			       "'%s' is no scratch directory of this run", path);
	if (scratch_remove(path, err) < 0)
		return -1;
	*ret_answer = json_object();
	return 0;
}
