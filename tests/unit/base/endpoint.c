/* Endpoints: what parses to what, and what does not. */
#include "belay/endpoint.h"

#include "test.h"

static const struct row {
	const char *name, *text;
	int default_port;
	const char *user, *host; /* host NULL: refused */
	int port;
} rows[] = {
	{"host and port", "db.example.com:5432", 0, NULL, "db.example.com", 5432},
	{"user, host and port", "deploy@web1:2222", 22, "deploy", "web1", 2222},
	{"default port", "deploy@web1", 22, "deploy", "web1", 22},
	{"IPv6 with port", "[2001:db8::7]:443", 0, NULL, "2001:db8::7", 443},
	{"IPv6 without port", "root@[::1]", 22, "root", "::1", 22},
	{"user with @", "a@b@web1", 22, "a@b", "web1", 22},
	{"port required", "web1", 0, NULL, NULL, 0},
	{"port too large", "web1:65536", 0, NULL, NULL, 0},
	{"port zero", "web1:0", 22, NULL, NULL, 0},
	{"port empty", "web1:", 22, NULL, NULL, 0},
	{"port with sign", "web1:+22", 22, NULL, NULL, 0},
	{"bare IPv6", "2001:db8::7", 22, NULL, NULL, 0},
	{"open bracket", "[::1:22", 22, NULL, NULL, 0},
	{"after bracket", "[::1]x:22", 22, NULL, NULL, 0},
	{"empty brackets", "[]:22", 22, NULL, NULL, 0},
	{"empty user", "@web1", 22, NULL, NULL, 0},
	{"empty", "", 22, NULL, NULL, 0},
};

TEST(parses_endpoints)
{
	FOR_ROWS(row, rows) {
		_cleanup_endpoint_ struct endpoint endpoint = {0};
		int result = endpoint_parse(row->text, row->default_port, &endpoint);
		CHECK_INT_EQ(result, row->host ? 0 : -1);
		CHECK_STR_EQ(endpoint.host, row->host);
		CHECK_STR_EQ(endpoint.user, row->user);
		CHECK_INT_EQ(endpoint.port, row->port);
	}
}
