/* What the schema cannot say: references, cycles, ranges of things with units. Private to src/config.
 *
 * Works on the document as it was written and takes nothing for granted: a value of another type was
 * reported by the schema already and is passed over, so that both kinds of problems are listed at once. */
#ifndef BELAY_CONFIG_CROSS_H
#define BELAY_CONFIG_CROSS_H

#include <stdint.h>

#include "problems.h"

void cross_check(const struct inspection *in);

/* The parts. */
void cross_checks(const struct inspection *in);
void cross_environments(const struct inspection *in);
void cross_telling(const struct inspection *in); /* notify, incidents */
void cross_backups(const struct inspection *in);
void cross_stores(const struct inspection *in, const struct spot *backup_spot,
		  const json_t *backup);

/* A duration (or size) under `key`: at least `min` milliseconds (bytes), at most `max`; of durations a year
 * where nothing else is said, of sizes at least 1. */
void cross_duration(const struct inspection *in, const struct spot *parent,
		    const json_t *object, const char *key, int64_t min);
void cross_duration_within(const struct inspection *in, const struct spot *parent,
			   const json_t *object, const char *key, int64_t min,
			   int64_t max);
void cross_size(const struct inspection *in, const struct spot *parent,
		const json_t *object, const char *key, int64_t max);
void cross_size_within(const struct inspection *in, const struct spot *parent,
		       const json_t *object, const char *key, int64_t min, int64_t max);

/* The port at the end of an endpoint. */
void cross_port(const struct inspection *in, const struct spot *parent,
		const json_t *object, const char *key);

/* Each name in the array under `key` has to be a member of `known` (NULL: none is). `what` names the
 * kind: "check", "host". */
void cross_names(const struct inspection *in, const struct spot *parent,
		 const json_t *object, const char *key, const json_t *known,
		 const char *what);

/* The same of one name under `key`. */
void cross_name(const struct inspection *in, const struct spot *parent,
		const json_t *object, const char *key, const json_t *known,
		const char *what);

/* Of two keys that say the same thing in two ways only one may be there. */
void cross_exclusive(const struct inspection *in, const struct spot *parent,
		     const json_t *object, const char *first, const char *second);

/* Headers whose value is a secret whoever writes them are no literal text. */
void cross_headers(const struct inspection *in, const struct spot *parent,
		   const json_t *object);

/* jq predicates in the array under `key` that assign where they should compare. */
void cross_predicates(const struct inspection *in, const struct spot *parent,
		      const json_t *object, const char *key);

/* No cycle through `key` among `things` at `parent`. */
void cross_cycle(const struct inspection *in, const struct spot *parent,
		 const json_t *things, const char *key);

#endif
