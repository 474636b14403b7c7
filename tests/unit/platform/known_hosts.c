/* The known_hosts format. The keys and fingerprints were made with ssh-keygen. */
#include "platform/known_hosts.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "test.h"

#define KEY_A "AAAAC3NzaC1lZDI1NTE5AAAAIBbzp0kEsqI6B2RZ2SAMTuVNJmCmK7LSqmEMXjTqgZ1V"
#define KEY_B "AAAAC3NzaC1lZDI1NTE5AAAAIHUkXUlKp4Jhf5fs1oBxbUCxOL2oyLbsqeRg8ywzLh5z"

static const struct row {
	const char *name, *text, *host;
	unsigned port;
	enum known_host want; /* for KEY_A */
} rows[] = {
	{"listed", "web1 ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_TRUSTED},
	{"with comment", "web1 ssh-ed25519 " KEY_A " root@web1\n", "web1", 22,
	 KNOWN_HOST_TRUSTED},
	{"Windows line ends", "web1 ssh-ed25519 " KEY_A "\r\n", "web1", 22,
	 KNOWN_HOST_TRUSTED},
	{"tabs and blanks", " \tweb1\t ssh-ed25519  " KEY_A "\t", "web1", 22,
	 KNOWN_HOST_TRUSTED},
	{"case", "WEB1.example ssh-ed25519 " KEY_A, "web1.EXAMPLE", 22,
	 KNOWN_HOST_TRUSTED},
	{"another host", "web2 ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_UNKNOWN},
	{"prefix", "web ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_UNKNOWN},
	{"another key", "web1 ssh-ed25519 " KEY_B, "web1", 22, KNOWN_HOST_CHANGED},
	{"two keys", "web1 ssh-ed25519 " KEY_B "\nweb1 ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_TRUSTED},
	{"several names", "web0,web1,10.0.0.1 ssh-ed25519 " KEY_A, "10.0.0.1", 22,
	 KNOWN_HOST_TRUSTED},
	{"star", "*.example.com ssh-ed25519 " KEY_A, "web1.example.com", 22,
	 KNOWN_HOST_TRUSTED},
	{"question mark", "web? ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_TRUSTED},
	{"star does not match less", "web1*x ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_UNKNOWN},
	{"two stars", "*e*1 ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_TRUSTED},
	{"negated", "web*,!web1 ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_UNKNOWN},
	{"negated, other", "web*,!web2 ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_TRUSTED},
	{"only negated", "!web2 ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_UNKNOWN},
	{"port", "[web1]:2222 ssh-ed25519 " KEY_A, "web1", 2222, KNOWN_HOST_TRUSTED},
	{"other port", "[web1]:2222 ssh-ed25519 " KEY_A, "web1", 2223,
	 KNOWN_HOST_UNKNOWN},
	{"port listed, 22 asked", "[web1]:2222 ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_UNKNOWN},
	{"no port listed, same key", "web1 ssh-ed25519 " KEY_A, "web1", 2222,
	 KNOWN_HOST_TRUSTED},
	{"no port listed, other key", "web1 ssh-ed25519 " KEY_B, "web1", 2222,
	 KNOWN_HOST_UNKNOWN},
	{"IPv6", "::1 ssh-ed25519 " KEY_A, "::1", 22, KNOWN_HOST_TRUSTED},
	{"IPv6 and port", "[::1]:2222 ssh-ed25519 " KEY_A, "::1", 2222,
	 KNOWN_HOST_TRUSTED},
	{"hashed", "@HASHED@ ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_TRUSTED},
	{"hashed, other host", "@HASHED@ ssh-ed25519 " KEY_A, "web2", 22,
	 KNOWN_HOST_UNKNOWN},
	{"hashed, upper case asked", "@HASHED@ ssh-ed25519 " KEY_A, "WEB1", 22,
	 KNOWN_HOST_TRUSTED},
	{"damaged hash", "|1|AAAA|BBBB ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_UNKNOWN},
	{"hash without end", "|1|AAAA ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_UNKNOWN},
	{"revoked", "@revoked * ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_REVOKED},
	{"revoked and listed",
	 "web1 ssh-ed25519 " KEY_A "\n@revoked * ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_REVOKED},
	{"another one revoked",
	 "@revoked * ssh-ed25519 " KEY_B "\nweb1 ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_TRUSTED},
	{"authority is no key", "@cert-authority * ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_UNKNOWN},
	{"unknown marker", "@future web1 ssh-ed25519 " KEY_A, "web1", 22,
	 KNOWN_HOST_UNKNOWN},
	{"comment", "# web1 ssh-ed25519 " KEY_A, "web1", 22, KNOWN_HOST_UNKNOWN},
	{"damaged key", "web1 ssh-ed25519 AAAA!", "web1", 22, KNOWN_HOST_UNKNOWN},
	{"no key", "web1 ssh-ed25519", "web1", 22, KNOWN_HOST_UNKNOWN},
	{"empty", "", "web1", 22, KNOWN_HOST_UNKNOWN},
	{"blank lines", "\n\n \nweb1 ssh-ed25519 " KEY_A "\n\n", "web1", 22,
	 KNOWN_HOST_TRUSTED},
};

/* ssh-keygen -H of "web1" */
static const char hashed_web1[] =
	"|1|fR1pls9t94DoAVGQ+B2BFKjOe1c=|MASpEMgIyqIZdXZ9ynjDydqq4/4=";

static void decode(const char *base64, unsigned char **ret, size_t *ret_len)
{
	CHECK_INT_EQ(str_unbase64(base64, ret, ret_len), 0);
}

TEST(judges)
{
	_cleanup_free_ unsigned char *key = NULL;
	size_t key_len = 0;
	decode(KEY_A, &key, &key_len);
	FOR_ROWS(row, rows) {
		struct str text = STR_INIT;
		const char *rest = row->text;
		if (str_has_prefix(rest, "@HASHED@")) {
			str_add(&text, hashed_web1);
			rest += strlen("@HASHED@");
		}
		str_add(&text, rest);
		struct known_hosts known = {str_text(&text), text.len, row->host,
					    row->port};
		CHECK_INT_EQ(known_hosts_judge(&known, key, key_len, NULL, NULL),
			     row->want);
		str_release(&text);
	}
	struct known_hosts nothing = {NULL, 0, "web1", 22};
	CHECK_INT_EQ(known_hosts_judge(&nothing, key, key_len, NULL, NULL),
		     KNOWN_HOST_UNKNOWN);
}

TEST(explains)
{
	static const char text[] = "web1 ssh-ed25519 " KEY_B
				   "\n@cert-authority web* ssh-ed25519 " KEY_B "\n";
	_cleanup_free_ unsigned char *key = NULL;
	size_t key_len = 0;
	decode(KEY_A, &key, &key_len);
	struct known_hosts known = {text, sizeof text - 1, "web1", 22};
	struct str expected = STR_INIT;
	bool authority = false;
	CHECK_INT_EQ(known_hosts_judge(&known, key, key_len, &expected, &authority),
		     KNOWN_HOST_CHANGED);
	CHECK_STR_EQ(str_text(&expected),
		     "SHA256:yte+2rr81vt4KhTNyNZVTauTnVT1tQ2yjnCiQ5sePMc (ssh-ed25519)");
	CHECK(authority);
	str_release(&expected);
	_cleanup_free_ char *fingerprint = known_hosts_fingerprint(key, key_len);
	CHECK_STR_EQ(fingerprint, "SHA256:kiPPy2Jpl3oU1OTGl1/4Dn5WiUR0+36BQlXpTvQutZ8");
}

TEST(types)
{
	static const char text[] =
		"web1 ssh-rsa AAAA\nweb2 ecdsa-sha2-nistp256 AAAA\n# x\n"
		"web1 ssh-ed25519 AAAA\n*,!web2 ssh-rsa AAAA\n"
		"@cert-authority web1 ssh-dss AAAA\n@revoked web1 ssh-dss AAAA\n";
	struct known_hosts known = {text, sizeof text - 1, "web1", 22};
	struct str types = STR_INIT;
	known_hosts_types(&known, &types);
	CHECK_STR_EQ(str_text(&types), "ssh-rsa,ssh-ed25519");
	str_release(&types);
}
