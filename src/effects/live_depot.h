/* STORE of the effects object.* and backup.* as a depot. Private to src/effects.
 */
#ifndef BELAY_EFFECTS_LIVE_DEPOT_H
#define BELAY_EFFECTS_LIVE_DEPOT_H

#include "live.h"

struct depot;

/* Release with depot_freep() before the call ends: the depot asks the call whether to stop, and for secrets
 * that have to be renewed. Threads that the handler starts may use it. Connections and temporary keys are
 * kept in the process for the next depot of the same store; nothing is sent before the depot is used, but
 * for a web identity, whose keys are asked for here. `stop` (live_stop(), live_stop_child()) ends what the depot is
 * at, but not the end of an upload, good or bad. ERR_CONFIG: settings and secrets. */
int live_depot_open(struct live_call *call, const json_t *store, struct stop stop,
		    struct depot **ret, struct err *err);

#endif
