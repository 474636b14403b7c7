/* A manifest from a stranger. Whatever is accepted has numbers that a reader can trust, a name that leads nowhere
 * else, and gives a command in which its words are quoted and a page that a terminal can show.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_args(const json_t *manifest)
{
	_cleanup_json_ json_t *args = backup_read_args(manifest);
	int64_t sealed = json_get_int(args, "sealed_bytes", -1);
	int64_t each = json_get_int(args, "chunk_bytes", -1);
	int64_t count = (int64_t)json_array_size(json_object_get(args, "chunks"));
	require(sealed > 0 && each > 0 && count > 0);
	require((sealed - 1) / each + 1 == count);
	require(json_get_int(args, "open_bytes", -1) >= 0);
	require(!strstr(json_get_string(args, "object", ".."), ".."));
}

/* The only outside text in the command is a file's name, which stands in quotes. */
static void check_command(const json_t *manifest)
{
	_cleanup_free_ char *command = backup_restore_command(manifest);
	const char *file = json_get_string(manifest, "file", NULL);
	_cleanup_str_ struct str quoted = STR_INIT;
	if (!file)
		return;
	require(*file && !strchr(file, '/') && !strchr(file, '\n'));
	str_add_shell_quoted(&quoted, file);
	str_add_char(&quoted, '\n');
	require(strstr(command, str_text(&quoted)) != NULL);
}

static void check_page(const json_t *manifest)
{
	_cleanup_free_ char *page = backup_restore_page(manifest);
	for (const char *c = page; *c; c++)
		require((unsigned char)*c >= 0x20 || *c == '\n');
	require(str_is_utf8(page, strlen(page)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *manifest = NULL, *again = NULL;
	struct err err = {0};
	if (backup_manifest_parse((const char *)data, size, &manifest, &err)) {
		require(err.code == ERR_STATE && *err.message && *err.hint);
		return 0;
	}
	_cleanup_free_ char *text = backup_manifest_text(manifest);
	require(backup_manifest_parse(text, strlen(text), &again, &err) == 0);
	require(json_equal(manifest, again));
	check_args(manifest);
	check_command(manifest);
	check_page(manifest);
	return 0;
}
