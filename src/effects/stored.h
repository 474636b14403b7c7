/* Answers that must come back byte for byte: what lies in a store (it is signed, and has a digest on the journal), the
 * journal's documents (they are written back), digests and signatures. A value that somebody keeps in a secret may be in
 * them by chance: the name of a database in that of a file, a port in a digest. Private to src/effects.
 *
 * So redact leaves these members of an answer alone. They go to whoever asked and to nobody else: what record writes
 * is scrubbed, so far that a replay can still use it, and who shows words of a manifest scrubs them first
 * (effects_redact_text). Digests hold no secret and stay as they are on a tape, too.
 */
#ifndef BELAY_EFFECTS_STORED_H
#define BELAY_EFFECTS_STORED_H

#include <stdbool.h>

#include "layer.h"

/* Is this member of an answer exact? */
bool stored_is_exact(const char *kind, const char *member);

/* The answer as a tape may have it: what is exact was scrubbed as `below` does it, the rest is as it was. Ids,
 * digests, times and numbers of a manifest stay. New reference. */
json_t *stored_for_tape(struct effects_layer *below, const struct effect *effect,
			const json_t *answer);

/* Where the name that was asked for is masked on the tape, the answer gets it back from who asks now. In place. */
void stored_as_asked(const struct effect *effect, const json_t *taped_args,
		     json_t *answer);

#endif
