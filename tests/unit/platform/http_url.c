/* Questions about URLs. */
#include "platform/http_url.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "test.h"

TEST(same_origin)
{
	static const struct row {
		const char *name;
		const char *a, *b;
		bool same;
	} rows[] = {
		{"path differs", "https://a.example/x", "https://a.example/y?z", true},
		{"default port", "https://a.example/", "https://a.example:443/", true},
		{"case of the host", "https://A.example/", "https://a.EXAMPLE/", true},
		{"port differs", "https://a.example/", "https://a.example:444/", false},
		{"scheme differs", "https://a.example/", "http://a.example/", false},
		{"host differs", "https://a.example/", "https://b.example/", false},
		{"a prefix is another host", "https://a.example/",
		 "https://a.example.evil/", false},
		{"host behind credentials", "https://a.example/",
		 "https://a.example@evil/", false},
		{"not a URL", "https://a.example/", "::", false},
		{"IPv6", "http://[::1]:80/", "http://[::1]/", true},
	};
	FOR_ROWS(row, rows)
		CHECK_INT_EQ(http_url_same_origin(row->a, row->b), row->same);
}

TEST(usable_urls)
{
	static const struct row {
		const char *name;
		const char *url;
		const char *fault; /* NULL: usable */
	} rows[] = {
		{"https", "https://a.example/x?y=1", NULL},
		{"http with port", "http://127.0.0.1:8080", NULL},
		{"IPv6", "http://[::1]:8080/", NULL},
		{"no scheme", "a.example", "must start with"},
		{"file", "file:///etc/passwd", "must start with"},
		{"empty", "", "empty"},
		{"no host", "https://", "no usable"},
		{"user", "https://u@a.example/", "credentials"},
		{"user and password", "https://u:secret@a.example/", "credentials"},
		{"bad port", "https://a.example:99999/", "no usable"},
		{"line break", "https://a.example/\r\nX: y", "no usable"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		if (!row->fault) {
			CHECK_OK(http_url_check(row->url, &err), &err);
			continue;
		}
		CHECK_FAILS(http_url_check(row->url, &err), &err, ERR_CONFIG, row->fault);
		CHECK_NULL(strstr(err.message, "secret"));
	}
}

TEST(credentials_are_taken_out)
{
	static const struct row {
		const char *name;
		const char *url, *bare, *user, *password;
	} rows[] = {
		{"none", "https://a.example/r.git", "https://a.example/r.git", NULL,
		 NULL},
		{"token as user", "https://ghs_x@a.example/r", "https://a.example/r",
		 "ghs_x", NULL},
		{"both", "https://u:p%40ss@a.example/r", "https://a.example/r", "u",
		 "p@ss"},
		{"ssh", "ssh://git@a.example:22/r", "ssh://a.example:22/r", "git", NULL},
	};
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *user = NULL;
		_cleanup_secret_ struct secret password = SECRET_INIT;
		_cleanup_free_ char *bare =
			http_url_without_credentials(row->url, &user, &password);
		CHECK_STR_EQ(bare, row->bare);
		CHECK_STR_EQ(user, row->user);
		CHECK_STR_EQ(password.data, row->password);
	}
}
