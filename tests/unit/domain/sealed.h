/* A backup in a folder, made of real parts: packed, sealed, with its manifest. For tests of what is said about it.
 *
 *     struct sealed_folder f = {0};
 *     sealed_make(&f, "p-256", NULL, tar, len);     // a type of key, "two" or "passphrase"; name of a stream, or NULL
 *     … f.path, f.manifest, f.data …
 *     sealed_release(&f);
 */
#ifndef TEST_SEALED_H
#define TEST_SEALED_H

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "platform/digest.h"
#include "platform/fs.h"
#include "platform/keygen.h"
#include "platform/pack.h"
#include "platform/seal.h"
#include "test.h"

#define SEALED_CHUNK ((size_t)PACK_CHUNK_MIN)
#define SEALED_NAME "nightly-db"
#define SEALED_ID "20261121T020000Z-1a2b"
#define SEALED_SALT "73616c74732061726520736978746565"
#define SEALED_PASSPHRASE "it's \"correct\" $HORSE: battery"

struct sealed_folder {
	char *path;
	json_t *manifest;
	struct secret key; /* with its certificate; or SEALED_PASSPHRASE */
	char *certificate;
	struct sealer *sealer;
	unsigned char *room;
	struct str data; /* all sealed chunks */
	json_t *chunks;
	size_t packed_bytes, chunk_bytes;
};

__attribute__((unused)) static char *sealed_digest(const void *data, size_t len)
{
	unsigned char bytes[DIGEST_SHA256_BYTES];
	digest_sha256(data, len, bytes);
	return str_hex(bytes, sizeof bytes);
}

__attribute__((unused)) static void sealed_write(const struct sealed_folder *folder,
						 const char *name, const void *data,
						 size_t len)
{
	struct err err = {0};
	_cleanup_free_ char *path = str_format("%s/%s", folder->path, name);
	struct fs_write write = {.data = data, .len = len, .mode = 0644};
	CHECK_OK(fs_write(path, &write, &err), &err);
}

/* Each chunk is sealed where it stands. */
__attribute__((unused)) static unsigned char *sealed_room(void *context, struct err *err)
{
	struct sealed_folder *folder = context;
	size_t head = sealer_head_bytes(folder->sealer);
	(void)err;
	if (!folder->room)
		folder->room = mem_alloc(head + SEALED_CHUNK + SEAL_TAIL_BYTES);
	return folder->room + head;
}

__attribute__((unused)) static int sealed_take(void *context, size_t bytes,
					       uint64_t index, bool final,
					       struct err *err)
{
	struct sealed_folder *folder = context;
	struct sealed sealed;
	if (sealer_seal(folder->sealer, sealed_room(folder, err), bytes, &sealed, err) <
	    0)
		return -1;
	_cleanup_free_ char *digest = sealed_digest(sealed.data, sealed.bytes);
	json_array_append_new(folder->chunks, json_string(digest));
	str_add_bytes(&folder->data, sealed.data, sealed.bytes);
	folder->packed_bytes += bytes;
	if (index == 0 || !final)
		folder->chunk_bytes = sealed.bytes;
	return 0;
}

__attribute__((unused)) static void sealed_make_sealer(struct sealed_folder *folder,
						       const char *type)
{
	struct err err = {0};
	if (strcmp(type, "passphrase") == 0) {
		unsigned char salt[SEAL_SALT_BYTES] = "salts are sixtee";
		secret_set(&folder->key, SEALED_PASSPHRASE, strlen(SEALED_PASSPHRASE));
		CHECK_OK(sealer_new_passphrase(&folder->key, salt, &folder->sealer, &err),
			 &err);
		return;
	}
	struct secret other_key = {0};
	char *pems[2] = {NULL};
	const char *const names[] = {"backup.crt", "other.crt"};
	struct keygen wanted = {.type = type,
				.name = "belay test",
				.now_ms = (int64_t)time(NULL) * 1000,
				.days = 30};
	bool two = strcmp(type, "two") == 0;
	if (two) {
		wanted.type = "rsa-3072";
		CHECK_OK(keygen_run(&wanted, &other_key, &pems[1], &err), &err);
		wanted.type = "p-256";
	}
	CHECK_OK(keygen_run(&wanted, &folder->key, &folder->certificate, &err), &err);
	pems[0] = folder->certificate;
	CHECK_OK(sealer_new((const char *const *)pems, names, two ? 2 : 1,
			    &folder->sealer, &err),
		 &err);
	secret_release(&other_key);
	free(pems[1]);
}

__attribute__((unused)) static json_t *sealed_asked(const char *type, const char *file)
{
	bool passphrase = strcmp(type, "passphrase") == 0;
	json_t *asked = json_pack("{s:s, s:{s:s, s:i}, s:{}}", "kind",
				  file ? "stream" : "tar", "pack", "id",
				  "30313233343536373839616263646566", "level", 3, "seal");
	if (passphrase)
		json_object_set_new(json_object_get(asked, "seal"), "salt",
				    json_string(SEALED_SALT));
	return asked;
}

/* Of the digests of what the data is now, chunk by chunk. */
__attribute__((unused)) static char *sealed_chunks_digest(
	const struct sealed_folder *folder)
{
	struct digest *all = digest_new();
	size_t each = folder->chunk_bytes, len = folder->data.len;
	for (size_t at = 0; at < len; at += each) {
		unsigned char bytes[DIGEST_SHA256_BYTES];
		digest_sha256(folder->data.data + at, len - at < each ? len - at : each,
			      bytes);
		digest_add(all, bytes, sizeof bytes);
	}
	char *hex = digest_hex(all);
	digest_free(all);
	return hex;
}

__attribute__((unused)) static json_t *sealed_written(const struct sealed_folder *folder,
						      const char *file, const void *open,
						      size_t len)
{
	_cleanup_free_ char *digest = sealed_digest(open, len);
	_cleanup_free_ char *all = sealed_chunks_digest(folder);
	return json_pack(
		"{s:o, s:[], s:i, s:I, s:s, s:I, s:I, s:s, s:I, s:O, s:[s], s:{s:s}}",
		"entries", file ? json_null() : json_integer(3), "left_out",
		"left_out_count", 0, "open_bytes", (json_int_t)len, "open_sha256", digest,
		"packed_bytes", (json_int_t)folder->packed_bytes, "sealed_bytes",
		(json_int_t)folder->data.len, "chunks_sha256", all, "chunk_bytes",
		(json_int_t)folder->chunk_bytes, "chunks", folder->chunks, "recipients",
		sealer_recipient(folder->sealer, 0), "tools", "libarchive", "3.7.4");
}

__attribute__((unused)) static void sealed_make(struct sealed_folder *folder,
						const char *type, const char *file,
						const void *open, size_t len)
{
	struct err err = {0};
	struct pack_options options = {
		.chunk_bytes = SEALED_CHUNK, .level = 3, .threads = 1};
	memcpy(options.id, "0123456789abcdef", PACK_ID_BYTES);
	folder->data = (struct str)STR_INIT;
	folder->chunks = json_array();
	folder->path = str_format("%s/a folder/%s", test_directory(), SEALED_ID);
	sealed_make_sealer(folder, type);
	_cleanup_(pack_freep) struct pack *pack =
		pack_new(&options, (struct pack_sink){sealed_room, sealed_take, folder});
	CHECK_OK(pack_add(pack, open, len, &err), &err);
	CHECK_OK(pack_end(pack, &err), &err);
	sealed_write(folder, "data.zst.cms", folder->data.data, folder->data.len);

	_cleanup_json_ json_t *asked = sealed_asked(type, file);
	_cleanup_json_ json_t *written = sealed_written(folder, file, open, len);
	_cleanup_json_ json_t *sources = json_pack("[s]", "directory /srv/data");
	const struct backup_made made = {
		.name = SEALED_NAME,
		.id = SEALED_ID,
		.environment = "production",
		.host = "db1",
		.belay = "1.2.3",
		.begun_ms = INT64_C(1795226400000),
		.finished_ms = INT64_C(1795226460000),
		.file = file,
		.sources = sources,
		.asked = asked,
		.written = written,
	};
	folder->manifest = backup_manifest(&made);
}

__attribute__((unused)) static void sealed_release(struct sealed_folder *folder)
{
	secret_release(&folder->key);
	sealer_freep(&folder->sealer);
	free(folder->room);
	str_release(&folder->data);
	json_decref(folder->chunks);
	json_decref(folder->manifest);
	free(folder->certificate);
	free(folder->path);
	*folder = (struct sealed_folder){0};
}

#endif
