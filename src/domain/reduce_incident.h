/* What the folds of incidents and of their post-mortems share. Private to src/domain. */
#ifndef BELAY_DOMAIN_REDUCE_INCIDENT_H
#define BELAY_DOMAIN_REDUCE_INCIDENT_H

#include "reduce.h"

/* data.incident, made the fold's own and marked as updated; *ret NULL when it is not there. -1 when the
 * event names none. */
int incident_own(struct fold *fold, json_t **ret);
/* A line of its timeline. */
void incident_say(struct fold *fold, json_t *incident, const char *text);
/* To be called when one may have become finished: resolved, and no post-mortem owed. */
void incident_settle(struct fold *fold);

#endif
