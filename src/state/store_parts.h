/* The parts of the store. Private to src/state.
 *
 *   location      which remote and branch (location.c)
 *   branch        the tip as it was read: recognised, parsed, validated (branch.c)
 *   store         a location, its tip, and one environment's documents (store.c)
 */
#ifndef BELAY_STATE_STORE_PARTS_H
#define BELAY_STATE_STORE_PARTS_H

#include "belay/store.h"

/* --- location ------------------------------------------------------------------------------ */

struct location {
	json_t *remote; /* REMOTE object of the git effects */
	char *branch;
	char *text; /* for people */
	char *ignore; /* embedded repository: the .gitignore to write before it is made, else NULL */
	bool shared; /* all environments are on this branch */
};

/* `environment` may be NULL when the branch's name does not need it. */
int location_resolve(struct effects *fx, const struct config *config,
		     const char *environment, struct location *ret, struct err *err);
void location_release(struct location *location);

/* --- branch (pure) ------------------------------------------------------------------------- */

/* Is the answer of git.read a branch that this belay wrote and can read? ERR_STATE when not. An
 * absent branch (tip null) is fine. */
int branch_recognise(const json_t *answer, const char *branch, struct err *err);
/* The documents of one environment from the same answer, parsed and validated; those of an
 * environment without any event when it is not there. */
int branch_documents(const json_t *answer, const char *branch, const char *environment,
		     struct journal_documents *ret, struct err *err);
/* Sorted names. New reference. */
json_t *branch_environments(const json_t *answer);
/* The event in a commit's body. New reference; NULL when it is none. */
json_t *branch_event(const json_t *commit);

/* "environments/production/state.json". Fresh string. */
char *branch_path(const char *environment, const char *document);
/* Members of struct journal_documents, by their file names without ".json". */
struct branch_document {
	const char *name;
	json_t *value;
};
#define BRANCH_DOCUMENTS 3
void branch_list(const struct journal_documents *documents,
		 struct branch_document list[static BRANCH_DOCUMENTS]);

#define BRANCH_FORMAT_TEXT "1\n"
const char *branch_readme(void);

/* A name that may become part of a path on the branch. */
int branch_check_name(const char *environment, struct err *err);

/* --- store --------------------------------------------------------------------------------- */

/* What a store knows about others who write, by its own appends. */
struct store_pace {
	unsigned appends;
	int64_t pushed_mono_ms, push_ms; /* the last one: when, how long */
	int crowd; /* races lost for it, going down with appends that lost none */
};

struct store {
	struct effects *fx;
	const struct config *config;
	char *environment; /* or NULL */
	struct location location;
	json_t *answer; /* of git.read, as it was at the last read */
	char *tip;      /* commit id or NULL */
	struct journal_documents documents;
	bool on_branch; /* the environment has documents on the branch */
	bool assumed; /* a dry run: the branch was not really written, do not read it again */
	struct store_pace pace;
};

/* --- waiting (store_pace.c) ----------------------------------------------------------------- */

/* After `tries` lost races, the last try took push_ms: how long to wait. */
int64_t store_pace_lost(struct store *store, int tries, int64_t push_ms);
void store_pace_won(struct store *store, int tries, int64_t now_ms, int64_t push_ms);
/* Before the first try: *ret_nap_ms is how long to wait (not at all when <= 0). True when others have
 * been writing, so that what was read last is old. */
bool store_pace_before(struct store *store, int64_t *ret_nap_ms);

/* A remote that fails to answer, from the first failure on. */
struct store_outage {
	int64_t began_ms;
	int tries;
};
/* After a failure: 0 when it is time to try again, else -1 with *err as it was or ERR_CANCELLED. */
int store_outage_wait(struct store *store, struct store_outage *outage, struct err *err);

/* git.log of the store's branch: {tip, commits}. `args` (taken) has limit, newest_first, trees
 * or page, trees. */
int store_log(struct store *store, json_t *args, json_t **ret, struct err *err);

#endif
