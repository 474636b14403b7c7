/* The journal on a real git remote over SSH: git's own programs behind an OpenSSH server.
 *
 * Where it is comes from the environment: SSH_HOST, SSH_PORT, SSH_USER, SSH_KEY, SSH_KNOWN_HOSTS (files)
 * and GIT_REPOSITORY (absolute path there); the test skips itself without. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/git.h"
#include "platform/ssh.h"
#include "platform/trust.h"
#include "test.h"

#define AT_MS INT64_C(1700000000000)

struct place {
	struct trust *trust;
	struct vcs_pool *pool;
	struct secret key, known_hosts;
	char url[512];
	struct vcs_remote remote;
	char branch[64];
};

static void read_file(const char *path, struct secret *ret)
{
	char data[16384];
	FILE *file = path ? fopen(path, "r") : NULL;
	if (!file)
		test_skip("SSH_KEY and SSH_KNOWN_HOSTS are not set");
	size_t len = fread(data, 1, sizeof data, file);
	fclose(file);
	secret_set(ret, data, len);
}

static int open_ssh(void *context, const char *user, const char *host, unsigned port,
		    struct ssh_link **ret, struct err *err)
{
	const struct place *place = context;
	const struct ssh_target target = {
		.address = host,
		.port = port,
		.user = user,
		.key = &place->key,
		.known_hosts = place->known_hosts.data,
		.stop = STOP_NEVER,
	};
	return ssh_link_open(&target, ret, err);
}

static void place_open(struct place *place, const char *branch)
{
	const char *host = getenv("SSH_HOST");
	const char *repository = getenv("GIT_REPOSITORY");
	if (!host || !repository)
		test_skip("SSH_HOST and GIT_REPOSITORY are not set");
	signal(SIGPIPE, SIG_IGN);
	*place = (struct place){.trust = trust_new()};
	place->pool = vcs_pool_new(place->trust);
	read_file(getenv("SSH_KEY"), &place->key);
	read_file(getenv("SSH_KNOWN_HOSTS"), &place->known_hosts);
	snprintf(place->url, sizeof place->url, "ssh://%s@%s:%s%s", getenv("SSH_USER"),
		 host, getenv("SSH_PORT"), repository);
	place->remote = (struct vcs_remote){
		.url = place->url,
		.open_ssh = open_ssh,
		.open_ssh_context = place,
		.stop = STOP_NEVER,
	};
	snprintf(place->branch, sizeof place->branch, "%s-%lld", branch,
		 (long long)time(NULL));
}

static void place_close(struct place *place)
{
	vcs_pool_free(place->pool);
	secret_release(&place->key);
	secret_release(&place->known_hosts);
	trust_free(place->trust);
}

#define ROUNDS_DEFAULT 50
#include "git_remote.h"

TEST(errors_name_what_is_missing)
{
	struct place place;
	struct err err = {0};
	struct vcs_snapshot snapshot;
	place_open(&place, "errors");
	_cleanup_free_ char *url = str_format("%s-not-there", place.remote.url);
	place.remote.url = url;
	CHECK_FAILS(vcs_read(place.pool, &place.remote, place.branch, &snapshot, &err),
		    &err, ERR_NOT_FOUND, "not found or no access");
	place_close(&place);
}
