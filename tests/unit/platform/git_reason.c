/* What remotes say, and how they are addressed. */
#include <stdlib.h>

#include "belay/mem.h"
#include "platform/git_session.h"
#include "test.h"

TEST(who_was_faster_and_who_is_refused)
{
	static const struct row {
		const char *name;
		const char *reason;
		bool race;
	} rows[] = {
		{"git, unknown commit", "fetch first", true},
		{"git, configured", "non-fast-forward", true},
		{"git, lock", "cannot lock ref 'refs/heads/s': is at 1a but expected 2b",
		 true},
		{"git, update", "failed to update ref", true},
		{"git, created twice", "reference already exists", true},
		{"git, old value", "incorrect old value provided", true},
		{"hook", "pre-receive hook declined", false},
		{"hook that mentions age", "hook declined: stale approval", false},
		{"rule", "protected branch hook declined", false},
		{"rule set", "push declined due to repository rule violations", false},
		{"shallow", "shallow update not allowed", false},
		{"disk", "unable to migrate objects to permanent storage", false},
		{"config", "branch is currently checked out", false},
	};
	FOR_ROWS(row, rows)
		CHECK_INT_EQ(vcs_reason_is_race(row->reason), row->race);
}

TEST(ssh_addresses)
{
	static const struct row {
		const char *name;
		const char *url;
		const char *user, *host; /* host NULL: refused */
		unsigned port;
		const char *path;
	} rows[] = {
		{"scp form", "git@github.com:acme/app.git", "git", "github.com", 22,
		 "acme/app.git"},
		{"scp form, absolute", "git@h:/srv/app.git", "git", "h", 22,
		 "/srv/app.git"},
		{"scp form, no user", "h:app.git", NULL, "h", 22, "app.git"},
		{"scp form, IPv6", "git@[::1]:app.git", "git", "::1", 22, "app.git"},
		{"url", "ssh://git@h/srv/app.git", "git", "h", 22, "/srv/app.git"},
		{"url with port", "ssh://git@h:2222/srv/app.git", "git", "h", 2222,
		 "/srv/app.git"},
		{"url, IPv6", "ssh://git@[::1]:2222/a", "git", "::1", 2222, "/a"},
		{"home", "ssh://git@h/~git/app.git", "git", "h", 22, "~git/app.git"},
		{"password", "ssh://git:secret@h/a", NULL, NULL, 0, NULL},
		{"option as host", "ssh://-oProxyCommand=x/a", NULL, NULL, 0, NULL},
		{"option as host, scp", "-oProxyCommand=x:a", NULL, NULL, 0, NULL},
		{"quote in the host", "git@h'x:a", NULL, NULL, 0, NULL},
		{"no path", "ssh://git@h", NULL, NULL, 0, NULL},
		{"empty path", "git@h:", NULL, NULL, 0, NULL},
		{"bad port", "ssh://git@h:99999/a", NULL, NULL, 0, NULL},
		{"another scheme", "git://h/a", NULL, NULL, 0, NULL},
		{"a path", "./a:b", NULL, NULL, 0, NULL},
		{"nothing", "", NULL, NULL, 0, NULL},
	};
	FOR_ROWS(row, rows) {
		char *user = NULL;
		char *host = NULL;
		char *path = NULL;
		unsigned port = 0;
		int result = vcs_ssh_parse(row->url, &user, &host, &port, &path);
		CHECK_INT_EQ(result, row->host ? 0 : -1);
		CHECK_STR_EQ(host, row->host);
		CHECK_STR_EQ(user, row->user);
		CHECK_STR_EQ(path, row->path);
		if (row->host)
			CHECK_INT_EQ(port, row->port);
		free(user);
		free(host);
		free(path);
	}
}
