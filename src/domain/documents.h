/* Copies for the fold. Private to src/domain.
 *
 * The fold works on documents of which it owns the top level only; before it changes a member it
 * asks for a copy of it here. One level is copied, everything below stays shared.
 */
#ifndef BELAY_DOMAIN_DOCUMENTS_H
#define BELAY_DOMAIN_DOCUMENTS_H

#include "belay/journal.h"

/* Replaces the member by its own shallow copy ({} when it is not there) and returns that, borrowed
 * from `parent`, which must be the fold's own already. */
json_t *document_own(json_t *parent, const char *key);

/* The same for the documents themselves. (The state document is always the fold's own.) */
json_t *documents_own_recent(struct journal_documents *documents);
json_t *documents_own_rollup(struct journal_documents *documents);

#endif
