/* room: base
 * Files that travel inside the executable: JSON schemas, starter templates.
 *
 * The build makes the table (cmake/Embed.cmake). Names are paths: "schemas/config.schema.json" for
 * what lies in schemas/, and "starter/ssh.yml" for src/embedded/starter/ssh.yml.
 */
#ifndef BELAY_EMBEDDED_H
#define BELAY_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name;
	const char *
		data; /* size bytes, and a NUL after them: text may be used as a string */
	size_t size;
};

/* NULL when there is no such file. */
const struct embedded *embedded_find(const char *name);

/* All of them in order of name, for index 0, 1, … until it gives NULL. */
const struct embedded *embedded_at(size_t index);

#endif
