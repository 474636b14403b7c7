/* Pieces on their way into the depots. */
#include "platform/bulk_upload.h"

#include "belay/mem.h"
#include "platform/deadline.h"

enum {
	FIRST_PAUSE_MS = 1000, /* before a part is tried again */
	LONGEST_PAUSE_MS = 30000,
};

/* --- parts --------------------------------------------------------------------------------- */

/* With the lock held. What it was to take is wanted by one less. */
static void leave_behind(struct bulk_upload *upload, const struct err *err)
{
	struct bulk_writing *writing = upload->writing;
	if (upload->left_behind)
		return;
	upload->left_behind = true;
	*upload->err = *err;
	for (uint64_t i = upload->next; i < writing->sealed; i++)
		bulk_piece_at(writing, i)->wanted--;
	if (--writing->alive == 0)
		bulk_flow_fail(&writing->flow, writing->ret->failures);
	pthread_cond_broadcast(&writing->flow.changed);
}

static bool may_pass(const struct err *err)
{
	return err->code == ERR_NET || err->code == ERR_TIMEOUT;
}

/* Waits out the pause; false when everybody is to stop, or this depot was left behind for another part. */
static bool pause_upload(const struct bulk_upload *upload, int64_t pause_ms)
{
	struct bulk_flow *flow = &upload->writing->flow;
	int64_t until_ms = deadline_after_ms(pause_ms);
	pthread_mutex_lock(&flow->lock);
	while (!flow->stopping && !upload->left_behind && deadline_left_ms(until_ms))
		bulk_flow_wait(flow);
	bool goes_on = !flow->stopping && !upload->left_behind;
	pthread_mutex_unlock(&flow->lock);
	return goes_on;
}

static int put_patiently(struct bulk_upload *upload, uint64_t number, struct err *err)
{
	struct bulk_writing *writing = upload->writing;
	const struct bulk_piece *piece = bulk_piece_at(writing, number);
	int64_t give_up_ms = 0;
	for (int64_t pause_ms = FIRST_PAUSE_MS;; pause_ms *= 2) {
		struct err why = {0};
		if (upload->depot->ops->put_part(upload->upload, (unsigned)number + 1,
						 piece->sealed.data, piece->sealed.bytes,
						 piece->sha256, &why) == 0)
			return 0;
		if (give_up_ms == 0)
			give_up_ms = deadline_after_ms(writing->write->patience_ms);
		if (pause_ms > LONGEST_PAUSE_MS)
			pause_ms = LONGEST_PAUSE_MS;
		*err = why;
		if (!may_pass(&why) || deadline_left_ms(give_up_ms) < pause_ms ||
		    !pause_upload(upload, pause_ms))
			return -1;
	}
}

static int put_piece(struct bulk_upload *upload, uint64_t number, struct err *err)
{
	if (number >= DEPOT_PARTS_MAX)
		return err_set(err, ERR_LIMIT,
			       "the backup is larger than %d chunks of %zu bytes",
			       DEPOT_PARTS_MAX, upload->writing->ret->chunk_bytes);
	return put_patiently(upload, number, err);
}

/* With the lock held. Waits for the next piece of this depot; false: there is none any more. */
static bool next_piece(struct bulk_upload *upload, uint64_t *ret_number)
{
	struct bulk_writing *writing = upload->writing;
	struct bulk_flow *flow = &writing->flow;
	for (;;) {
		if (flow->stopping || upload->left_behind)
			return false;
		if (upload->next < writing->sealed)
			break;
		if (writing->ended && writing->sealed == writing->filled)
			return false;
		bulk_flow_wait(flow);
	}
	*ret_number = upload->next++;
	return true;
}

static void *upload_pieces(void *context)
{
	struct bulk_upload *upload = context;
	struct bulk_writing *writing = upload->writing;
	uint64_t number;
	pthread_mutex_lock(&writing->flow.lock);
	while (next_piece(upload, &number)) {
		struct err err = {0};
		pthread_mutex_unlock(&writing->flow.lock);
		int result = put_piece(upload, number, &err);
		pthread_mutex_lock(&writing->flow.lock);
		bulk_piece_at(writing, number)->wanted--;
		if (result < 0)
			leave_behind(upload, &err);
		pthread_cond_broadcast(&writing->flow.changed);
	}
	writing->uploading--;
	pthread_cond_broadcast(&writing->flow.changed);
	pthread_mutex_unlock(&writing->flow.lock);
	return NULL;
}

/* --- beginning ----------------------------------------------------------------------------- */

void bulk_uploads_begin(struct bulk_writing *writing)
{
	const struct bulk_write *write = writing->write;
	const struct depot_begin begin = {
		.name = write->object,
		.mark = write->mark,
		.part_bytes = writing->ret->chunk_bytes,
	};
	for (size_t i = 0; i < write->depot_count; i++) {
		struct bulk_upload *upload = &writing->uploads[i];
		struct err err = {0};
		*upload = (struct bulk_upload){
			.writing = writing,
			.depot = write->depots[i],
			.err = &writing->ret->failures[i],
		};
		if (upload->depot->ops->begin(upload->depot, &begin, &upload->upload,
					      &err) == 0)
			continue;
		pthread_mutex_lock(&writing->flow.lock);
		leave_behind(upload, &err);
		pthread_mutex_unlock(&writing->flow.lock);
	}
}

static int start_uploaders(struct bulk_upload *upload, int count)
{
	void *contexts[BULK_UPLOADERS_MAX];
	if (upload->left_behind)
		return 0;
	for (int i = 0; i < count; i++)
		contexts[i] = upload;
	struct bulk_writing *writing = upload->writing;
	pthread_mutex_lock(&writing->flow.lock);
	upload->thread_count =
		bulk_start_threads(upload->threads, count, upload_pieces, contexts);
	writing->uploading += upload->thread_count;
	pthread_mutex_unlock(&writing->flow.lock);
	return upload->thread_count;
}

bool bulk_uploads_start(struct bulk_writing *writing)
{
	/* One piece is always being filled. */
	int count = (int)writing->piece_count - 1;
	bool started = true;
	if (count > BULK_UPLOADERS_MAX)
		count = BULK_UPLOADERS_MAX;
	for (size_t i = 0; i < writing->write->depot_count; i++)
		if (!writing->uploads[i].left_behind)
			started &= start_uploaders(&writing->uploads[i], count) > 0;
	return started;
}

void bulk_uploads_join(struct bulk_writing *writing)
{
	for (size_t i = 0; i < writing->write->depot_count; i++)
		for (int k = 0; k < writing->uploads[i].thread_count; k++)
			pthread_join(writing->uploads[i].threads[k], NULL);
}

/* --- ending -------------------------------------------------------------------------------- */

/* What cannot be reached is not waited for once more: it is found as unfinished later. */
static void give_up_upload(struct bulk_upload *upload)
{
	struct err ignored = {0};
	if (!upload->upload)
		return;
	if (upload->left_behind && may_pass(upload->err))
		upload->depot->ops->drop(upload->upload);
	else
		(void)upload->depot->ops->abort(upload->upload, &ignored);
	upload->upload = NULL;
}

static void finish_upload(struct bulk_upload *upload)
{
	struct depot_object object = {0};
	struct err err = {0};
	int result = upload->depot->ops->finish(upload->upload, &object, &err);
	depot_object_release(&object);
	if (result == 0) {
		upload->upload = NULL;
		return;
	}
	pthread_mutex_lock(&upload->writing->flow.lock);
	leave_behind(upload, &err);
	pthread_mutex_unlock(&upload->writing->flow.lock);
	give_up_upload(upload);
}

void bulk_uploads_end(struct bulk_writing *writing)
{
	bool good = !writing->flow.stopping;
	for (size_t i = 0; i < writing->write->depot_count; i++) {
		struct bulk_upload *upload = &writing->uploads[i];
		if (good && !upload->left_behind)
			finish_upload(upload);
		else
			give_up_upload(upload);
	}
}
