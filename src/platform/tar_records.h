/* room: platform
 * What an entry that libarchive read says of extended attributes and ACLs, as records of a pax archive.
 *
 * They are those that tree_attributes.h keeps of a file here, in the same form. GNU tar writes ACLs by name alone: whoever
 * knows the host tells the numbers, so that an ACL comes back where the name is not known.
 */
#ifndef BELAY_PLATFORM_TAR_RECORDS_H
#define BELAY_PLATFORM_TAR_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "belay/str.h"

struct archive_entry;

/* The number of a user's or group's name, or -1. */
struct tar_owners {
	int64_t (*number)(void *context, bool group, const char *name);
	void *context;
};

/* Adds the records. Of a name without a number only the name is told. */
void tar_records_add(struct archive_entry *entry, const struct tar_owners *owners,
		     struct str *records);

#endif
