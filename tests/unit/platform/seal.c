/* Sealing and opening: every kind of key, wrong ones, and every kind of damage. */
#include "platform/seal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/keygen.h"
#include "test.h"

#define PIECE ((size_t)200000)

struct pair {
	struct secret key;
	char *certificate;
};

static void pair_make(struct pair *pair, const char *type)
{
	struct err err = {0};
	const struct keygen wanted = {.type = type,
				      .name = "belay test",
				      .now_ms = (int64_t)time(NULL) * 1000,
				      .days = 30};
	CHECK_OK(keygen_run(&wanted, &pair->key, &pair->certificate, &err), &err);
}

static void pair_release(struct pair *pair)
{
	secret_release(&pair->key);
	free(pair->certificate);
}

static unsigned char *pattern(size_t len, unsigned seed)
{
	unsigned char *data = mem_alloc(len);
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525U + 1013904223U;
		data[i] = (unsigned char)(seed >> 24);
	}
	return data;
}

/* Seals into fresh memory. */
static unsigned char *seal(struct sealer *sealer, const void *open, size_t len,
			   size_t *ret_bytes)
{
	struct err err = {0};
	struct sealed sealed = {0};
	size_t head = sealer_head_bytes(sealer);
	_cleanup_free_ unsigned char *room = mem_alloc(head + len + SEAL_TAIL_BYTES);
	memcpy(room + head, open, len);
	CHECK_OK(sealer_seal(sealer, room + head, len, &sealed, &err), &err);
	unsigned char *out = mem_alloc(sealed.bytes);
	memcpy(out, sealed.data, sealed.bytes);
	*ret_bytes = sealed.bytes;
	return out;
}

static struct sealer *sealer_for(const struct pair *pair)
{
	struct err err = {0};
	struct sealer *sealer = NULL;
	const char *pem = pair->certificate, *name = "keys/backup.crt";
	CHECK_OK(sealer_new(&pem, &name, 1, &sealer, &err), &err);
	return sealer;
}

static const struct row {
	const char *name;
	const char *recipient;
} rows[] = {
	{"elliptic curve P-256", "P-256 /CN=belay test, SHA-256 "},
	{"elliptic curve P-384", "P-384 /CN=belay test, SHA-256 "},
	{"RSA 3072", "RSA 3072 /CN=belay test, SHA-256 "},
};
static const char *const row_types[] = {"p-256", "p-384", "rsa-3072"};

TEST(what_was_sealed_opens_again)
{
	_cleanup_free_ unsigned char *data = pattern(PIECE, 1);
	FOR_ROWS(row, rows) {
		struct err err = {0};
		struct pair pair = {0};
		pair_make(&pair, row_types[row - rows]);
		_cleanup_(sealer_freep) struct sealer *sealer = sealer_for(&pair);
		_cleanup_(opener_freep) struct opener *opener = NULL;
		size_t sealed_bytes = 0, bytes = 0, again = 0;
		_cleanup_free_ unsigned char *sealed =
			seal(sealer, data, PIECE, &sealed_bytes);
		_cleanup_free_ unsigned char *other = seal(sealer, data, PIECE, &again);
		_cleanup_free_ unsigned char *out = mem_alloc(sealed_bytes);
		CHECK_STR_HAS(sealer_recipient(sealer, 0), row->recipient);
		CHECK_NULL(sealer_recipient(sealer, 1));
		CHECK_NULL(sealer_warning(sealer));
		CHECK_INT_EQ(sealed_bytes, again);
		CHECK(memcmp(sealed, other, sealed_bytes) != 0);
		CHECK_OK(opener_new(&pair.key, NULL, pair.certificate, &opener, &err),
			 &err);
		CHECK_OK(opener_open(opener, sealed, sealed_bytes, out, &bytes, &err),
			 &err);
		CHECK_MEM_EQ(out, bytes, data, PIECE);
		pair_release(&pair);
	}
}

TEST(each_of_several_recipients_can_open)
{
	struct err err = {0};
	struct pair pairs[2] = {0};
	pair_make(&pairs[0], "p-256");
	pair_make(&pairs[1], "rsa-3072");
	const char *pems[] = {pairs[0].certificate, pairs[1].certificate};
	const char *names[] = {"one", "two"};
	_cleanup_(sealer_freep) struct sealer *sealer = NULL;
	CHECK_OK(sealer_new(pems, names, 2, &sealer, &err), &err);
	size_t sealed_bytes = 0;
	_cleanup_free_ unsigned char *sealed = seal(sealer, "hello", 5, &sealed_bytes);
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_(opener_freep) struct opener *opener = NULL;
		_cleanup_free_ unsigned char *out = mem_alloc(sealed_bytes);
		size_t bytes = 0;
		CHECK_OK(opener_new(&pairs[i].key, NULL, pairs[i].certificate, &opener,
				    &err),
			 &err);
		CHECK_OK(opener_open(opener, sealed, sealed_bytes, out, &bytes, &err),
			 &err);
		CHECK_MEM_EQ(out, bytes, "hello", 5);
		pair_release(&pairs[i]);
	}
}

TEST(another_key_is_refused)
{
	struct err err = {0};
	struct pair ours = {0}, theirs = {0};
	pair_make(&ours, "p-256");
	pair_make(&theirs, "p-256");
	_cleanup_(sealer_freep) struct sealer *sealer = sealer_for(&ours);
	_cleanup_(opener_freep) struct opener *opener = NULL;
	size_t sealed_bytes = 0, bytes = 0;
	_cleanup_free_ unsigned char *sealed = seal(sealer, "hello", 5, &sealed_bytes);
	_cleanup_free_ unsigned char *out = mem_alloc(sealed_bytes);
	CHECK_FAILS(opener_new(&ours.key, NULL, theirs.certificate, &opener, &err), &err,
		    ERR_CONFIG, "does not belong to the certificate");
	err_clear(&err);
	_cleanup_free_ char *both =
		str_format("%s\n%s", theirs.certificate, ours.certificate);
	_cleanup_(opener_freep) struct opener *ours_opener = NULL;
	CHECK_OK(opener_new(&ours.key, NULL, both, &ours_opener, &err), &err);
	CHECK_OK(opener_open(ours_opener, sealed, sealed_bytes, out, &bytes, &err), &err);
	CHECK_OK(opener_new(&theirs.key, NULL, both, &opener, &err), &err);
	CHECK_FAILS(opener_open(opener, sealed, sealed_bytes, out, &bytes, &err), &err,
		    ERR_AUTH, "not sealed for this certificate");
	pair_release(&ours);
	pair_release(&theirs);
}

TEST(a_passphrase_works_and_a_wrong_one_does_not)
{
	struct err err = {0};
	static const unsigned char salt[SEAL_SALT_BYTES] = "salt and pepper";
	_cleanup_secret_ struct secret right = SECRET_INIT, wrong = SECRET_INIT,
				       empty = SECRET_INIT;
	secret_set(&right, "correct horse", 13);
	secret_set(&wrong, "battery staple", 14);
	secret_set(&empty, "short", 5);
	_cleanup_(sealer_freep) struct sealer *sealer = NULL, *none = NULL;
	_cleanup_(opener_freep) struct opener *good = NULL, *bad = NULL;
	CHECK_FAILS(sealer_new_passphrase(&empty, salt, &none, &err), &err, ERR_CONFIG,
		    "shorter than 8");
	err_clear(&err);
	CHECK_OK(sealer_new_passphrase(&right, salt, &sealer, &err), &err);
	CHECK_OK(opener_new_passphrase(&right, salt, &good, &err), &err);
	CHECK_OK(opener_new_passphrase(&wrong, salt, &bad, &err), &err);
	size_t sealed_bytes = 0, bytes = 0;
	_cleanup_free_ unsigned char *sealed = seal(sealer, "hello", 5, &sealed_bytes);
	_cleanup_free_ unsigned char *out = mem_alloc(sealed_bytes);
	CHECK_OK(opener_open(good, sealed, sealed_bytes, out, &bytes, &err), &err);
	CHECK_MEM_EQ(out, bytes, "hello", 5);
	CHECK_FAILS(opener_open(bad, sealed, sealed_bytes, out, &bytes, &err), &err,
		    ERR_AUTH, "not the one");
}

/* Each bit of a small piece, and each cut: never opened, never other data. */
TEST(damage_is_noticed)
{
	struct pair pair = {0};
	pair_make(&pair, "p-256");
	struct err err = {0};
	_cleanup_(sealer_freep) struct sealer *sealer = sealer_for(&pair);
	_cleanup_(opener_freep) struct opener *opener = NULL;
	size_t sealed_bytes = 0, opened = 0, wrong = 0;
	_cleanup_free_ unsigned char *sealed = seal(sealer, "hello", 5, &sealed_bytes);
	_cleanup_free_ unsigned char *out = mem_alloc(sealed_bytes);
	CHECK_OK(opener_new(&pair.key, NULL, pair.certificate, &opener, &err), &err);
	for (size_t i = 0; i < sealed_bytes; i++) {
		size_t bytes = 0;
		struct err ignored = {0};
		sealed[i] ^= (unsigned char)(1U << (i % 8));
		if (opener_open(opener, sealed, sealed_bytes, out, &bytes, &ignored) ==
		    0) {
			opened++;
			wrong += bytes != 5 || memcmp(out, "hello", 5) != 0;
		}
		sealed[i] ^= (unsigned char)(1U << (i % 8));
	}
	for (size_t len = 0; len < sealed_bytes; len++) {
		size_t bytes = 0;
		struct err ignored = {0};
		if (opener_open(opener, sealed, len, out, &bytes, &ignored) == 0)
			wrong++;
	}
	/* Version numbers and the content's type are not authenticated; the data always is. */
	CHECK_INT_EQ(wrong, 0);
	CHECK(opened < 20);
	pair_release(&pair);
}

TEST(what_cannot_receive_is_refused)
{
	struct err err = {0};
	struct sealer *sealer = NULL;
	const char *pem = "no certificate here", *name = "keys/backup.crt";
	CHECK_FAILS(sealer_new(&pem, &name, 1, &sealer, &err), &err, ERR_CONFIG,
		    "keys/backup.crt: there is no certificate");
	err_clear(&err);
	CHECK_FAILS(sealer_new(NULL, NULL, 0, &sealer, &err), &err, ERR_CONFIG,
		    "needs a recipient");
}
