/* A command that gets a backup as its input, so that a cut one is never taken for a whole one: the end of an input
 * looks the same whether everything was sent or somebody died. A shell in front of the command passes on exactly so
 * many bytes, and then wants to hear that they were all; without that word it kills the command together with its whole
 * process group, and only after that the input ends. This holds for a lost connection and for a belay that is killed, too.
 *
 * And the reverse: a command that ends well without having read everything did not restore it. Who holds the other end
 * of the pipe is a shell as well, which looks whether something is left in it.
 */
#include <inttypes.h>
#include <string.h>

#include "belay/str.h"
#include "live_backup.h"

/* head may read ahead, by a buffer of its stdio: the word is repeated for longer than that. */
#define END_WORD "belay-sent-everything"
enum { READ_AHEAD_BYTES = 128 << 10 };

void live_guard_end(struct str *out)
{
	for (size_t bytes = 0; bytes < READ_AHEAD_BYTES; bytes += strlen(END_WORD "\n"))
		str_add(out, END_WORD "\n");
}

/* tar stops at the end of the archive, and blocks of zeros may follow: two records of them are no loss. */
enum { PADDING_MAX_BYTES = 20480 };

/* What comes behind the command that has ended with 0, in the same input. */
static void add_look_at_rest(struct str *out, bool is_tar)
{
	str_add(out, "; status=$?; [ $status -eq 0 ] || exit $status; left=0; ");
	if (is_tar)
		str_addf(out, "left=$(head -c %d | tr -d '\\000' | wc -c); ",
			 PADDING_MAX_BYTES);
	str_add(out, "[ $left -eq 0 ] && left=$(head -c 1 | wc -c); "
		     "[ $left -eq 0 ] || { echo '" BACKUP_UNREAD "' >&2; exit 125; }; }");
}

/* A first line may be the rest of one, so the second counts. A head that SIGPIPE ended (128 or 256 + 13) says that the
 * command wants no more, which is judged where the command is. */
static void add_guard(struct str *out, const char *command, int64_t bytes, bool is_tar)
{
	str_add(out, "{ trap '' HUP INT QUIT TERM; ");
	if (bytes > 0)
		str_addf(out, "head -c %" PRId64 "; ", bytes);
	str_add(out, "case $? in 0) IFS= read -r end && IFS= read -r end && "
		     "[ \"$end\" = '" END_WORD "' ] || kill -KILL 0 ;; "
		     "141 | 269) ;; *) kill -KILL 0 ;; esac; } | { /bin/sh -c ");
	str_add_shell_quoted(out, command);
	add_look_at_rest(out, is_tar);
}

/* The group that is killed must be the command's own: what started us may not have made one. */
static const char in_own_group[] =
	"\n"
	"if [ -r /proc/$$/stat ]; then\n"
	"	read -r belay_group </proc/$$/stat\n"
	"	set -- ${belay_group##*) }\n"
	"	belay_group=$3\n"
	"else\n"
	"	belay_group=$(ps -o pgid= -p $$)\n"
	"fi\n"
	"if ! command -v head >/dev/null; then\n"
	"	echo 'there is no head(1) here, which counts what is restored' >&2\n"
	"elif [ \"${belay_group:-0}\" -eq $$ ]; then\n"
	"	exec /bin/sh -c \"$belay_guard\"\n"
	"elif command -v setsid >/dev/null; then\n"
	"	exec setsid /bin/sh -c \"$belay_guard\"\n"
	"else\n"
	"	echo 'there is no setsid(1) here, for a process group of its own' >&2\n"
	"fi\n"
	"exit 125\n";

void live_guard_command(struct str *out, const char *command, int64_t bytes, bool is_tar)
{
	_cleanup_str_ struct str guard = STR_INIT;
	add_guard(&guard, command, bytes, is_tar);
	str_add(out, "belay_guard=");
	str_add_shell_quoted(out, str_text(&guard));
	str_add(out, in_own_group);
}
