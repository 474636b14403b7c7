/* room: domain
 * Backups as values: what a backup is called, its manifest, the words that restore it without belay, what
 * the journal knows, and which copies are kept. Pure.
 *
 * Layout in a store, below the store's prefix; ID as identity_new_id() makes them:
 *
 *   NAME/ID/data.zst.cms     sealed chunks behind each other (platform/seal.h, pack.h)
 *   NAME/ID/RESTORE.txt      for people who have nothing but this folder and a key
 *   NAME/ID/manifest.json    written last: a folder without it is no backup
 *   NAME/ID/manifest.sig     detached CMS signature (PEM), written before the manifest; when there is a key
 *
 * Manifest (schemas/manifest.schema.json):
 *   {belay_backup: 1, name, id, environment, begun_at, finished_at, host, belay,
 *    kind: "tar"|"stream", file: name of a stream | null, sources: [text..], missing: [paths],
 *    pack: {format: "zstd", level, id: 32 hex},
 *    seal: {format: "cms-auth-enveloped-data", cipher: "aes-256-gcm", recipients: [text..],
 *           scrypt: {salt, n, r, p} | null, chunk_bytes},
 *    data: {object: "data.zst.cms", sealed_bytes, chunks_sha256, packed_bytes, open_bytes, open_sha256, entries|null,
 *           left_out: [{path, reason}], left_out_count, chunks: [sha256 of each sealed chunk]},
 *    tools: {name: version}, restore: {command}}
 *
 * On the journal (belay/journal.h) its SHA-256 makes a manifest, and through it everything else, as
 * trustworthy as the journal.
 */
#ifndef BELAY_BACKUP_H
#define BELAY_BACKUP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/config.h"
#include "belay/err.h"

#define BACKUP_FORMAT 1
#define BACKUP_MANIFEST_MAX_BYTES ((size_t)8 << 20)
#define BACKUP_COPIES_MAX 200 /* of one backup in the state; the oldest give way */

/* --- manifest (src/domain/backup_manifest.c) ----------------------------------------------- */

/* What is known before and after the data was written. All borrowed. */
struct backup_made {
	const char *name, *id, *environment, *host, *belay;
	int64_t begun_ms, finished_ms;
	const char *file;      /* of a stream, or NULL */
	const json_t *sources; /* words: [text..] */
	const json_t
		*missing;    /* files that were asked for and are not there; NULL: none */
	const json_t *asked; /* arguments of backup.write */
	const json_t *written; /* its answer */
};
/* With restore.command. New. */
json_t *backup_manifest(const struct backup_made *made);
/* The text of manifest.json: canonical, ends with a newline. Fresh. */
char *backup_manifest_text(const json_t *manifest);
/* ERR_STATE: damaged, of a newer format (the hint says which belay), or its numbers contradict each other
 * (chunks, sizes): whoever reads on can trust them. */
int backup_manifest_parse(const char *text, size_t len, json_t **ret, struct err *err);

/* The shell command that restores with openssl, zstd and tar only: POSIX sh, for a recipient given $KEY and
 * $CERT, for a passphrase $PASSPHRASE, and $FOLDER, which holds the backup; what is in it appears in the
 * working directory. Digests are checked first. Fresh. */
char *backup_restore_command(const json_t *manifest);
/* RESTORE.txt: what this is, what one needs, the command, explained. Fresh. */
char *backup_restore_page(const json_t *manifest);

/* "NAME/ID/data.zst.cms". Fresh. */
char *backup_object(const char *name, const char *id, const char *file);
/* Arguments of backup.read that follow from the manifest; store, open and to are the caller's. New. */
json_t *backup_read_args(const json_t *manifest);

/* What a listing of "NAME/" shows, newest first: [{id, whole: bool, objects: [names], stored_bytes, data_bytes}]; whole:
 * there is a manifest and its data, which has data_bytes. `objects` are whole names in the order in which they are to be removed, the manifest first.
 * What is not ours by its shape is not in it. New. */
json_t *backup_folders(const char *name, const json_t *objects);
/* The time in an id; false when it is none. */
bool backup_id_time(const char *id, int64_t *ret_ms);
/* From so much later than now that the clock was wrong by which it was made, or this one is? */
bool backup_is_ahead(int64_t at_ms, int64_t now_ms);
/* Is the copy to be taken for newer than the other (NULL: none), by their ids? What is ahead is not newer than what is
 * not: it would be the newest one until its date. */
bool backup_id_is_newer(const char *id, const char *other, int64_t now_ms);

/* --- what the journal knows (src/domain/backup_state.c) ------------------------------------ */

/* state.backups.NAME, or NULL: {running: {id, run: as in the event, since, until, stores}|null, copies: [{id, at,
 * manifest: sha256, open_bytes, stored_bytes, duration_ms, stores: [names], verified: {STORE: {at, how}}, bad: {STORE:
 * {at, reason}}}] newest first by their ids, last: id|null of the one that was made last by the order of the events,
 * which is the newest whatever the clocks said; it may be gone; failed: {id, at, reason, count}|null, drilled: {id, at, outcome, rto_ms|null,
 * rpo_ms|null, reason|null}|null, restored: {id, at, outcome, to}|null}. A copy's `at`: when it was begun, as old is what
 * is in it; its sizes are 0 when only a verification made it known. failed: the newest attempts, `count` in a row;
 * when `id` is that of a copy, only some of its stores failed. Borrowed. */
const json_t *state_backup(const json_t *state, const char *name);
const json_t *state_backup_copy(const json_t *state, const char *name, const char *id);

/* What the last look at a copy in a store said, {at, how} or {at, reason}: one of them, or both are NULL. What one store
 * holds says nothing of another. Borrowed. */
const json_t *backup_copy_verified(const json_t *copy, const char *store);
const json_t *backup_copy_bad(const json_t *copy, const char *store);
/* Does it lie in a store where it was not found bad? */
bool backup_copy_is_sound(const json_t *copy);
/* Was it found bad in a store? */
bool backup_copy_is_flawed(const json_t *copy);
/* Of an entry of state.backups: the copy that was made last. Borrowed, or NULL: nobody knows, or it is gone. */
const json_t *backup_made_last(const json_t *entry);
/* The newest one that is sound: the one made last, else by time, and then one that is ahead only when there is no other.
 * Borrowed, or NULL. */
const json_t *backup_newest(const json_t *entry, int64_t now_ms);
/* The first copy whose id says that it is newer than the one that was made last: a clock was wrong. Borrowed, or NULL. */
const json_t *backup_claims_newer(const json_t *entry);
/* The state may have had no room for copies whose ids are below this one. Borrowed, or NULL: it knows all of them. */
const char *backup_reaches_back_to(const json_t *entry);

/* Of an entry of state.backups: is the attempt in `failed` one whose run said nothing more? */
bool backup_died_last(const json_t *entry);

enum backup_claim { BACKUP_FREE, BACKUP_BUSY, BACKUP_EXPIRED };
/* May a run make this backup now? EXPIRED: the run that was at it had its time. */
enum backup_claim backup_ask(const json_t *state, const char *name, int64_t now_ms);

/* For status, list and checks: {name, outcome: pass|warn|fail|inconclusive, reason|null, newest: {id, at, stored_bytes,
 * stores}|null (of those that are sound), age_ms|null, every_ms|null, late: bool, verified_at|null, drilled: …|null, drill_due: bool,
 * running|null, failed|null, copies}. fail: the newest attempt failed, or a copy is bad, or it is later than
 * promised (with an hour, or a tenth of the interval, of grace); inconclusive: there is none yet; warn:
 * the newest copy is not in all stores, none was ever verified, or a drill is due or failed, or a
 * copy is from the future or claims to be newer than the one that was made last. New. */
json_t *backup_health(const struct config_backup *backup, const json_t *state,
		      int64_t now_ms);
/* Of all backups of an environment: array of the above. New. */
json_t *backups_health(const struct config *config, const char *environment,
		       const json_t *state, int64_t now_ms);

/* --- retention (src/domain/retention.c) ---------------------------------------------------- */

/* Decides on the copies of one backup in one store, newest first: [{id, at_ms, verified: bool, made_last: bool, before_live:
 * bool}]; made_last: by the order of the journal; before_live: made before the deployment that is live. *ret, in the same
 * order: [{id, at, keep: bool, reasons: [text..]}]; what goes has reasons as well ("at least 7d older than the newest",
 * "none of the last 3"). The newest one, the newest verified one, the one made last, those from before what is live and
 * whatever lies in the future always stay. Ages are counted from the newest one that does not lie in the future, not from
 * now. Days, weeks (ISO 8601) and months are UTC's; of each period the newest copy counts, and only periods that have a
 * copy are counted. ERR_CONFIG for a policy that is empty. */
int retention_decide(const struct config_keep *keep, const json_t *copies, int64_t now_ms,
		     json_t **ret, struct err *err);

/* Does it say nothing? */
bool retention_is_empty(const struct config_keep *keep);

#endif
