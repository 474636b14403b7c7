/* What tar says on standard error while it packs: lines "tar: NAME: WHAT", GNU tar's with names in its escape style
 * (info tar, "quoting styles"), busybox's with names as they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "live_backup_host.h"

static const struct remark {
	const char *text; /* how it ends, or how its last part begins */
	enum tree_event event;
	const char *reason; /* as tree_pack() says it */
} remarks[] = {
	{": socket ignored", TREE_LEFT_OUT, "is a socket"},
	{": file is on a different filesystem; not dumped", TREE_LEFT_OUT,
	 "is on another file system"},
	{": file changed as we read it", TREE_CHANGED, "changed while it was read"},
	{": File shrank by ", TREE_CHANGED, "became shorter while it was read"},
	{": File removed before we read it", TREE_MISSING,
	 "vanished while its directory was read"},
};

enum { CUT_BYTES = 60 << 10 };

/* Said by GNU tar besides the remark that matters. */
static const char failing[] = "tar: Exiting with failure status";

/* --- names ------------------------------------------------------------------------------------ */

static int octal(const char *at)
{
	int value = 0;
	for (int i = 0; i < 3; i++) {
		if (at[i] < '0' || at[i] > '7')
			return -1;
		value = value * 8 + (at[i] - '0');
	}
	return value;
}

/* "a\\: b\\303\\274" as the bytes it stands for. */
static char *unescaped(const char *text, size_t len)
{
	static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
	char *out = mem_strndup(text, len), *to = out;
	for (const char *at = out; *at; at++) {
		if (*at != '\\' || !at[1]) {
			*to++ = *at;
			continue;
		}
		at++;
		int byte = octal(at);
		const char *letter = strchr(letters, *at);
		*to++ = byte > 0 ? (char)byte : letter ? bytes[letter - letters] : *at;
		if (byte > 0)
			at += 2;
	}
	*to = '\0';
	return out;
}

char *live_host_shown(const char *origin, const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		name++;
	while (*name == '/')
		name++;
	int len = (int)strlen(name);
	while (len > 0 && name[len - 1] == '/')
		len--;
	if (!origin)
		return len > 0 ? mem_strndup(name, (size_t)len) : mem_strdup(".");
	if (len == 0 || strcmp(name, ".") == 0)
		return mem_strdup(*origin ? origin : "/");
	return str_format("%s/%.*s", origin, len, name);
}

/* --- lines ------------------------------------------------------------------------------------ */

static void tell_line(struct live_source *source, const char *origin, const char *line)
{
	if (!*line || str_has_prefix(line, failing))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(remarks); i++) {
		const char *found = strstr(line, remarks[i].text);
		if (!str_has_prefix(line, "tar: ") || !found)
			continue;
		_cleanup_free_ char *name =
			unescaped(line + 5, (size_t)(found - line) - 5);
		_cleanup_free_ char *shown = live_host_shown(origin, name);
		live_source_tell(source, remarks[i].event, shown, remarks[i].reason);
		return;
	}
	_cleanup_free_ char *text = str_format(
		"the host's %s%s", str_has_prefix(line, "tar: ") ? "" : "tar: ", line);
	live_source_warn(source, text);
}

/* What came last was cut off: only so much of it is kept. */
static bool is_cut(const char *said)
{
	size_t len = strlen(said);
	return len >= CUT_BYTES && said[len - 1] != '\n';
}

void live_host_tell_said(struct live_source *source, const char *origin, const char *said)
{
	if (is_cut(said))
		live_source_warn(source, "the host's tar said more than is kept: what it "
					 "left out is not all named");
	while (*said) {
		size_t len = strcspn(said, "\n");
		_cleanup_free_ char *line = mem_strndup(said, len);
		tell_line(source, origin, line);
		said += len + (said[len] == '\n');
	}
}
