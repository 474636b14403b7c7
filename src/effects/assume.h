/* Notes of acts that were not performed, and the answers assumed for them. Private to src/effects. */
#ifndef BELAY_EFFECTS_ASSUME_H
#define BELAY_EFFECTS_ASSUME_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>

#include "layer.h"

/* Does this kind look at, or as an act change, what probes see, or what is in a store? (Files and the
 * journal are not.) */
bool assume_is_world(const char *kind);

/* The answer of an effect that was not performed, as if it had succeeded. New reference. */
json_t *assume_answer(const struct effect *effect);

/* Acts in the order in which one thread alone would have come to them. Thread-safe. */
struct notes {
	pthread_mutex_t lock;
	struct note *items;
	size_t count, capacity;
};

void notes_init(struct notes *notes);
void notes_release(struct notes *notes);
/* `below` scrubs what the note says. */
void notes_add(struct notes *notes, struct effects_layer *below, const struct lane *lane,
	       const struct effect *effect);
json_t *notes_list(struct notes *notes); /* new reference */
/* Was an act noted that happens before this place, not merely beside it, and changes what this effect of a world
 * kind looks at? Of objects in stores only those count that the act would have made or removed. */
bool notes_change_world(struct notes *notes, const struct lane *lane,
			const struct effect *effect);

#endif
