/* object.* on a store in a directory, through a live chain. Stores on hosts and in buckets: tests/peer/store.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

static struct effects *chain(void)
{
	return effects_new(effects_redact_new(effects_live_new()));
}

/* A store in a directory that nobody has made yet. */
static json_t *store(void)
{
	_cleanup_free_ char *path = str_format("%s/not yet/store", test_directory());
	return json_pack("{s:s, s:s}", "name", "local", "directory", path);
}

static int ask(struct effects *fx, const char *kind, enum effect_mode mode,
	       json_t *takes_args, json_t **ret_answer, struct err *err)
{
	const struct effect effect = {
		.kind = kind, .mode = mode, .args = takes_args, .summary = "test"};
	int result = effects_perform(fx, &effect, ret_answer, err);
	json_decref(takes_args);
	return result;
}

#define LOOK(kind, answer, err, ...)                                                     \
	ask(fx, kind, EFFECT_OBSERVE, json_pack(__VA_ARGS__), answer, err)
#define ACT(kind, err, ...) ask(fx, kind, EFFECT_ACT, json_pack(__VA_ARGS__), NULL, err)

static int write_text(struct effects *fx, const char *name, const char *text,
		      struct err *err)
{
	return ACT("object.write", err, "{s:o, s:s, s:s, s:s}", "store", store(), "name",
		   name, "text", text, "mark", "m1");
}

TEST(looking_makes_nothing)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	_cleanup_json_ json_t *list = NULL, *uploads = NULL;
	_cleanup_free_ char *path = str_format("%s/not yet", test_directory());
	CHECK_OK(LOOK("object.list", &list, &err, "{s:o, s:s}", "store", store(),
		      "prefix", ""),
		 &err);
	CHECK_JSON_EQ(list, "{'objects': [], 'warning': null}");
	CHECK_OK(LOOK("object.unfinished", &uploads, &err, "{s:o, s:s}", "store", store(),
		      "prefix", ""),
		 &err);
	CHECK_JSON_EQ(uploads, "{'uploads': []}");
	CHECK_OK(ACT("object.remove", &err, "{s:o, s:s}", "store", store(), "name", "x"),
		 &err);
	CHECK_FAILS(LOOK("object.head", NULL, &err, "{s:o, s:s}", "store", store(),
			 "name", "db/1"),
		    &err, ERR_NOT_FOUND, "store 'local': there is no");
	CHECK(access(path, F_OK) < 0);
}

TEST(objects_come_back)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	_cleanup_json_ json_t *list = NULL, *head = NULL, *text = NULL, *none = NULL;
	struct stat status;
	_cleanup_free_ char *path =
		str_format("%s/not yet/store/db/1/a", test_directory());
	CHECK_OK(write_text(fx, "db/1/a", "grün\n", &err), &err);
	CHECK_OK(write_text(fx, "db/1/b", "", &err), &err);
	CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
	CHECK_OK(LOOK("object.list", &list, &err, "{s:o, s:s}", "store", store(),
		      "prefix", "db/"),
		 &err);
	const json_t *objects = json_object_get(list, "objects");
	if (CHECK_INT_EQ(json_array_size(objects), 2)) {
		const json_t *first = json_array_get(objects, 0);
		CHECK_STR_EQ(json_get_string(first, "name", NULL), "db/1/a");
		CHECK_INT_EQ(json_get_int(first, "size_bytes", -1), 6);
		CHECK(json_get_int(first, "modified_ms", 0) > 0);
	}
	CHECK_OK(LOOK("object.head", &head, &err, "{s:o, s:s}", "store", store(), "name",
		      "db/1/a"),
		 &err);
	CHECK_INT_EQ(json_get_int(head, "size_bytes", -1), 6);
	CHECK(json_is_null(json_object_get(head, "sha256")));
	CHECK_OK(LOOK("object.read", &text, &err, "{s:o, s:s, s:i}", "store", store(),
		      "name", "db/1/a", "max_bytes", 6),
		 &err);
	CHECK_JSON_EQ(text, "{'text': 'grün\\n', 'sha256': "
			    "'d2d8a3547ed87a59bd66ca28402de461"
			    "108a17edfc3c91d0fe1ecd44f25986b9'}");
	CHECK_OK(LOOK("object.read", &none, &err, "{s:o, s:s, s:i}", "store", store(),
		      "name", "db/1/b", "max_bytes", 0),
		 &err);
	CHECK_STR_EQ(json_get_string(none, "text", NULL), "");
	CHECK_FAILS(LOOK("object.read", NULL, &err, "{s:o, s:s, s:i}", "store", store(),
			 "name", "db/1/a", "max_bytes", 5),
		    &err, ERR_LIMIT, "'db/1/a' has more than 5 bytes");
	err_clear(&err);
	CHECK_OK(ACT("object.remove", &err, "{s:o, s:s}", "store", store(), "name",
		     "db/1/a"),
		 &err);
	CHECK(access(path, F_OK) < 0);
}

TEST(bytes_that_are_no_text)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL, *shown = NULL;
	_cleanup_free_ char *command =
		str_format("mkdir -p '%s/not yet/store' && cd '%s/not yet/store' && "
			   "printf 'a\\377\\000b' >bytes && : >$(printf 'x\\377')",
			   test_directory(), test_directory());
	CHECK_OK(LOOK("run", NULL, &err, "{s:s}", "shell", command), &err);
	CHECK_OK(LOOK("object.read", &answer, &err, "{s:o, s:s, s:i}", "store", store(),
		      "name", "bytes", "max_bytes", 100),
		 &err);
	CHECK_STR_EQ(json_get_string(answer, "base64", NULL), "Yf8AYg==");
	/* A name that no depot can have made is nobody's of ours. */
	CHECK_OK(LOOK("object.list", &shown, &err, "{s:o, s:s}", "store", store(),
		      "prefix", ""),
		 &err);
	CHECK_INT_EQ(json_array_size(json_object_get(shown, "objects")), 1);
}

TEST(writing_again)
{
	static const struct row {
		const char *name;
		const char *first, *second;
		bool good;
	} rows[] = {
		{"the same", "text", "text", true},
		{"nothing, twice", "", "", true},
		{"another text", "text", "TEXT", false},
		{"shorter", "text", "tex", false},
		{"longer", "text", "texts", false},
	};
	_cleanup_(effects_freep) struct effects *fx = chain();
	FOR_ROWS(row, rows) {
		struct err err = {0};
		CHECK_OK(write_text(fx, row->name, row->first, &err), &err);
		int result = write_text(fx, row->name, row->second, &err);
		if (row->good) {
			CHECK_OK(result, &err);
			continue;
		}
		CHECK_FAILS(result, &err, ERR_FAIL, "exists already");
		CHECK_INT_EQ(err.sys_errno, EEXIST);
	}
}

TEST(what_was_begun)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	_cleanup_json_ json_t *uploads = NULL, *left = NULL;
	_cleanup_free_ char *command = str_format(
		"mkdir -p '%s/not yet/store/.belay-uploads' && cd '%s/not "
		"yet/store/.belay-uploads' && echo 'belay-upload 1 8 m db/1' "
		">0123456789abcdef.note && touch -d '2026-01-01 00:00 UTC' *.note",
		test_directory(), test_directory());
	CHECK_OK(LOOK("run", NULL, &err, "{s:s}", "shell", command), &err);
	CHECK_OK(LOOK("object.unfinished", &uploads, &err, "{s:o, s:s}", "store", store(),
		      "prefix", "db/"),
		 &err);
	CHECK_JSON_EQ(uploads, "{'uploads': [{'name': 'db/1', 'id': '0123456789abcdef', "
			       "'begun_ms': 1767225600000}]}");
	CHECK_OK(ACT("object.abandon", &err, "{s:o, s:s, s:s}", "store", store(), "name",
		     "db/1", "id", "0123456789abcdef"),
		 &err);
	CHECK_OK(LOOK("object.unfinished", &left, &err, "{s:o, s:s}", "store", store(),
		      "prefix", ""),
		 &err);
	CHECK_JSON_EQ(left, "{'uploads': []}");
}

TEST(settings)
{
	static const struct row {
		const char *name;
		const char *store;
		enum err_code code;
		const char *message;
	} rows[] = {
		{"nothing", "{}", ERR_CONFIG, "one of 'directory', 'ssh' and 's3'"},
		{"two places", "{\"directory\": \"a\", \"s3\": {}}", ERR_CONFIG,
		 "one of 'directory', 'ssh' and 's3'"},
		{"an empty path", "{\"directory\": \"\"}", ERR_CONFIG, "path"},
		{"a host without a path", "{\"ssh\": {\"name\": \"h\"}}", ERR_CONFIG,
		 "needs a 'path'"},
		{"a host without an address",
		 "{\"ssh\": {\"name\": \"h\"}, \"path\": \"p\"}", ERR_CONFIG,
		 "an address"},
		{"no endpoint", "{\"s3\": {\"bucket\": \"b\"}}", ERR_CONFIG,
		 "needs 'endpoint'"},
		{"no keys", "{\"s3\": {\"endpoint\": \"http://a\", \"bucket\": \"b\"}}",
		 ERR_CONFIG, "one of 'secret_key', 'profile' and 'web_identity'"},
		{"two kinds of keys",
		 "{\"s3\": {\"endpoint\": \"http://a\", \"bucket\": \"b\", \"profile\": {}, "
		 "\"secret_key\": {\"$secret\": {\"env\": \"BELAY_NO_SUCH\"}}}}",
		 ERR_CONFIG, "one of 'secret_key', 'profile' and 'web_identity'"},
		{"a secret that is not set",
		 "{\"s3\": {\"endpoint\": \"http://a\", \"bucket\": \"b\", "
		 "\"access_key\": \"k\", "
		 "\"secret_key\": {\"$secret\": {\"env\": \"BELAY_NO_SUCH\"}}}}",
		 ERR_CONFIG, "'BELAY_NO_SUCH' for the secret key is not set"},
		{"no profile file",
		 "{\"s3\": {\"endpoint\": \"http://a\", \"bucket\": \"b\", \"profile\": "
		 "{\"name\": \"p\", \"file\": \"/no/such\"}}}",
		 ERR_CONFIG, "profile 'p' of '/no/such'"},
		{"a checksum that nobody knows",
		 "{\"s3\": {\"endpoint\": \"http://a\", \"bucket\": \"b\", "
		 "\"checksum\": \"crc\"}}",
		 ERR_CONFIG, "'crc' is no checksum"},
		{"a lock that nobody knows",
		 "{\"s3\": {\"endpoint\": \"http://a\", \"bucket\": \"b\", "
		 "\"lock\": {\"mode\": \"padlock\"}}}",
		 ERR_CONFIG, "'padlock' is no object lock"},
	};
	_cleanup_(effects_freep) struct effects *fx = chain();
	FOR_ROWS(row, rows) {
		struct err err = {0};
		json_t *value = json_loads(row->store, 0, NULL);
		CHECK_FAILS(LOOK("object.list", NULL, &err, "{s:o, s:s}", "store", value,
				 "prefix", ""),
			    &err, row->code, row->message);
	}
}
