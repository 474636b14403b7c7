/* The handlers of scratch directories: only what was made here is removed. */
#include <sys/stat.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

static int act(struct effects *fx, const char *kind, const char *member,
	       const char *value, json_t **ret_answer, struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:s}", member, value);
	const struct effect effect = {
		.kind = kind, .mode = EFFECT_ACT, .args = args, .summary = "a test"};
	return effects_perform(fx, &effect, ret_answer, err);
}

TEST(only_what_was_made_is_removed)
{
	_cleanup_(effects_freep) struct effects *fx =
		effects_new(effects_redact_new(effects_live_new()));
	_cleanup_json_ json_t *made = NULL;
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *other = str_format("%s/belay-abcdef", test_directory());
	struct err err = {0};
	CHECK_OK(act(fx, "scratch.make", "directory", test_directory(), &made, &err),
		 &err);
	const char *path = json_get_string(made, "path", "");
	CHECK(str_has_prefix(path, test_directory()));
	CHECK_INT_EQ(access(path, F_OK), 0);
	CHECK_INT_EQ(mkdir(other, 0700), 0);
	CHECK_FAILS(act(fx, "scratch.remove", "path", other, NULL, &err), &err,
		    ERR_CONFIG, "no scratch directory of this run");
	CHECK_INT_EQ(access(other, F_OK), 0);
	CHECK_OK(act(fx, "scratch.remove", "path", path, &answer, &err), &err);
	CHECK_JSON_EQ(answer, "{}");
	CHECK(access(path, F_OK) != 0);
}
