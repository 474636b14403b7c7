/* room: platform
 * Depots: places that keep named objects, whatever they are made of (depot_directory.h, s3.h).
 *
 * An object is written once and never overwritten: making one whose name is taken is ERR_FAIL with
 * sys_errno EEXIST, and of several that try at once one succeeds. Nothing is visible under a name before
 * all of it is there. What was begun and not finished can be found and abandoned; it goes on within its own run only,
 * where a part that did not arrive is sent again.
 *
 * A large object comes in parts, numbered from 1, all of one size but the last, in any order and from
 * several threads. Everything else may be called from several threads too, but for finish, abort and drop,
 * which end an upload and free its handle (a finish that failed does not).
 *
 * Names are relative paths (depot_check_name()). Other errors: ERR_NOT_FOUND (object, upload or
 * place), ERR_AUTH (refused), ERR_CONFIG (settings), ERR_LIMIT (too large, full), ERR_NET and ERR_TIMEOUT (after all
 * attempts), ERR_CANCELLED, ERR_FAIL.
 */
#ifndef BELAY_PLATFORM_DEPOT_H
#define BELAY_PLATFORM_DEPOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"

enum { DEPOT_NAME_MAX = 900, DEPOT_PARTS_MAX = 10000, DEPOT_TAG_BYTES = 132 };
/* Parts of a multiple of this size, in memory that begins at a multiple of it, can go to a disk without being copied. */
enum { DEPOT_ALIGN_BYTES = 4096 };

struct depot_object {
	char *name;
	int64_t size_bytes;
	int64_t modified_ms;
	char etag[DEPOT_TAG_BYTES]; /* of this store, without quotes; "": none */
	char sha256[65];            /* of the content as the store knows it; "" */
	char mark[DEPOT_TAG_BYTES]; /* given when it was made; "": unknown */
};
void depot_object_release(struct depot_object *object);

struct depot_objects {
	struct depot_object *items;
	size_t count, capacity;
};
void depot_objects_release(struct depot_objects *objects);

struct depot_part {
	unsigned number; /* 1..DEPOT_PARTS_MAX */
	int64_t size_bytes;
	char tag[DEPOT_TAG_BYTES]; /* the store's word for the content, or "" */
	char sha256[65];           /* or "" when the store does not keep it */
};

struct depot_parts {
	struct depot_part *items; /* by number */
	size_t count, capacity;
};
void depot_parts_release(struct depot_parts *parts);

/* An upload that was begun and neither finished nor aborted. */
struct depot_unfinished {
	char *name;
	char *id;
	int64_t begun_ms; /* in a directory: when it was last added to */
};

struct depot_unfinished_list {
	struct depot_unfinished *items;
	size_t count, capacity;
};
void depot_unfinished_release(struct depot_unfinished_list *list);

struct depot_begin {
	const char *name;
	/* Says whose upload this is (the id of a backup): kept with the object where the store can, and
	 * how an upload whose last answer was lost is known again. 1 to 100 letters, digits, "-". */
	const char *mark;
	size_t part_bytes; /* of all parts but the last */
};

struct depot;
struct depot_upload; /* each implementation has its own */

struct depot_ops {
	size_t least_part_bytes; /* for all parts but the last */
	void (*free)(struct depot *depot);
	/* A sentence on what this store cannot promise, as far as it is known by now; NULL: nothing. */
	const char *(*warning)(struct depot *depot);

	/* A small object in one go (at most 64 MiB). */
	int (*put)(struct depot *depot, const char *name, const void *data, size_t bytes,
		   struct err *err);
	/* `bytes` bytes from `offset` on; *ret_count is less at the end of the object. */
	int (*get)(struct depot *depot, const char *name, int64_t offset, void *buffer,
		   size_t bytes, size_t *ret_count, struct err *err);
	int (*head)(struct depot *depot, const char *name, struct depot_object *ret,
		    struct err *err);
	/* All objects whose names begin with `prefix` (bytes, not directories; "": all), by name. */
	int (*list)(struct depot *depot, const char *prefix, struct depot_objects *ret,
		    struct err *err);
	/* One that is not there is no error. */
	int (*remove)(struct depot *depot, const char *name, struct err *err);

	int (*begin)(struct depot *depot, const struct depot_begin *begin,
		     struct depot_upload **ret, struct err *err);
	/* Thread-safe. Putting a part again replaces it. `sha256` is the digest of the data for whoever has
	 * it already (NULL: it is made here, where it is needed). */
	int (*put_part)(struct depot_upload *upload, unsigned number, const void *data,
			size_t bytes, const unsigned char *sha256, struct err *err);
	/* The object as it stands then. ERR_STATE when a part is missing. On failure the upload is still
	 * there, and its handle good: finish it again, abort or drop it. */
	int (*finish)(struct depot_upload *upload, struct depot_object *ret,
		      struct err *err);
	int (*abort)(struct depot_upload *upload, struct err *err);
	/* Leaves it as it is: unfinished() finds it. */
	void (*drop)(struct depot_upload *upload);

	/* Uploads of names that begin with `prefix`, begun before `before_ms` (wall clock). */
	int (*unfinished)(struct depot *depot, const char *prefix, int64_t before_ms,
			  struct depot_unfinished_list *ret, struct err *err);
	/* Aborts one that nobody works on. One that is gone already is no error. */
	int (*abandon)(struct depot *depot, const struct depot_unfinished *which,
		       struct err *err);
};

/* The first member of every implementation. */
struct depot {
	const struct depot_ops *ops;
};

void depot_freep(struct depot **depot);

/* ERR_CONFIG unless `name` is a relative path of UTF-8 without control characters, empty parts, "." and
 * "..", parts that begin with ".belay", and of at most DEPOT_NAME_MAX bytes. */
int depot_check_name(const char *name, struct err *err);
/* ERR_CONFIG unless name, mark and size of parts can be used with `depot`. */
int depot_check_begin(const struct depot *depot, const struct depot_begin *begin,
		      struct err *err);
/* "'NAME' exists already", for implementations. */
int depot_fail_exists(const char *name, struct err *err);
/* Notes a part at its place, in place of one with its number. */
void depot_parts_set(struct depot_parts *parts, const struct depot_part *part);
/* ERR_STATE unless there are all from 1 to the last, all but that one of `part_bytes`. */
int depot_parts_check(const struct depot_parts *parts, size_t part_bytes,
		      struct err *err);
void depot_objects_sort(struct depot_objects *objects);

#endif
