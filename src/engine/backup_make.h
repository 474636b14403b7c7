/* What the files that make a backup share. Private to src/engine.
 *
 *     backup_make.c    the course of it: claim, write, place, record
 *     backup_made.c    what came of it
 *     backup_write_args.c  what backup.write is asked for
 *     backup_target.c  what follows in each store: the words beside the data, the manifest, a look at it all
 */
#ifndef BELAY_ENGINE_BACKUP_MAKE_H
#define BELAY_ENGINE_BACKUP_MAKE_H

#include "backup.h"

/* One store of an attempt. */
struct backup_target {
	const struct config_store *store;
	json_t *args; /* STORE */
	char *lane;
	bool placed; /* the manifest is there: so is the backup */
	bool bad;    /* it was looked at, and is not what was written */
	enum backup_depth depth;
	bool looked; /* it was looked at */
	char *sha256;
	struct err err; /* ERR_NONE: it is there and was found good */
};

/* One attempt. */
struct backup_making {
	struct backup_desk *desk;
	const struct config_backup *backup;
	char *id;
	char *mark;    /* 32 hexadecimal digits: of the pack, and whose writing it is */
	char *dead;    /* the attempt whose place it takes, or NULL */
	json_t *begun; /* attempts before this one whose end nobody told: backup_begun() */
	int64_t begun_ms, begun_mono_ms;
	json_t *words;                     /* what the sources are: [text..] */
	json_t *asked;                     /* of backup.write */
	json_t *written;                   /* its answer, or NULL */
	json_t *warnings;                  /* [text..] */
	char *signing_certificate;         /* text; NULL: nothing is signed */
	char *manifest, *page, *signature; /* texts; signature may be NULL */
	struct backup_target *targets;
	size_t target_count;
};

/* backup_write_args.c: everything of backup.write but stores, object, mark and time limit. Reads all certificates and
 * gathers what `system` is. */
int backup_write_args(struct backup_making *making, struct err *err);
/* For runs that read nothing: are the directories of this machine there? ERR_FAIL. */
int backup_look_at_sources(const struct backup_making *making, struct err *err);

/* backup_target.c */
void backup_targets_init(struct backup_making *making);
void backup_targets_release(struct backup_making *making);
/* Each in a lane of its own. Errors are left in the targets. */
void backup_targets_sweep(struct backup_making *making, const char *dead);
/* What this attempt left in the stores that did not get it: also when it was cancelled. */
void backup_targets_tidy(struct backup_making *making);
/* Before anything is written: what is not the place that it was gets an error and nothing else. Is there any other? */
bool backup_targets_check(struct backup_making *making);
/* The manifest and what belongs to it. */
int backup_words(struct backup_making *making, struct err *err);
void backup_targets_fill(struct backup_making *making);

/* backup_adopt.c: what lies whole under the ids of making->begun goes on the journal at once. What stands in the way is a
 * warning. */
void backup_targets_adopt(struct backup_making *making);

/* backup_made.c */
/* Names of the stores that have it, or of all that shall have it. New. */
json_t *making_stores(const struct backup_making *making, bool only_placed);
/* Does a store have it? */
bool making_is_placed(const struct backup_making *making);
/* The first thing that went wrong in a store, in words. Fresh, or NULL. */
char *making_trouble(const struct backup_making *making);
/* Tells the journal, and whoever is to hear of it. `trouble`: NULL when all is well. */
int making_record(struct backup_making *making, const char *trouble, struct err *err);
/* A row of schemas/result.backup. `cause`: NULL or ERR_NONE for none. New. */
json_t *making_row(const struct backup_making *making, const char *outcome,
		   const struct err *cause);

#endif
