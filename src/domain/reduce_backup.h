/* What the folds of backups share. Private to src/domain. */
#ifndef BELAY_DOMAIN_REDUCE_BACKUP_H
#define BELAY_DOMAIN_REDUCE_BACKUP_H

#include "belay/backup.h"
#include "reduce.h"

#define BACKUP_STORES_MAX 16

/* --- members of the event's data; what is no such thing is refused ---------------------------- */

/* A name as the configuration has them, and ids. */
bool backup_is_name(const char *text);
int fold_name(struct fold *fold, const char *key, const char **ret);
/* A whole number that is not below zero; one that may be absent is 0 then. */
int fold_count(struct fold *fold, const char *key, int64_t *ret);
int fold_optional_count(struct fold *fold, const char *key, int64_t *ret);
/* One of the words, of which NULL is the last. */
int fold_word(struct fold *fold, const char *key, const char *const *words,
	      const char **ret);
/* SHA-256 in hexadecimal. */
int fold_digest(struct fold *fold, const char *key, const char **ret);
/* data.stores: names. */
int fold_stores(struct fold *fold, const json_t **ret);
/* What the state keeps of a text for people; null for NULL. New. */
json_t *backup_text(const char *text);

/* --- parts of the state ---------------------------------------------------------------------- */

/* state.backups.NAME of data.backup, the fold's own, made when it is not there; NULL when refused. */
json_t *backup_own(struct fold *fold);
/* Where the copy is among those of backup_own(); their number when it is not. */
size_t copy_index(const json_t *copies, const char *id);
/* Takes the copy; of too many the oldest goes, bad ones last. */
void copy_add(json_t *entry, json_t *copy);
/* The same for the one that was made last. */
void copy_made(json_t *entry, json_t *copy);
/* A good copy that nobody had told of: unless a clock was wrong it was made last when its id is the newest. */
void copy_found_later(const struct fold *fold, json_t *entry, const char *id);
/* What a verification had found out before the run itself told of its copy makes room for what the run says. */
void copy_replace(json_t *entry, const char *id);
/* The copy at that place, the fold's own. */
json_t *copy_own(json_t *entry, size_t index);

#endif
