/* What the verbs that use the engine share: their option rows, and the way from a context to a finished
 * transaction. Private to src/command. */
#ifndef BELAY_COMMAND_ENGINE_VERB_H
#define BELAY_COMMAND_ENGINE_VERB_H

#include "belay/command.h"
#include "belay/engine.h"

/* clang-format off */
#define OPTION_VERSION(what) \
	{.name = "version", .type = OPTION_TEXT, .argument = "VERSION", .help = (what), .required = true}
#define OPTION_ARTIFACT(what) \
	{.name = "artifact", .letter = 'a', .type = OPTION_TEXT, .argument = "PATH", .help = (what)}
#define OPTION_SERVICE \
	{.name = "service", .letter = 's', .type = OPTION_LIST, .argument = "NAME", \
	 .help = "only this service; may be given again"}
#define OPTION_REASON(what) \
	{.name = "reason", .letter = 'm', .type = OPTION_TEXT, .argument = "TEXT", .help = (what)}
#define OPTION_TAKE_LOCK \
	{.name = "take-lock", .type = OPTION_FLAG, \
	 .help = "take the lock although it is held: its holder is gone for certain"}
/* clang-format on */

int engine_verb_open(struct command_context *context, struct engine *ret,
		     struct err *err);

/* What the words ask for; options that a verb does not have are absent. */
struct engine_request engine_verb_request(const struct request *request);

typedef int engine_transaction(const struct engine *engine,
			       const struct engine_request *request,
			       enum engine_end *ret_end, json_t **ret_result,
			       struct err *err);

/* Opens the engine, runs one transaction, leaves result, renderer and exit status. */
int engine_verb_run(struct command_context *context, engine_transaction *transaction,
		    struct command_result *result, struct err *err);

#endif
