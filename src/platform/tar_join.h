/* room: platform
 * Joining tars: entries of several tar streams (of any kind that libarchive reads) and texts, as one pax
 * stream. Reading is libarchive's.
 */
#ifndef BELAY_PLATFORM_TAR_JOIN_H
#define BELAY_PLATFORM_TAR_JOIN_H

#include <stdint.h>

#include "belay/err.h"
#include "platform/flow.h"
#include "platform/tar_records.h"
#include "platform/tree.h"

struct tar_join;

struct tar_join_options {
	struct drain drain;
	/* As in struct tree_pack: devices and FIFOs are left out, under the names of the stream. May be NULL. */
	void (*tell)(void *context, enum tree_event event, const char *path,
		     const char *reason);
	/* Is this directory no part of it? What is in it comes all the same. May be NULL. */
	bool (*skip)(void *context, const char *path);
	void *context;
	struct tar_owners owners; /* of the machine that packed it */
};

struct tar_join *tar_join_new(const struct tar_join_options *options);
void tar_join_freep(struct tar_join **join);

/* All entries of a tar stream, which is read to its end. `prefix` ("srv/data") goes before their names; "":
 * nothing. An empty stream has none. ERR_FAIL: it is no tar, or cut within an entry. Sparse files, ACLs and
 * attributes come out as tree_pack() writes them. */
int tar_join_add(struct tar_join *join, struct spring spring, const char *prefix,
		 struct err *err);
/* A file with this content and mode 0600. */
int tar_join_text(struct tar_join *join, const char *name, const char *text,
		  int64_t modified_ms, struct err *err);
/* The end of the archive; nothing may follow. */
int tar_join_end(struct tar_join *join, struct err *err);

uint64_t tar_join_entries(const struct tar_join *join);

#endif
