/* What binding and checks have to see alike in `backups:`. Private to src/config.
 *
 * Both the document as it was written and the tree with its defaults may be asked; what has another type
 * than it should is nothing. */
#ifndef BELAY_CONFIG_BACKUPS_H
#define BELAY_CONFIG_BACKUPS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A value that may be one thing or a list of such things. */
size_t listed_count(const json_t *value);
const json_t *listed_at(const json_t *value, size_t index);

/* The environment whose journal a backup is on: its own word, else the only environment, else the only one
 * with a service that names it. NULL when that says nothing. Borrowed from `root`. */
const char *backup_journal(const json_t *root, const char *name);

/* Is the output of a command kept? */
bool backup_is_stream(const json_t *backup);

/* What a store is called: its `name`, else what it is, with a number from the second of its kind on. The
 * names are on the journal: they do not change when a store is added behind the others. Fresh string. */
char *backup_store_name(const json_t *stores, size_t index);
/* "directory", "s3" or "ssh"; "" for none of them. */
const char *backup_store_kind(const json_t *store);

/* Where one of several directories stands in the archive: its path without what leads to it ("/", "./").
 * "" for the working directory or the root itself. Fresh string. */
char *backup_source_prefix(const char *path);

#endif
