/* What the files of the backups share. Private to src/engine.
 *
 *     backup_desk.c    the journal open, which backups and copies are meant, what is recorded
 *     backup_store.c   one store: listing, manifests and their signatures, writing what goes with the data
 *     backup_open.c    the key that opens a backup
 *     backup_copy.c    reading one copy in one store, and what was found out about it
 *     backup_adopt.c   copies that the journal does not know, and which of them it may learn of
 *     backup_mounted.c  is a directory still the place that it was
 *     backup_keep.c    which copies in a store stay
 *     backup_sweep.c   what dead runs left in a store
 *     backup_watch.c   progress of what takes long
 *     backup_news.c    who hears of it
 *     backup_make.c    making one: claim, data, manifest, verification
 *     backup_run.c, backup_list.c, backup_verify.c, …    the verbs
 *
 * STORE, HOST and SOURCE are values as effects.h describes them.
 */
#ifndef BELAY_ENGINE_BACKUP_H
#define BELAY_ENGINE_BACKUP_H

#include "aftermath.h"
#include "belay/backup.h"

#define BACKUP_DATA_FILE "data.zst.cms"

/* --- the desk (backup_desk.c) ----------------------------------------------------------------- */

/* Backups are chosen over environments, a journal belongs to one: the desk has one open at a time. */
struct backup_desk {
	const struct engine_backup *asked;
	const struct config_environment *scope; /* that the words name; NULL: all */
	struct engine engine; /* the verb's, with the environment whose journal is open */
	struct store *store;
	json_t *run; /* who does this; the same for all environments */
};

void backup_desk_init(struct backup_desk *desk, const struct engine *engine,
		      const struct engine_backup *asked);
/* Opens the journal of the backup's environment, unless it is the one that is open. */
int backup_desk_turn(struct backup_desk *desk, const struct config_backup *backup,
		     struct err *err);
void backup_desk_release(struct backup_desk *desk);
/* To send messages with. */
struct courier backup_desk_courier(const struct backup_desk *desk);
/* The state document of the open journal. Borrowed until the next record. */
const json_t *backup_desk_state(const struct backup_desk *desk);

struct backup_choice {
	const struct config_backup **items;
	size_t count, capacity;
};
void backup_choice_release(struct backup_choice *choice);
/* asked->names, else all of the engine's environment, else all, in the order of the file. ERR_NOT_FOUND
 * (with the nearest) for a name that is not there, ERR_CONFIG when there is none at all. */
int backup_choose(const struct backup_desk *desk, struct backup_choice *ret,
		  struct err *err);
/* asked->name, else the only one. ERR_USAGE when there are several. */
int backup_choose_one(const struct backup_desk *desk, const struct config_backup **ret,
		      struct err *err);

/* Is it one of those that asked->store means? */
bool backup_wants_store(const struct backup_desk *desk, const struct config_store *store);
/* ERR_NOT_FOUND when asked->store names none of the backup's; ERR_CONFIG when two of them are one directory. */
int backup_check_store(const struct backup_desk *desk, const struct config_backup *backup,
		       struct err *err);

/* The copy that is meant by `id` (its beginning is enough when only one begins so), by the journal. NULL: the
 * newest that was not found bad everywhere. ERR_NOT_FOUND says what there is. Borrowed as backup_desk_state(). */
int backup_find_copy(const struct backup_desk *desk, const struct config_backup *backup,
		     const char *id, const json_t **ret, struct err *err);

/* Appends one event of this run, or several ([{type, data}]) in one push. Takes `data`. Whoever was cancelled
 * acknowledges that first. */
int backup_record(struct backup_desk *desk, const char *type, json_t *data,
		  struct err *err);
int backup_record_all(struct backup_desk *desk, const json_t *rows, struct err *err);

/* The secrets that making (`writes`) or opening it needs are there. ERR_CONFIG. */
int backup_secrets_present(const struct backup_desk *desk,
			   const struct config_backup *backup, bool writes,
			   struct err *err);

/* --- telling (backup_news.c) ------------------------------------------------------------------ */

/* What a run, a drill or a verification came to. All borrowed; NULL and -1 for what is not known. */
struct backup_word {
	bool good;
	const char *
		event; /* of what is bad, behind "backup NAME": "failed", "failed its drill" */
	const char *id, *store, *reason;
	int64_t duration_ms;
};
/* backup_record_all(), and with the same push the messages that follow from it; they are sent at once. Good news
 * is told to those who heard bad news, when the backup is good again altogether. */
int backup_record_told(struct backup_desk *desk, const struct config_backup *backup,
		       const json_t *rows, const struct backup_word *word,
		       struct err *err);
struct draft;
/* For a round of a watch: those that are later than promised, each once until there is a newer copy. */
void backup_tell_late(struct draft *draft);

/* --- one store (backup_store.c) --------------------------------------------------------------- */

/* STORE for the effects: the target, with what depends on the hour (object lock). New. */
json_t *backup_store_args(const struct config_store *store, int64_t now_ms);
/* STORE of a folder that holds one backup, wherever it was brought: below, name and id are NULL with it. New. */
json_t *backup_store_of_folder(const char *folder);
/* "NAME/ID/FILE"; "FILE" in a folder. Fresh. */
char *backup_place(const char *name, const char *id, const char *file);

/* [{name, size_bytes, modified_ms}] below the prefix, by name. New. */
int backup_store_list(struct effects *fx, const json_t *store, const char *prefix,
		      json_t **ret_objects, struct err *err);
int backup_store_remove(struct effects *fx, const json_t *store, const char *object,
			struct err *err);
/* *ret_sha256: fresh. */
int backup_store_write(struct effects *fx, const json_t *store, const char *object,
		       const char *text, char **ret_sha256, struct err *err);

/* A manifest as it lies in a store. */
struct backup_manifest_read {
	json_t *manifest;
	char *text;   /* as it lies there */
	char *sha256; /* of it */
};
void backup_manifest_release(struct backup_manifest_read *read);
/* `digest`: what the journal says, or NULL when it knows nothing. ERR_NOT_FOUND: there is no manifest.
 * ERR_STATE: another digest, or not readable. */
int backup_manifest_fetch(struct effects *fx, const json_t *store, const char *name,
			  const char *id, const char *digest,
			  struct backup_manifest_read *ret, struct err *err);
/* Of a manifest that the journal does not know: does it belong to the backup's environment? Projects that share a
 * store may have backups of the same name. ERR_INCONCLUSIVE when it does not. */
int backup_manifest_check_home(struct effects *fx, const json_t *manifest,
			       const struct config_backup *backup, struct err *err);
/* Where a signing certificate is configured: the manifest is signed by it. ERR_STATE when it is not. *ret_signer:
 * who signed it, fresh; left alone where none is configured. */
int backup_manifest_check_signature(struct effects *fx, const json_t *store,
				    const char *name, const char *id,
				    const struct config_backup *backup,
				    const struct backup_manifest_read *read,
				    char **ret_signer, struct err *err);

/* --- opening (backup_open.c) ------------------------------------------------------------------ */

/* `open` of backup.read, from the words (key, certificate, passphrase) or else the configuration; `backup`
 * may be NULL. *ret: NULL when neither gives a key. Reads the certificate. New. */
int backup_open_args(struct effects *fx, const struct engine_backup *asked,
		     const struct config_backup *backup, const json_t *manifest,
		     json_t **ret, struct err *err);
/* Are the secrets of such an `open` there? */
bool backup_open_is_usable(struct effects *fx, const json_t *open);
/* The text of a certificate, as the effects want it. Fresh. */
int backup_read_certificate(struct effects *fx, const char *path, char **ret,
			    struct err *err);

/* --- one copy in one store (backup_copy.c) ---------------------------------------------------- */

enum backup_depth {
	BACKUP_LISTED,  /* its objects are there, with the right sizes */
	BACKUP_SAMPLED, /* some chunks are what was written */
	BACKUP_DATA,    /* all of them are */
	BACKUP_OPENED,  /* and they could be opened */
};
const char *backup_depth_name(enum backup_depth depth);

struct backup_look {
	const struct config_backup *backup; /* NULL: a folder */
	const json_t *store;                /* STORE */
	const char *name, *id;              /* NULL: a folder */
	const char *digest;                 /* of the manifest, by the journal; or NULL */
	bool all;                           /* read all of it */
	bool open;                          /* open what is read, if the key is at hand */
	bool one_of_many; /* a key of another kind than its seal is for others */
	const char *verb; /* for the progress: "verifying" */
};
struct backup_seen {
	enum backup_depth depth;
	int64_t bytes;  /* that were read */
	bool other_key; /* the key that was given is of another kind than its seal */
	struct backup_manifest_read manifest;
	char *signer; /* or NULL */
};
void backup_seen_release(struct backup_seen *seen);
/* Looks at one copy: manifest, signature, objects, data. -1 with ERR_STATE or ERR_NOT_FOUND: it is bad (and
 * may be recorded as such); any other error says nothing about the copy. `ret` is set in any case. */
int backup_copy_look(struct effects *fx, const struct backup_desk *desk,
		     const struct backup_look *look, struct backup_seen *ret,
		     struct err *err);
/* Does this error say that the copy is bad? */
bool backup_is_bad(const struct err *err);
/* What a look found, for the journal: {type: "backup.verified", data}. `err`: of backup_copy_look(); ERR_NONE, or one
 * that says that the copy is bad. New. */
json_t *backup_seen_event(const struct backup_look *look, const struct backup_seen *seen,
			  const struct err *err);

/* --- copies that the journal does not know (backup_adopt.c) ----------------------------------- */

/* The attempts that the journal has begun and whose end nobody told: [id..]. What lies whole under such an id was made by
 * the run that had the claim. New. */
json_t *backup_begun(const json_t *state, const char *name);
/* By its manifest, which no digest vouches for: is it one of this backup, of its environment, and signed where a
 * certificate is configured? As backup_copy_look(); ERR_INCONCLUSIVE for another environment's. */
int backup_stranger_check(struct effects *fx, const struct config_backup *backup,
			  const json_t *store, const char *id, struct err *err);

/* --- the right place (backup_mounted.c) ------------------------------------------------------- */

/* Is it a directory in which the journal has copies, so that it is worth a look before anything is written? */
bool backup_may_be_unmounted(const struct backup_desk *desk,
			     const struct config_backup *backup,
			     const struct config_store *store);
/* `folders`: what lies there, backup_folders(). ERR_FAIL: a directory that has none of the copies that the journal has
 * in it. One without any on the journal, and a bucket, are always right. */
int backup_check_mounted(const struct backup_desk *desk,
			 const struct config_backup *backup,
			 const struct config_store *store, const json_t *folders,
			 struct err *err);

/* --- what stays (backup_keep.c) --------------------------------------------------------------- */

/* One backup in one store. All borrowed. */
struct backup_shelf {
	const struct backup_desk *desk; /* with the journal of the backup */
	const struct config_backup *backup;
	const struct config_store *store;
	const json_t *args;    /* STORE */
	const json_t *folders; /* what lies there: backup_folders() */
};
/* What the store's policy says. *ret_rows: of every folder with a manifest, newest first: [{id, at, keep, reasons}];
 * copies that are cut and those of others stay, and take nobody's place. *ret_missing: [{id, reason}] of copies that the
 * journal has there, which have no manifest any more and would go. Both new. */
int backup_keep(struct effects *fx, const struct backup_shelf *shelf, json_t **ret_rows,
		json_t **ret_missing, struct err *err);

/* --- dead runs (backup_sweep.c) --------------------------------------------------------------- */

/* Removes what no manifest belongs to: unfinished uploads and the objects of folders without one. Those of `dead`
 * in any case, and those of attempts that the journal knows to be over; others when they are older than the backup's timeout
 * and are not being made by the journal.
 * *ret_removed: `litter` of schemas/result.backup-forget: [{id, objects: count, uploads: count}]. Another run may do the same at
 * the same time. */
int backup_sweep(struct effects *fx, const struct backup_desk *desk,
		 const struct config_backup *backup, const json_t *store,
		 const char *dead, json_t **ret_removed, struct err *err);

/* --- progress (backup_watch.c) ---------------------------------------------------------------- */

/* For effect.moved: "reading: 312 MiB, 48 MiB/s, about 2m left", at most four times a second. */
struct backup_watch {
	const struct progress *progress;
	const char *subject, *verb;
	int64_t expected_bytes; /* when the effect cannot know the total; 0: nobody can */
	int64_t last_ms;        /* of the last report; starts as 0 */
};
void backup_watch_moved(void *watch, int64_t done_bytes, int64_t total_bytes,
			int64_t elapsed_ms);

/* --- making one (backup_make.c) --------------------------------------------------------------- */

/* How long an attempt takes at most, with all that belongs to it. */
int64_t backup_attempt_ms(const struct config_backup *backup);

/* A row of schemas/result.backup: made, partial, failed or busy. -1 only for what says that nothing was tried:
 * ERR_LOCKED (another run is at it), ERR_CONFIG, the journal; and ERR_CANCELLED, which is on the journal
 * already. The desk's journal is that of the backup. */
int backup_make(struct backup_desk *desk, const struct config_backup *backup,
		json_t **ret_row, struct err *err);
/* The row of a backup that was not even begun. New. */
json_t *backup_row(const struct config_backup *backup, const char *outcome,
		   const struct err *cause);

#endif
