/* `belay version`: what this executable is, and which formats it reads and writes. */
#include <string.h>

#include "belay/journal.h"
#include "belay/version.h"
#include "commands.h"

#define CONFIG_FORMAT 1
#define TAPE_FORMAT 1

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* "0.1.0+gabc1234.dirty", "1.2.3-4-gabc1234": the commit, or NULL for a release. */
static json_t *commit_of(const char *version)
{
	const char *at = strstr(version, "+g");
	if (!at)
		at = strstr(version, "-g");
	if (!at)
		return json_null();
	at += 2;
	return json_stringn(at, strspn(at, "0123456789abcdef"));
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	(void)context;
	(void)err;
	result->value = json_pack(
		"{s:s, s:o, s:s, s:{s:i, s:i, s:i}}", "version", belay_version, "commit",
		commit_of(belay_version), "compiler", COMPILER, "formats", "config",
		CONFIG_FORMAT, "journal", JOURNAL_FORMAT, "tape", TAPE_FORMAT);
	result->render = render_version;
	return 0;
}

const struct command command_version = {
	.name = "version",
	.group = "Set up",
	.summary = "show the version of belay",
	.examples = "belay version\n"
		    "belay version --jq .version\n",
	.result_schema = "result.version",
	.run = run,
};
