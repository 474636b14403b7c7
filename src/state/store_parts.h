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
};

/* git.log of the store's branch: {tip, commits}. `args` (taken) has limit, newest_first, trees
 * or page, trees. */
int store_log(struct store *store, json_t *args, json_t **ret, struct err *err);

#endif
