/* The GitHub front's doing: `belay action`, the entry point of the images. Beside main; what it reads and
 * says is in belay/action.h. */
#ifndef BELAY_FRONT_H
#define BELAY_FRONT_H

#include <stdbool.h>

/* `belay action`, or the name that the end of a job is started by (/belay-post)? */
bool front_is_meant(int argc, char *const *argv);

/* One step of a workflow, from its inputs to its outputs. Prints everything itself, errors too.
 * Returns the exit status. */
int front_main(int argc, char *const *argv, char *const *environment);

#endif
