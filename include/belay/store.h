/* room: state
 * The store: the journal branch as documents in, events out. Speaks git only through effects.
 *
 * store_open() reads the tip (depth 1). store_append() folds events into the documents, writes one
 * commit per event and pushes them together as a compare-and-swap. When someone else was faster
 * the store reads again and calls `decide` again on the new state: a decision is never pushed onto
 * a state it was not made for. Back-off between tries is jittered and weighted by age.
 */
#ifndef BELAY_STORE_H
#define BELAY_STORE_H

#include <jansson.h>
#include <stdbool.h>

#include "belay/config.h"
#include "belay/effects.h"
#include "belay/err.h"
#include "belay/journal.h"

struct store;

/* Works out remote and branch (config, else the repository's origin, else `.belay/state.git` in
 * the work tree) and reads the tip for one environment (NULL: none in particular; then nothing can
 * be appended). An absent branch is an empty state. ERR_STATE
 * for an alien, damaged, hand-edited or newer branch: then nothing is ever written. */
int store_open(struct effects *fx, const struct config *config, const char *environment,
	       struct store **ret, struct err *err);
/* The same without reading: for store_verify(), which has to work on a branch that store_open()
 * refuses. The documents are those of an environment without events. */
int store_locate(struct effects *fx, const struct config *config, const char *environment,
		 struct store **ret, struct err *err);
void store_free(struct store *store);
void store_freep(struct store **store);

/* Current documents of the environment. Borrowed; replaced by a successful append or refresh. */
const struct journal_documents *store_documents(const struct store *store);
/* Names of all environments on the branch, sorted. Borrowed strings in a new array. */
json_t *store_environments(const struct store *store);
/* Documents of another environment on the same remote (for `requires`), as of the last read.
 * Release with journal_documents_release(). */
int store_other(struct store *store, const char *environment,
		struct journal_documents *ret, struct err *err);
/* Where it is, for people: "https://github.com/acme/shop.git belay-state". */
const char *store_location(const struct store *store);
const char *store_tip(const struct store *store); /* commit id or NULL */

int store_refresh(struct store *store, struct err *err);

/* Makes events for the given documents: appends to `events` (array of journal_event()s, each built
 * on the state after the one before: use journal_reduce or store_stage()). Returning -1 ends the
 * append with that error; an empty array means there is nothing to do. */
typedef int store_decide(const struct journal_documents *documents, json_t *events,
			 void *context, struct err *err);

/* Reads-decides-commits-pushes until it holds. ERR_STATE when the branch does not fit or when only
 * races were lost for five minutes, ERR_AUTH when the remote refuses, ERR_NET or ERR_TIMEOUT when it
 * did not answer for a minute or a third of the lease, or asks for more patience than that. What it
 * did not answer may have arrived. */
int store_append(struct store *store, store_decide *decide, void *context,
		 struct err *err);

/* Helper for decide: builds an event of `type` on the documents as they are after all events in
 * `events` so far, appends it. Takes `data`. */
int store_stage(const struct journal_documents *documents, json_t *events,
		const char *type, int64_t at_ms, const json_t *run,
		const char *transaction, json_t *data, struct err *err);

/* The newest `limit` events of the environment (of all, when the store is open for none), newest
 * first, or all for 0. New reference: [{commit, event}]. */
int store_history(struct store *store, int64_t limit, json_t **ret, struct err *err);

/* The documents as they were at that instant: the fold of the environment's events up to it. */
int store_past(struct store *store, int64_t at_ms, struct journal_documents *ret,
	       struct err *err);

/* Re-folds the whole history of the branch (every environment on it) and compares every commit's
 * documents with the fold. *ret: {location, commits, events, environments: [..], tip}. ERR_STATE names the
 * first commit that does not fit and why. */
int store_verify(struct store *store, json_t **ret, struct err *err);

#endif
