/* What runs on the host: POSIX sh, and of the tools only what coreutils and busybox both know. Every script may run
 * twice, since an answer may be lost: then it ends as it did the first time.
 *
 * $1 is the depot's directory. A relative one is below the user's home, where a command of sshd starts. */
#include "platform/depot_ssh_parts.h"

/* Messages in one language; what is made is for its owner only. */
#define BEGIN "export LC_ALL=C; umask 077; "
#define GO "cd -- \"$1\" || exit 47; "
#define GO_IF_THERE "[ -d \"$1\" ] || exit 44; " GO
#define GO_MADE "mkdir -p -- \"$1/.belay-uploads\" || exit 47; " GO

/* size FILE: its bytes. cut FILE SIZE: longer ones become that long. */
#define SIZE "size() { echo $(($(wc -c <\"$1\"))); }; "
#define CUT "cut() { dd if=/dev/null of=\"$1\" bs=1 seek=\"$2\" count=0 2>/dev/null; }; "
/* flush FILE: onto the disk, where sync knows files (coreutils since 8.24, busybox); else everything. */
#define FLUSH "flush() { sync -- \"$1\" 2>/dev/null || sync; }; "

/* publish DATA NAME: the same file under its name. Whoever removes an object removes directories that became empty, so
 * one that was just made may be gone. A directory of that name would take the link into itself. */
#define PUBLISH                                                                               \
	"publish() {\n"                                                                       \
	"	tries=0\n"                                                                          \
	"	while :; do\n"                                                                      \
	"		case $2 in */*) mkdir -p -- \"./${2%/*}\" || exit 47 ;; esac\n"                    \
	"		[ ! -d \"./$2\" ] || exit 40\n"                                                    \
	"		! said=$(ln -- \"$1\" \"./$2\" 2>&1) || break\n"                                   \
	"		if [ -e \"./$2\" ] || [ -L \"./$2\" ]; then\n"                                     \
	"			[ \"$1\" -ef \"./$2\" ] && return 0\n"                                            \
	"			return 40\n"                                                                      \
	"		fi\n"                                                                              \
	"		tries=$((tries + 1))\n"                                                            \
	"		[ $tries -lt 10 ] || { echo \"$said\" >&2; exit 47; }\n"                           \
	"	done\n"                                                                             \
	"	[ \"$1\" -ef \"./$2\" ] || exit 40\n"                                               \
	"}\n"                                                                                 \
	"settle() {\n"                                                                        \
	"	at=$1\n"                                                                            \
	"	while case $at in */*) at=${at%/*} ;; *) false ;; esac; do flush \"./$at\"; done\n" \
	"	flush .\n"                                                                          \
	"}\n"

/* dd can begin anywhere where it counts bytes (coreutils, busybox since 1.28); tail reads what it skips. */
const char host_script_get[] = BEGIN GO_IF_THERE
	"[ -f \"./$2\" ] || exit 44\n"
	"if dd if=/dev/null of=/dev/null bs=65536 count=0 iflag=skip_bytes,count_bytes 2>/dev/null; then\n"
	"	dd if=\"./$2\" bs=65536 skip=\"$3\" count=\"$4\" iflag=skip_bytes,count_bytes 2>/dev/null || exit 47\n"
	"else\n"
	"	tail -c +$(($3 + 1)) \"./$2\" | head -c \"$4\"\n"
	"fi\n";

const char host_script_head[] = BEGIN GO_IF_THERE
	"[ -e \"./$2\" ] || exit 44\n"
	"[ -f \"./$2\" ] || { echo \"'$2' is not a file\" >&2; exit 47; }\n"
	"stat -c '%s %Y' \"./$2\" || exit 47\n";

/* Names with a line break are nobody's of ours. What vanishes meanwhile is left out. */
const char host_script_list[] =
	BEGIN "[ -d \"$1/$2\" ] || exit 0; " GO "nl='\n'\n"
	      "find \"./$2\" -name \"*$nl*\" -prune -o -name '.belay*' -prune -o -type f"
	      " -exec sh -c 'stat -c \"%s %Y %n\" \"$@\" 2>/dev/null; :' sh {} +\n";

const char host_script_remove[] = BEGIN
	"[ -d \"$1\" ] || exit 0; " GO "rm -f -- \"./$2\" || exit 47\n"
	"at=$2\n"
	"while case $at in */*) at=${at%/*} ;; *) false ;; esac && rmdir \"./$at\" 2>/dev/null; do :; done\n"
	":\n";

const char host_script_put[] = BEGIN GO_MADE SIZE FLUSH PUBLISH
	"file=.belay-uploads/$2.data\n"
	"forget() { rm -f \"$file\" \".belay-uploads/$2.note\"; }\n"
	"give_up() { forget \"$@\"; exit $status; }\n"
	"printf '%s' \"$3\" >\".belay-uploads/$2.note\" || exit 47\n"
	"cat >\"$file\" || { status=47; give_up \"$@\"; }\n"
	"[ \"$(size \"$file\")\" -eq \"$5\" ] || { status=46; give_up \"$@\"; }\n"
	"flush \"$file\"\n"
	"(publish \"$file\" \"$4\")\n"
	"status=$?\n"
	"if [ $status -eq 40 ] && [ -n \"$6\" ] && cmp -s \"$file\" \"./$4\"; then status=0; fi\n"
	"[ $status -eq 0 ] || give_up \"$@\"\n"
	"settle \"$4\"\n"
	"forget \"$@\"\n";

const char host_script_begin[] = BEGIN GO_MADE
	"[ ! -e \"./$4\" ] && [ ! -L \"./$4\" ] || exit 40\n"
	"printf '%s' \"$3\" >\".belay-uploads/$2.note\" && : >\".belay-uploads/$2.data\" || exit 47\n";

/* Behind what is there already. What a broken connection left of this part goes first. */
const char host_script_part[] = BEGIN GO_IF_THERE SIZE CUT
	"file=.belay-uploads/$2.data\n"
	"[ -f \"$file\" ] && [ -f \".belay-uploads/$2.note\" ] || exit 44\n"
	"have=$(size \"$file\")\n"
	"[ \"$have\" -ge \"$3\" ] || exit 45\n"
	"[ \"$have\" -eq \"$3\" ] || cut \"$file\" \"$3\" || exit 47\n"
	"cat >>\"$file\" || exit 47\n"
	"[ \"$(size \"$file\")\" -eq $(($3 + $4)) ] || exit 46\n";

/* In place of what is there. Through a file of its own: dd would take what a pipe gives at once for a whole block. */
const char host_script_replace[] = BEGIN GO_IF_THERE SIZE
	"file=.belay-uploads/$2.data part=.belay-uploads/$2.$3\n"
	"[ -f \"$file\" ] && [ -f \".belay-uploads/$2.note\" ] || exit 44\n"
	"cat >\"$part\" || { rm -f \"$part\"; exit 47; }\n"
	"[ \"$(size \"$part\")\" -eq \"$4\" ] || { rm -f \"$part\"; exit 46; }\n"
	"dd if=\"$part\" of=\"$file\" bs=\"$5\" seek=$(($3 - 1)) conv=notrunc 2>/dev/null\n"
	"status=$?\n"
	"rm -f \"$part\"\n"
	"[ $status -eq 0 ] || exit 47\n";

/* Its files stay until the caller has heard that it worked: then a second try finds its own link. */
const char host_script_finish[] = BEGIN GO_IF_THERE SIZE CUT FLUSH PUBLISH
	"file=.belay-uploads/$2.data\n"
	"[ -f \"$file\" ] || exit 44\n"
	"have=$(size \"$file\")\n"
	"[ \"$have\" -ge \"$3\" ] || exit 45\n"
	"[ \"$have\" -eq \"$3\" ] || cut \"$file\" \"$3\" || exit 47\n"
	"flush \"$file\"\n"
	"publish \"$file\" \"$4\" || exit $?\n"
	"settle \"$4\"\n";

const char host_script_drop[] = BEGIN
	"[ -d \"$1/.belay-uploads\" ] || exit 0; " GO
	"rm -f .belay-uploads/\"$2\".data .belay-uploads/\"$2\".note .belay-uploads/\"$2\".[0-9]* || exit 47\n";

const char host_script_notes[] = BEGIN
	"date +%s\n"
	"[ -d \"$1/.belay-uploads\" ] || exit 0\n"
	"cd -- \"$1/.belay-uploads\" || exit 47\n"
	"for file in *.note; do\n"
	"	at=$(stat -c %Y \"${file%.note}.data\" 2>/dev/null || stat -c %Y \"$file\" 2>/dev/null) || continue\n"
	"	printf '%s %s %s\\n' \"$at\" \"${file%.note}\" \"$(sed -n 1p \"$file\")\"\n"
	"done\n";
