/* ID.parts, written and read. */
#include "platform/upload_list.h"

#include <stdio.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/clock.h"
#include "platform/digest.h"

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

char *upload_list_first(const struct depot_begin *begin)
{
	return str_format("belay-upload 1 %zu %s %s\n", begin->part_bytes, begin->mark,
			  begin->name);
}

char *upload_list_line(const struct depot_part *part)
{
	return str_format("%u %jd %s\n", part->number, (intmax_t)part->size_bytes,
			  part->sha256);
}

void upload_list_part(unsigned number, const void *data, size_t bytes,
		      const unsigned char *sha256, struct depot_part *ret)
{
	unsigned char made[DIGEST_SHA256_BYTES];
	if (!sha256) {
		digest_sha256(data, bytes, made);
		sha256 = made;
	}
	_cleanup_free_ char *hex = str_hex(sha256, DIGEST_SHA256_BYTES);
	*ret = (struct depot_part){.number = number, .size_bytes = (int64_t)bytes};
	snprintf(ret->sha256, sizeof ret->sha256, "%s", hex);
	snprintf(ret->tag, sizeof ret->tag, "%s", hex);
}

/* --- reading ------------------------------------------------------------------------------- */

/* The next word of a line as a number. */
static bool take_number(const char **line, long long max, long long *ret)
{
	size_t len = strcspn(*line, " \n");
	_cleanup_free_ char *word = mem_strndup(*line, len);
	*line += len + ((*line)[len] == ' ');
	return str_to_int64(word, 0, max, ret) == 0;
}

static bool parse_part(const char *line, size_t part_bytes, struct depot_part *ret)
{
	long long number, bytes;
	*ret = (struct depot_part){0};
	if (!take_number(&line, DEPOT_PARTS_MAX, &number) || number == 0 ||
	    !take_number(&line, (long long)part_bytes, &bytes) ||
	    strspn(line, "0123456789abcdef") != 64 || line[64] != '\n')
		return false;
	ret->number = (unsigned)number;
	ret->size_bytes = bytes;
	memcpy(ret->sha256, line, 64);
	memcpy(ret->tag, line, 64);
	return true;
}

int upload_list_parse(const char *text, const struct depot_begin *begin,
		      struct depot_parts *ret, struct err *err)
{
	struct depot_part part;
	_cleanup_free_ char *first = upload_list_first(begin);
	*ret = (struct depot_parts){0};
	if (!str_has_prefix(text, first))
		return err_set(err, ERR_CONFIG, "this upload is not the one of '%s'",
			       begin->name);
	const char *line = text + strlen(first);
	for (const char *end; (end = strchr(line, '\n')); line = end + 1)
		if (parse_part(line, begin->part_bytes, &part))
			depot_parts_set(ret, &part);
	return 0;
}

char *upload_list_name(const char *text)
{
	const char *at = text;
	for (int words = 0; words < 4 && at; words++) {
		at = strpbrk(at, " \n");
		at = at && *at == ' ' ? at + 1 : NULL;
	}
	return at ? mem_strndup(at, strcspn(at, "\n")) : mem_strdup("");
}

bool upload_list_counts(const char *name, const char *prefix, int64_t begun_ms,
			int64_t now_ms)
{
	struct err ignored = {0};
	if (!*name)
		return begun_ms < now_ms - NAMELESS_AGE_MS;
	return str_has_prefix(name, prefix) && depot_check_name(name, &ignored) == 0;
}
