/* room: platform
 * Extended attributes and POSIX ACLs of files: as records of a pax archive, and back.
 *
 * Kept: user.*, security.capability, and the two ACLs (written as text, by name and number). Others belong to the machine
 * (labels of SELinux, overlay's trusted.*).
 */
#ifndef BELAY_PLATFORM_TREE_ATTRIBUTES_H
#define BELAY_PLATFORM_TREE_ATTRIBUTES_H

#include <stdbool.h>
#include <sys/types.h>

#include "belay/str.h"
#include "platform/owner_names.h"

struct archive_entry;

enum {
	ATTRIBUTE_LIST_BYTES = 64 << 10,
	ATTRIBUTE_BYTES = 64 << 10
}; /* the kernel's limits */

/* Memory for reading, to be used again. */
struct tree_attributes {
	struct owner_names *names;
	char list[ATTRIBUTE_LIST_BYTES];
	char value[ATTRIBUTE_BYTES];
};

/* Of the names above, but for ACLs: do archives keep it? */
bool tree_attribute_is_kept(const char *name);

/* Adds the records of an open file. What may not be read, or is gone meanwhile, is left out. */
void tree_attributes_read(struct tree_attributes *attributes, int fd,
			  struct str *records);

/* Does an entry have any? Then tree_attributes_set() gives them to an open file; what the file system does not take, or
 * this process may not set, is left out. */
bool tree_attributes_any(struct archive_entry *entry);
void tree_attributes_set(struct archive_entry *entry, int fd, bool privileged,
			 struct owner_names *names);

/* Takes away the ACLs that a new file has from the directory it was made in. Its mode has to be set after that. */
void tree_attributes_disinherit(int fd);

#endif
