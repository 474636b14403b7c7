/* Manifests: what is made is what the schema says and comes back; what is damaged, newer or contradicts itself does not. */
#include "sealed.h"

#include "belay/embedded.h"
#include "belay/schema.h"

static void check_schema(const json_t *manifest)
{
	struct err err = {0};
	_cleanup_json_ json_t *text = NULL;
	_cleanup_(schema_freep) struct schema *schema = NULL;
	struct schema_faults faults = {0};
	const struct embedded *file = embedded_find("schemas/manifest.schema.json");
	CHECK_OK(json_parse(file->data, file->size, "schema", &text, &err), &err);
	CHECK_OK(schema_compile(text, &schema, &err), &err);
	if (!CHECK(schema_validate(schema, manifest, &faults)))
		test_row("%s: %s", faults.items[0].pointer, faults.items[0].message);
	schema_faults_release(&faults);
}

static const struct made_row {
	const char *name, *type, *file;
	size_t len;
} made_rows[] = {
	{"tar for an elliptic curve", "p-256", NULL, 10},
	{"tar for a passphrase", "passphrase", NULL, 10},
	{"stream", "p-384", "db.sql", 10},
	{"empty stream", "p-384", "db.sql", 0},
};

TEST(what_is_made_comes_back)
{
	FOR_ROWS(row, made_rows) {
		struct sealed_folder folder = {0};
		struct err err = {0};
		_cleanup_json_ json_t *back = NULL;
		sealed_make(&folder, row->type, row->file, "0123456789", row->len);
		check_schema(folder.manifest);
		_cleanup_free_ char *text = backup_manifest_text(folder.manifest);
		CHECK(str_has_suffix(text, "}\n"));
		CHECK_OK(backup_manifest_parse(text, strlen(text), &back, &err), &err);
		CHECK(json_equal(folder.manifest, back));
		sealed_release(&folder);
	}
}

TEST(all_that_is_known_is_in_it)
{
	struct sealed_folder folder = {0};
	sealed_make(&folder, "passphrase", NULL, "x", 1);
	json_t *m = folder.manifest;
	json_t *seal = json_object_get(m, "seal");
	CHECK_JSON_EQ(json_object_get(seal, "scrypt"),
		      "{'salt': '" SEALED_SALT "', 'n': 65536, 'r': 8, 'p': 1}");
	CHECK_INT_EQ(json_get_int(json_object_get(seal, "scrypt"), "n", 0),
		     SEAL_SCRYPT_N);
	CHECK_INT_EQ(json_get_int(json_object_get(seal, "scrypt"), "r", 0),
		     SEAL_SCRYPT_R);
	CHECK_INT_EQ(json_get_int(json_object_get(seal, "scrypt"), "p", 0),
		     SEAL_SCRYPT_P);
	CHECK_JSON_EQ(json_object_get(seal, "recipients"), "['passphrase (scrypt)']");
	CHECK_STR_EQ(json_get_string(m, "begun_at", ""), "2026-11-21T02:00:00Z");
	CHECK_STR_EQ(json_get_string(m, "finished_at", ""), "2026-11-21T02:01:00Z");
	CHECK_STR_EQ(json_get_string(m, "kind", ""), "tar");
	CHECK(json_is_null(json_object_get(m, "file")));
	CHECK_JSON_EQ(json_object_get(m, "sources"), "['directory /srv/data']");
	CHECK_JSON_EQ(json_object_get(m, "missing"), "[]");
	CHECK_JSON_EQ(json_object_get(m, "tools"), "{'libarchive': '3.7.4'}");
	CHECK_INT_EQ(json_get_int(json_object_get(m, "data"), "entries", 0), 3);
	sealed_release(&folder);
}

TEST(what_is_left_out_is_told)
{
	struct sealed_folder folder = {0};
	struct err err = {0};
	sealed_make(&folder, "p-256", NULL, "x", 1);
	_cleanup_json_ json_t *asked = sealed_asked("p-256", NULL);
	_cleanup_json_ json_t *written = sealed_written(&folder, NULL, "x", 1);
	_cleanup_json_ json_t *texts = json_pack("[s]", "/etc/gone");
	json_object_set_new(written, "left_out",
			    json_pack("[{s:s, s:s, s:i}]", "path", "run/x.sock", "reason",
				      "a socket", "more", 1));
	json_object_set_new(written, "left_out_count", json_integer(9));
	const struct backup_made made = {.name = "n",
					 .id = SEALED_ID,
					 .environment = "e",
					 .belay = "1",
					 .sources = texts,
					 .missing = texts,
					 .asked = asked,
					 .written = written};
	_cleanup_json_ json_t *manifest = backup_manifest(&made), *back = NULL;
	_cleanup_free_ char *text = backup_manifest_text(manifest);
	CHECK_OK(backup_manifest_parse(text, strlen(text), &back, &err), &err);
	CHECK_JSON_EQ(json_at(back, "/data/left_out"),
		      "[{'path': 'run/x.sock', 'reason': 'a socket'}]");
	CHECK_JSON_EQ(json_object_get(back, "missing"), "['/etc/gone']");
	CHECK_STR_EQ(json_get_string(back, "host", ""), "unknown");
	sealed_release(&folder);
}

/* --- reading --------------------------------------------------------------------------------- */

static const struct harm_row {
	const char *name;
	const char *pointer, *key; /* of the member that is changed */
	const char *value;         /* JSON with ' for "; NULL: taken away */
	const char *said;
} harms[] = {
	{"no format", "", "belay_backup", NULL, "it is no manifest of a backup"},
	{"format of another kind", "", "belay_backup", "'one'",
	 "it is no manifest of a backup"},
	{"of a newer belay", "", "belay_backup", "2",
	 "format 2, this belay reads up to 1"},
	{"no name", "", "name", NULL, "missing required key 'name'"},
	{"a name that leads elsewhere", "", "name", "'../../etc'", "/name"},
	{"an id that leads elsewhere", "", "id", "'../x'", "/id"},
	{"an id of no time", "", "id", "'20261321T020000Z-1a2b'",
	 "there is no such day or hour"},
	{"a member that nobody knows", "", "more", "1", "unknown key 'more'"},
	{"the 30th of February", "", "begun_at", "'2026-02-30T00:00:00Z'",
	 "there is no such day or hour"},
	{"another kind", "", "kind", "'zip'", "/kind"},
	{"a tar with a name", "", "file", "'db.sql'", "a stream has a name"},
	{"a stream without one", "", "kind", "'stream'", "a stream has a name"},
	{"a file that leads elsewhere", "", "file", "'../db.sql'", "/file"},
	{"a file that is no file", "", "file", "'..'", "/file"},
	{"a file of two lines", "", "file", "'a\\nb'", "/file"},
	{"another packing", "/pack", "format", "'gzip'", "/pack/format"},
	{"a pack id that is too short", "/pack", "id", "'abc'", "/pack/id"},
	{"no recipients", "/seal", "recipients", "[]", "/seal/recipients"},
	{"chunks of nothing", "/seal", "chunk_bytes", "0", "/seal/chunk_bytes"},
	{"chunks of a terabyte", "/seal", "chunk_bytes", "1099511627776",
	 "/seal/chunk_bytes"},
	{"smaller chunks than there are", "/seal", "chunk_bytes", "1",
	 "contradict each other"},
	{"a cheap scrypt", "/seal", "scrypt",
	 "{'salt': '" SEALED_SALT "', 'n': 2, 'r': 8, 'p': 1}", "/seal/scrypt/n"},
	{"an expensive scrypt", "/seal", "scrypt",
	 "{'salt': '" SEALED_SALT "', 'n': 1073741824, 'r': 8, 'p': 1}",
	 "/seal/scrypt/n"},
	{"another object", "/data", "object", "'../other'", "/data/object"},
	{"less than nothing", "/data", "open_bytes", "-1", "/data/open_bytes"},
	{"half a byte", "/data", "open_bytes", "0.5", "/data/open_bytes"},
	{"nothing sealed", "/data", "sealed_bytes", "0", "/data/sealed_bytes"},
	{"more sealed than there are chunks", "/data", "sealed_bytes",
	 "9223372036854775807", "contradict each other"},
	{"more packed than sealed", "/data", "packed_bytes", "9223372036854775807",
	 "sealing cannot make data smaller"},
	{"no chunks", "/data", "chunks", "[]", "/data/chunks"},
	{"a chunk too many", "/data", "chunks",
	 "['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', "
	 "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']",
	 "contradict each other"},
	{"a digest in capitals", "/data", "chunks",
	 "['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']",
	 "/data/chunks/0"},
	{"a digest that is cut", "/data", "chunks_sha256", "'abc'",
	 "/data/chunks_sha256"},
	{"more left out than counted", "/data", "left_out",
	 "[{'path': 'a', 'reason': 'b'}]", "more was left out than was counted"},
	{"no command", "/restore", "command", NULL, "missing required key 'command'"},
};

static char *harmed(const struct sealed_folder *folder, const struct harm_row *row)
{
	_cleanup_json_ json_t *manifest = json_deep_copy(folder->manifest);
	json_t *parent = json_at(manifest, row->pointer);
	if (!row->value) {
		json_object_del(parent, row->key);
	} else {
		_cleanup_free_ char *value = mem_strdup(row->value);
		for (char *c = value; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		json_t *json = json_loads(value, JSON_DECODE_ANY, NULL);
		CHECK(json != NULL);
		json_object_set_new(parent, row->key, json);
	}
	return backup_manifest_text(manifest);
}

TEST(what_contradicts_itself_is_refused)
{
	struct sealed_folder folder = {0};
	sealed_make(&folder, "p-256", NULL, "x", 1);
	FOR_ROWS(row, harms) {
		struct err err = {0};
		_cleanup_json_ json_t *back = NULL;
		_cleanup_free_ char *text = harmed(&folder, row);
		CHECK_FAILS(backup_manifest_parse(text, strlen(text), &back, &err), &err,
			    ERR_STATE, row->said);
		CHECK(*err.hint);
		CHECK_NULL(back);
	}
	sealed_release(&folder);
}

/* Which of its times is the later one is up to clocks. */
TEST(a_manifest_is_not_refused_for_its_times)
{
	static const struct harm_row row = {"", "", "finished_at",
					    "'2000-01-01T00:00:00Z'", NULL};
	struct sealed_folder folder = {0};
	struct err err = {0};
	_cleanup_json_ json_t *back = NULL;
	sealed_make(&folder, "p-256", NULL, "x", 1);
	_cleanup_free_ char *text = harmed(&folder, &row);
	CHECK_OK(backup_manifest_parse(text, strlen(text), &back, &err), &err);
	sealed_release(&folder);
}

TEST(the_hint_of_a_newer_one_says_which_belay)
{
	struct err err = {0};
	json_t *back = NULL;
	static const char text[] =
		"{\"belay_backup\": 7, \"belay\": \"9.1.0\", \"x\": 1}";
	CHECK_FAILS(backup_manifest_parse(text, strlen(text), &back, &err), &err,
		    ERR_STATE, "format 7");
	CHECK_STR_HAS(err.hint, "made by belay 9.1.0");
	CHECK_STR_HAS(err.hint, "RESTORE.txt");
}

/* Cut anywhere: never taken for a manifest. */
TEST(a_part_is_no_manifest)
{
	struct sealed_folder folder = {0};
	sealed_make(&folder, "p-256", NULL, "x", 1);
	_cleanup_free_ char *text = backup_manifest_text(folder.manifest);
	size_t taken = 0, len = strlen(text);
	for (size_t i = 0; i + 2 < len; i++) {
		struct err err = {0};
		_cleanup_json_ json_t *back = NULL;
		taken += backup_manifest_parse(text, i, &back, &err) == 0;
	}
	CHECK_INT_EQ(taken, 0);
	sealed_release(&folder);
}

TEST(a_huge_one_is_refused)
{
	struct err err = {0};
	json_t *back = NULL;
	struct str text = STR_INIT;
	str_add(&text, "[");
	str_pad(&text, ' ', BACKUP_MANIFEST_MAX_BYTES);
	str_add(&text, "]");
	CHECK_FAILS(backup_manifest_parse(str_text(&text), text.len, &back, &err), &err,
		    ERR_STATE, "larger than any manifest");
	str_release(&text);
}

/* --- what follows ---------------------------------------------------------------------------- */

TEST(arguments_for_reading_follow)
{
	struct sealed_folder folder = {0};
	sealed_make(&folder, "p-256", "db.sql", "x", 1);
	_cleanup_json_ json_t *args = backup_read_args(folder.manifest);
	const json_t *data = json_object_get(folder.manifest, "data");
	CHECK_STR_EQ(json_get_string(args, "object", ""),
		     "nightly-db/" SEALED_ID "/data.zst.cms");
	CHECK_STR_EQ(json_get_string(args, "kind", ""), "stream");
	CHECK_JSON_EQ(json_object_get(args, "pack"),
		      "{'id': '30313233343536373839616263646566'}");
	CHECK_INT_EQ(json_get_int(args, "chunk_bytes", 0), folder.chunk_bytes);
	CHECK_INT_EQ(json_get_int(args, "sealed_bytes", 0), folder.data.len);
	CHECK(json_equal(json_object_get(args, "chunks"),
			 json_object_get(data, "chunks")));
	CHECK(json_equal(json_object_get(args, "chunks_sha256"),
			 json_object_get(data, "chunks_sha256")));
	CHECK(json_equal(json_object_get(args, "open_sha256"),
			 json_object_get(data, "open_sha256")));
	CHECK_INT_EQ(json_get_int(args, "open_bytes", 0), 1);
	CHECK_INT_EQ(json_object_size(args), 9);
	sealed_release(&folder);
}
