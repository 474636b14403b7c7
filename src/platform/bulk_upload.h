/* The depots' side of the pipeline that writes: each has an upload with a few threads that take what is sealed, in its
 * order. Private to src/platform.
 *
 * Pieces are used in turn. One is free again when no depot wants it any more, so the slowest depot that is still in the
 * race sets the pace.
 */
#ifndef BELAY_PLATFORM_BULK_UPLOAD_H
#define BELAY_PLATFORM_BULK_UPLOAD_H

#include "platform/bulk.h"
#include "platform/bulk_flow.h"
#include "platform/digest.h"

enum { BULK_UPLOADERS_MAX = 4 /* threads of one depot */ };

struct bulk_piece {
	unsigned char *memory;
	unsigned char *room; /* in it: head, chunk, tail */
	size_t bytes;        /* of the chunk */
	struct sealed sealed;
	unsigned char sha256[DIGEST_SHA256_BYTES]; /* of what is sealed */
	size_t wanted;                             /* by so many depots */
};

struct bulk_upload {
	struct bulk_writing *writing;
	struct depot *depot;
	struct depot_upload *upload;
	uint64_t next; /* the piece that goes next */
	bool left_behind;
	struct err *err; /* why */
	pthread_t threads[BULK_UPLOADERS_MAX];
	int thread_count;
};

/* What all threads share. */
struct bulk_writing {
	const struct bulk_write *write;
	struct bulk_written *ret;
	struct bulk_flow flow;

	/* With the lock held, but for what a thread has taken. */
	struct bulk_piece *pieces; /* number n in place n % piece_count */
	size_t piece_count;
	uint64_t filled, sealed; /* so many */
	bool ended;              /* nothing is filled any more */
	struct bulk_upload *uploads;
	size_t alive;  /* uploads that are not left behind */
	int uploading; /* threads that still are */
};

static inline struct bulk_piece *bulk_piece_at(const struct bulk_writing *writing,
					       uint64_t number)
{
	return &writing->pieces[number % writing->piece_count];
}

/* Begins one in every depot. What fails is left behind; when all do the flow stops. */
void bulk_uploads_begin(struct bulk_writing *writing);
/* False when a thread could not be started. */
bool bulk_uploads_start(struct bulk_writing *writing);
void bulk_uploads_join(struct bulk_writing *writing);
/* Finishes them, or gives them up when the flow was stopped. What fails leaves nothing behind, as far as its depot can be
 * reached. */
void bulk_uploads_end(struct bulk_writing *writing);

#endif
