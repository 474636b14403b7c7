/* Words of subject lines about backups, for the table of event.c. Private to src/domain. */
#ifndef BELAY_DOMAIN_EVENT_BACKUP_H
#define BELAY_DOMAIN_EVENT_BACKUP_H

#include <jansson.h>

#include "belay/str.h"

typedef void subject_words(struct str *out, const json_t *event, const json_t *data);

subject_words say_backup_begun, say_backup_made, say_backup_failed, say_backup_abandoned;
subject_words say_backup_verified, say_backup_restored, say_backup_drilled;
subject_words say_backup_forgotten, say_backed_up;

#endif
