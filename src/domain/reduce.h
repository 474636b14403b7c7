/* One fold in progress. Private to src/domain.
 *
 * reduce.c checks what all events have in common and holds the table of event types; each
 * reduce_<topic>.c has the fold functions of its topic. A fold function checks first and changes
 * afterwards; a refusal says in a few words what does not fit.
 */
#ifndef BELAY_DOMAIN_REDUCE_H
#define BELAY_DOMAIN_REDUCE_H

#include "belay/attr.h"
#include "belay/journal.h"

struct fold {
	struct journal_documents
		*documents; /* state is the fold's own, the others are shared */
	const json_t *event;
	const json_t *data;
	const char *at; /* text, as in the event */
	int64_t at_ms;
	struct err *err;
};

typedef int fold_function(struct fold *fold);

fold_function fold_lock_acquired, fold_lock_renewed, fold_lock_released, fold_lock_kept;
fold_function fold_begun, fold_captured, fold_prepared, fold_switched, fold_judged;
fold_function fold_noted, fold_restarted;
fold_function fold_committed, fold_failed, fold_rolled_back, fold_stuck;
fold_function fold_unproven, fold_abandoned;
fold_function fold_incident_opened, fold_incident_updated, fold_incident_linked;
fold_function fold_incident_acknowledged, fold_incident_resolved;
fold_function fold_post_mortem_written, fold_post_mortem_reminded, fold_post_mortem_done;
fold_function fold_alert_judged;
fold_function fold_message_queued, fold_message_claimed, fold_message_sent;
fold_function fold_message_failed, fold_message_dropped;
fold_function fold_cockpit_linked;
fold_function fold_backup_begun, fold_backup_made, fold_backup_failed;
fold_function fold_backup_abandoned, fold_backup_verified, fold_backup_forgotten;
fold_function fold_backup_restored, fold_backup_drilled, fold_backed_up;

/* "… does not fit: WORDS". Returns -1. */
ATTR_PRINTF(2, 3) int fold_refuse(struct fold *fold, const char *format, ...);

/* Members of the event's data; a missing one or one of another type is refused. */
int fold_text(struct fold *fold, const char *key, const char **ret);
int fold_integer(struct fold *fold, const char *key, int64_t *ret);
int fold_object(struct fold *fold, const char *key, const json_t **ret);
/* A point in time, RFC 3339. *ret is the text. */
int fold_time(struct fold *fold, const char *key, const char **ret);

/* These members of the data are texts, null or absent. */
int fold_optional_texts(struct fold *fold, const char *const *keys, size_t count);

/* Refuses when the event's run does not hold the lock, or the lock is kept. */
int fold_holds_lock(struct fold *fold);
/* The open transaction that the event names, checked and made the fold's own; NULL when refused. */
json_t *fold_transaction(struct fold *fold);

/* Counts a finished deployment (a summary, see recent.schema.json) in the rollup. */
void rollup_count(struct journal_documents *documents, const json_t *summary,
		  int64_t at_ms);

#endif
