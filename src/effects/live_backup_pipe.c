/* A command that is backed up, so that a part of a pipeline that fails is seen: `pg_dump | gzip` ends as gzip does
 * unless the shell has pipefail. Where sh does not have it (dash before 0.5.13), bash runs such a command; where there is
 * no bash either, it is refused before it begins.
 */
#include <string.h>

#include "belay/str.h"
#include "live_backup.h"

#define REFUSAL "belay: no pipefail"
enum { REFUSAL_STATUS = 125 };

static const char with_pipefail[] =
	"\n"
	"if (set -o pipefail) 2>/dev/null; then\n"
	"	exec /bin/sh -o pipefail -c \"$belay_command\"\n"
	"elif command -v bash >/dev/null; then\n"
	"	exec bash --posix -o pipefail -c \"$belay_command\"\n"
	"fi\n"
	"echo '" REFUSAL "' >&2\n"
	"exit 125\n";

/* One in quotes counts as well: to find it a shell would have to be read. */
static bool has_pipe(const char *command)
{
	for (const char *at = command; (at = strchr(at, '|')) != NULL; at++) {
		if (at[1] == '|')
			at++;
		else if (at == command || at[-1] != '>')
			return true;
	}
	return false;
}

void live_pipe_command(struct str *out, const char *command)
{
	if (!has_pipe(command)) {
		str_add(out, command);
		return;
	}
	str_add(out, "belay_command=");
	str_add_shell_quoted(out, command);
	str_add(out, with_pipefail);
}

bool live_pipe_refused(int status, const char *said, struct err *err)
{
	if (status != REFUSAL_STATUS || strcmp(said, REFUSAL) != 0)
		return false;
	err_set(err, ERR_CONFIG,
		"the command that is backed up has a pipe, and no shell there tells when "
		"the first part of one fails");
	err_hint(err,
		 "install bash there, or write it without '|' (the backup is compressed "
		 "anyway)");
	return true;
}
