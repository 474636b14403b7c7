/* room: data
 * What can be said about a schema's references only when all of it has been walked. */
#ifndef BELAY_DATA_SCHEMA_LINKS_H
#define BELAY_DATA_SCHEMA_LINKS_H

#include "schema_tree.h"

/* Every schema object of the document. */
struct schema_sites {
	struct schema_site {
		const json_t *subschema;
		enum { SITE_NEW, SITE_OPEN, SITE_DONE } state;
	} * items;
	size_t count, capacity;
};

/* Checks that each $ref leads to a schema and not back to itself without consuming anything, and
 * prepares schema->views. Sorts `sites`. Errors: ERR_CONFIG. */
ATTR_MUST_USE int schema_check_links(struct schema *schema, struct schema_sites *sites,
				     struct err *err);

#endif
