/* Schema faults as problems for people. Private to src/config. */
#ifndef BELAY_CONFIG_FAULTS_H
#define BELAY_CONFIG_FAULTS_H

#include "belay/schema.h"
#include "problems.h"

/* Adds a problem for each fault. `schema` is the document that was validated against. */
void faults_report(const struct inspection *in, const json_t *schema,
		   const struct schema_faults *faults);

#endif
