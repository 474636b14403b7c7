/* What the verbs about incidents share: the journal open, the one that is meant, the result. Private to
 * src/engine. */
#ifndef BELAY_ENGINE_INCIDENT_H
#define BELAY_ENGINE_INCIDENT_H

#include "aftermath.h"

struct incident_desk {
	struct courier courier;
	struct store *store;
	json_t *run;
};
int incident_desk_open(struct incident_desk *desk, const struct engine *engine,
		       struct err *err);
void incident_desk_close(struct incident_desk *desk);

/* Which one is meant when no id is given: the only one that is open, or whose post-mortem is owed. */
enum desk_choice { DESK_OPEN, DESK_OWED };
/* ERR_NOT_FOUND with those that there are. *ret: new reference. */
int incident_desk_find(const struct incident_desk *desk, const char *id,
		       enum desk_choice choice, json_t **ret, struct err *err);

/* schemas/result.incident for one incident as it is now; `incident` is how it was before. New. */
json_t *incident_desk_result(const struct incident_desk *desk, const json_t *incident);

#endif
