/* HMAC-SHA256, by the test cases of RFC 4231. */
#include "platform/digest.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "test.h"

static const char twenty[] =
	"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b";

static const struct hmac_row {
	const char *name, *key, *data, *hex;
} hmacs[] = {
	{"case 1", twenty, "Hi There",
	 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{"case 2", "Jefe", "what do ya want for nothing?",
	 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{"nothing signed with nothing", "", "",
	 "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

TEST(known_answers)
{
	FOR_ROWS(row, hmacs) {
		_cleanup_free_ char *hex = digest_hmac_sha256_hex(
			row->key, strlen(row->key), row->data, strlen(row->data));
		CHECK_STR_EQ(hex, row->hex);
	}
}

/* Case 6: a key that is longer than a block. */
TEST(a_long_key_is_hashed_first)
{
	char key[131];
	memset(key, 0xaa, sizeof key);
	static const char data[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	_cleanup_free_ char *hex =
		digest_hmac_sha256_hex(key, sizeof key, data, strlen(data));
	CHECK_STR_EQ(hex,
		     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
