/* A store of the effects object.* on a real host; the environment is that of ssh.c, and the test skips itself without. */
#include <stdlib.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "store.h"
#include "test.h"

TEST(a_store_on_a_host)
{
	const char *port = getenv("SSH_PORT"), *known_hosts = getenv("SSH_KNOWN_HOSTS");
	if (!port || !known_hosts)
		test_skip("SSH_PORT, SSH_KNOWN_HOSTS are not set: no host");
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_free_ char *path = str_format("/srv/store-%d", (int)getpid());
	_cleanup_json_ json_t *answer = NULL, *text = NULL;
	_cleanup_json_ json_t *store = json_pack(
		"{s:s, s:{s:s, s:s, s:s, s:i, s:{s:{s:s}}, s:{s:s}}, s:s}", "name",
		"host", "ssh", "name", "web1", "user", getenv("SSH_USER"), "address",
		getenv("SSH_HOST"), "port", (int)strtol(port, NULL, 10), "key", "$secret",
		"file", getenv("SSH_KEY"), "known_hosts", "file", known_hosts, "path",
		path);
	struct err err = {0};
	CHECK_OK(list(fx, store, "", &answer, &err), &err);
	CHECK_JSON_EQ(answer, "{'objects': [], 'warning': null}");
	CHECK_OK(write_text(fx, store, "db/1/manifest.json", "{}", &err), &err);
	CHECK_OK(write_text(fx, store, "db/1/manifest.json", "{}", &err), &err);
	CHECK_FAILS(write_text(fx, store, "db/1/manifest.json", "{ }", &err), &err,
		    ERR_FAIL, "exists already");
	err_clear(&err);
	CHECK_OK(read_text(fx, store, "db/1/manifest.json", &text, &err), &err);
	CHECK_STR_EQ(json_get_string(text, "text", NULL), "{}");
	CHECK_OK(
		ask(fx, "object.remove", EFFECT_ACT,
		    json_pack("{s:O, s:s}", "store", store, "name", "db/1/manifest.json"),
		    NULL, &err),
		&err);
}
