/* What the folds of incidents and of their post-mortems share. Private to src/domain. */
#ifndef BELAY_DOMAIN_REDUCE_INCIDENT_H
#define BELAY_DOMAIN_REDUCE_INCIDENT_H

#include "reduce.h"

/* data.incident, made the fold's own and marked as updated; *ret NULL when it is not there. -1 when the
 * event names none. */
int incident_own(struct fold *fold, json_t **ret);
/* A line of its timeline. */
void incident_say(struct fold *fold, json_t *incident, const char *text);
/* Of those that nobody has to do anything about (resolved, no post-mortem owed) only a few stay: to be
 * called when one more may have become so. */
void incident_forget_finished(struct fold *fold);

#endif
