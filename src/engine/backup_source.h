/* Where a restore takes its data from: which copy, which store, what vouches for it, what opens it. Private to
 * src/engine; restore, drill and a rollback that brings data back share it.
 *
 *     backup_source_find() or backup_source_folder() → backup_source_read() → backup_source_release()
 *
 *     backup_source.c         the source: its stores, what vouches for it, what opens it
 *     backup_source_choose.c  which copy
 *     backup_source_read.c    reading it
 *     backup_source_beside.c  what an earlier one left beside its target
 *
 * Stores are tried one after the other: one that does not answer, or whose copy is not what was written, is named
 * in a warning and the next one is asked.
 */
#ifndef BELAY_ENGINE_BACKUP_SOURCE_H
#define BELAY_ENGINE_BACKUP_SOURCE_H

#include "backup.h"

struct backup_source {
	struct backup_desk *desk;           /* borrowed */
	const struct config_backup *backup; /* NULL: a folder */
	char *name, *id;
	json_t *copy; /* as the journal knows it; NULL: it does not */
	struct {
		const struct config_store **items;
		size_t count, capacity;
	} stores;
	size_t next; /* the first store that was not tried yet */
	/* Of the store that answered. */
	json_t *store;     /* STORE */
	const char *place; /* for people */
	struct backup_manifest_read read;
	char *signer;     /* or NULL */
	json_t *open;     /* of backup.read */
	json_t *warnings; /* [text..] */
	json_t *damage;   /* [{type, data}]: events on what was found bad on the way */
};
void backup_source_release(struct backup_source *source);

/* The copy `id` (NULL: the newest that nobody found bad) of a backup whose journal the desk has open, in the first
 * store that has it (or asked->store). A copy that the journal does not know is taken with a warning. A manifest
 * that is not the one on the journal, or not signed as configured, is refused; so is a copy that nothing here can
 * open. ERR_FAIL for what is wrong with a copy, with the next older one in the hint; what was found bad is in `damage`
 * for the caller to record. `ret` has to be released in any case. */
int backup_source_find(struct backup_desk *desk, const struct config_backup *backup,
		       const char *id, struct backup_source *ret, struct err *err);
/* The backup in a folder: no journal, no configuration; the desk's words open it. */
int backup_source_folder(struct backup_desk *desk, const char *folder,
			 struct backup_source *ret, struct err *err);

/* backup.read with `to` (TO, which gets BELAY_BACKUP and BELAY_BACKUP_ID in a command's environment). `verb` is
 * for people: "restore", "drill". When a store fails half way and the target allows it, the next store is taken.
 * ERR_STATE and ERR_NOT_FOUND: what the last one holds is damaged. *ret_answer: of the effect. */
int backup_source_read(struct backup_source *source, const json_t *to, const char *verb,
		       json_t **ret_answer, struct err *err);

/* Did it fail before anything of the target was touched? A command may have begun when the first chunk
 * turns out to be sealed for somebody else. */
bool backup_source_was_refused(const struct err *err, const json_t *to);
/* The newest copy behind this one that nobody found bad, or NULL. Borrowed as backup_desk_state(). */
const char *backup_source_older(const struct backup_source *source);
/* Says so in the hint, instead of what it said. -1. */
int backup_source_hint_older(const struct backup_source *source, struct err *err);
/* How a command ended: an error unless well. The hint has what it said last. */
int backup_source_judge_run(const json_t *answer, struct err *err);
/* Where TO leads, for people: its path, or its command. */
const char *backup_source_target(const json_t *to);
/* TO of a stream's file in a directory. Its name comes from outside: ERR_CONFIG when it would lead out of there. */
int backup_source_file_in(const char *directory, const json_t *manifest, json_t **ret,
			  struct err *err);

/* "journal", "signature" or "none": why its manifest is believed. */
const char *backup_source_trust(const struct backup_source *source);
/* When it was begun: everything in it is as it was then. */
int64_t backup_source_at_ms(const struct backup_source *source);
bool backup_source_is_stream(const struct backup_source *source);
void backup_source_warn(struct backup_source *source, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --- between its files ------------------------------------------------------------------------ */

/* Takes the copy that is meant by `id`, NULL for the newest; see backup_source_find(). */
int backup_source_choose(struct backup_source *source, const char *id, struct err *err);
/* Takes the next store that has it. The first failure is the one that is told. */
int backup_source_advance(struct backup_source *source, struct err *err);
/* A warning for each restore to the same place that was killed half way and left its data there. */
void backup_source_look_beside(struct backup_source *source, const json_t *to);
/* What opens it, as the source is now. */
int backup_source_find_key(struct backup_source *source, struct err *err);
/* What is wrong with a copy that the journal has in the store. */
void backup_source_note_damage(struct backup_source *source, const char *store,
			       enum backup_depth depth, const struct err *failure);
/* What the effects say of objects names the store already. */
void backup_source_name_store(struct err *err, const char *store);

#endif
