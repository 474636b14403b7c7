/* The journal on a real git remote over HTTP(S): git http-backend behind a web server.
 *
 * Where it is comes from the environment: GIT_HTTPS_URL, CA_PEM, GIT_HTTP_USER, GIT_HTTP_PASS; the
 * test skips itself without. Each test uses a branch of its own. With GIT_REPOSITORY, the path of
 * the repository on this machine, stock git has the last word (fsck). */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/git.h"
#include "platform/trust.h"
#include "test.h"

#define AT_MS INT64_C(1700000000000)

struct place {
	struct trust *trust;
	struct vcs_pool *pool;
	struct secret password;
	struct vcs_remote remote;
	char branch[64];
};

static void place_open(struct place *place, const char *branch)
{
	const char *url = getenv("GIT_HTTPS_URL");
	const char *password = getenv("GIT_HTTP_PASS");
	if (!url || !password)
		test_skip("GIT_HTTPS_URL and GIT_HTTP_PASS are not set");
	signal(SIGPIPE, SIG_IGN);
	*place = (struct place){.trust = trust_new()};
	place->pool = vcs_pool_new(place->trust);
	secret_set(&place->password, password, strlen(password));
	place->remote = (struct vcs_remote){
		.url = url,
		.user = getenv("GIT_HTTP_USER"),
		.password = &place->password,
		.ca_file = getenv("CA_PEM"),
		.stop = {.wake_fd = -1},
	};
	snprintf(place->branch, sizeof place->branch, "%s-%lld", branch,
		 (long long)time(NULL));
}

static void place_close(struct place *place)
{
	vcs_pool_free(place->pool);
	secret_release(&place->password);
	trust_free(place->trust);
}

#define ROUNDS_DEFAULT 200
#include "git_remote.h"

TEST(errors_name_what_is_missing)
{
	static const struct row {
		const char *name;
		const char *suffix;
		const char *password; /* NULL: anonymous; "": the right one */
		enum err_code code;
		const char *part;
	} rows[] = {
		{"wrong password", "", "wrong", ERR_AUTH, "does not accept"},
		{"anonymous", "", NULL, ERR_AUTH, "asks for credentials"},
		{"no repository", "x", "", ERR_NOT_FOUND, "not found"},
	};
	FOR_ROWS(row, rows) {
		struct place place;
		struct err err = {0};
		struct vcs_snapshot snapshot;
		place_open(&place, "errors");
		_cleanup_free_ char *url =
			str_format("%s%s", place.remote.url, row->suffix);
		place.remote.url = url;
		if (!row->password)
			place.remote.password = NULL;
		else if (*row->password)
			secret_set(&place.password, row->password, strlen(row->password));
		CHECK_FAILS(vcs_read(place.pool, &place.remote, place.branch, &snapshot,
				     &err),
			    &err, row->code, row->part);
		CHECK(err.hint[0] != '\0');
		place_close(&place);
	}
	struct place place;
	struct err err = {0};
	struct vcs_snapshot snapshot;
	place_open(&place, "errors");
	place.remote.url = "https://127.0.0.1:1/x.git";
	CHECK_FAILS(vcs_read(place.pool, &place.remote, place.branch, &snapshot, &err),
		    &err, ERR_NET, "does not answer");
	place_close(&place);
}
