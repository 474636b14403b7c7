/* ID.note, written and read. */
#include "platform/upload_note.h"

#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/clock.h"

#define NAMELESS_AGE_MS 60000

char *upload_id_new(void)
{
	unsigned char random[8];
	random_fill(random, sizeof random);
	return str_hex(random, sizeof random);
}

int upload_id_check(const char *id, struct err *err)
{
	if (strlen(id) == 16 && id[strspn(id, "0123456789abcdef")] == '\0')
		return 0;
	return err_set(err, ERR_NOT_FOUND, "there is no upload '%.100s'", id);
}

char *upload_note_text(const struct depot_begin *begin)
{
	return str_format("belay-upload 1 %zu %s %s\n", begin->part_bytes, begin->mark,
			  begin->name);
}

char *upload_note_name(const char *text)
{
	const char *at = text;
	for (int words = 0; words < 4 && at; words++) {
		at = strpbrk(at, " \n");
		at = at && *at == ' ' ? at + 1 : NULL;
	}
	return at ? mem_strndup(at, strcspn(at, "\n")) : mem_strdup("");
}

bool upload_note_counts(const char *name, const char *prefix, int64_t begun_ms,
			int64_t now_ms)
{
	struct err ignored = {0};
	if (!*name)
		return begun_ms < now_ms - NAMELESS_AGE_MS;
	return str_has_prefix(name, prefix) && depot_check_name(name, &ignored) == 0;
}
