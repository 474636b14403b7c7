/* room: data
 * What jq_predicate.c and the schema's "format": "jq" use of jq.c beyond the contract. */
#ifndef BELAY_DATA_JQ_PROGRAM_H
#define BELAY_DATA_JQ_PROGRAM_H

#include "belay/jq.h"

/* Compiles `code`, which calls belay's variables by name, without reading messages: only whether
 * it compiles (0) or not (-1). Brackets in what a user wrote must have been checked. */
ATTR_MUST_USE int jq_program_new(const char *code, const char *const *names,
				 struct jq_program **ret);

/* jq_run that stops quietly after `max` outputs. */
ATTR_MUST_USE int jq_run_up_to(struct jq_program *program, const json_t *input,
			       const json_t *variables, size_t max, json_t **ret_outputs,
			       struct err *err);

/* Whether all of `texts` compile, with the price of one: nearly all of a compilation is jq reading
 * its own library. */
bool jq_all_compile(const char *const *texts, size_t count);

#endif
