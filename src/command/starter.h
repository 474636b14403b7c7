/* The files that `belay init` writes. Private to src/command. */
#ifndef BELAY_COMMAND_STARTER_H
#define BELAY_COMMAND_STARTER_H

#include <jansson.h>
#include <stdbool.h>

#include "belay/effects.h"

/* What was found in a repository. */
struct starter {
	const char *driver; /* borrowed */
	char *service;      /* a name that is fit for one: from the origin, else "app" */
	char *branch;       /* the one that is checked out, else "main" */
	char *variables;    /* configuration that environment variables make, or NULL */
	json_t *found;      /* [{path, what}] */
};

int starter_look(struct effects *fx, const char *prefix, const json_t *repository,
		 struct starter *ret, struct err *err);
void starter_release(struct starter *starter);

/* What the service is called in the configuration. Borrowed. */
const char *starter_service(const struct starter *starter);
/* The files' texts. Fresh strings. */
char *starter_config(const struct starter *starter);
char *starter_workflow(const struct starter *starter);

int starter_exists(struct effects *fx, const char *path, bool *ret_exists,
		   struct err *err);

#endif
