/* What the files of a verification share. Private to src/engine.
 *
 *     backup_verify.c      the verb: looking, and what the journal is told
 *     backup_verify_find.c which copy in a store is looked at, and which ones are not on the journal
 *     backup_verify_row.c  what was found, as the result has it
 */
#ifndef BELAY_ENGINE_BACKUP_VERIFY_H
#define BELAY_ENGINE_BACKUP_VERIFY_H

#include "backup.h"

/* One store, and what was found there. */
struct find {
	const struct config_store *store; /* NULL: a folder */
	json_t *args;
	char *lane;
	char *id;     /* NULL: none */
	char *digest; /* by the journal, or NULL */
	bool ours; /* without a digest: begun by the journal, or signed as configured */
	json_t *strangers; /* newer ones that nothing vouches for: [id..], newest first */
	struct backup_seen seen;
	int64_t duration_ms;
	bool none; /* the store answered: there is no such copy, and the journal knows none */
	struct err err;
};

struct verification {
	const struct backup_desk *desk;
	const struct config_backup *backup; /* NULL: a folder */
	int64_t now_ms;
	bool one_of_many;
	struct find *finds;
	size_t count;
};

/* backup_verify_find.c: sets id, digest, ours and strangers. ERR_NOT_FOUND: there is none to look at.
 * ERR_FAIL: its directory may not be mounted. */
int verification_find(struct effects *lane, const struct verification *verification,
		      struct find *find, struct err *err);

/* backup_verify_row.c */
/* One bad copy makes it bad; what nobody could look at leaves it open, and so do copies of which none is on the
 * journal; where none is there is nothing to say. */
const char *verification_outcome(const struct verification *verification);
/* Does it say something of a copy? */
bool find_is_finding(const struct find *find);
/* A row of schemas/result.backup-verify. New. */
json_t *verification_row(const struct verification *verification, const char *name,
			 const char *environment);

#endif
