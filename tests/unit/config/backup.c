/* Backups as the effects get them: sources, stores, keys, what comes back; whose journal they are on; the secrets
 * that making and opening them needs. */
#include <string.h>

#include "belay/config.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static struct config *parse(const char *text)
{
	struct err err = {0};
	struct config *config = NULL;
	CHECK_OK(config_parse(text, strlen(text), "shop.yml", &config, NULL, &err), &err);
	return config;
}

/* The members of one backup beside what each has. */
static struct config *parse_backup(const char *members)
{
	_cleanup_free_ char *text =
		str_format("version: 1\n"
			   "hosts: {web1: {address: web1, key: {env: KEY}}}\n"
			   "environments: {live: }\n"
			   "backups:\n"
			   "  db: {seal: {recipients: [a.crt]}, %s}\n",
			   members);
	return parse(text);
}

#define WEB1                                                                             \
	"{'name': 'web1', 'address': 'web1', 'port': 22, 'key': {'$secret': {'env': "    \
	"'KEY'}}, 'agent': false, 'connect_timeout_ms': 10000}"
#define STORE "store: {directory: /b}"

static const struct source_row {
	const char *name, *source, *list;
	const char *file, *host, *sets;
} sources[] = {
	{"a directory stands at the top", "{directory: /srv/app, exclude: [a/, '*.b']}",
	 "[{'directory': '/srv/app', 'prefix': '', 'exclude': ['a/', '*.b'],"
	 " 'one_file_system': false}]",
	 NULL, NULL, ""},
	{"several stand under their paths", "{directory: [/srv/app, ./etc//x/]}",
	 "[{'directory': '/srv/app', 'prefix': 'srv/app', 'one_file_system': false},"
	 " {'directory': './etc//x/', 'prefix': 'etc/x', 'one_file_system': false}]",
	 NULL, NULL, ""},
	{"so does one beside others",
	 "[{directory: /a, include: [b]}, {files: [/etc/x]}]",
	 "[{'directory': '/a', 'prefix': 'a', 'include': ['b'], 'one_file_system': false},"
	 " {'files': ['/etc/x']}]",
	 NULL, NULL, ""},
	{"a list of one directory", "[{directory: [/a]}]",
	 "[{'directory': '/a', 'prefix': '', 'one_file_system': false}]", NULL, NULL, ""},
	{"a command",
	 "{run: dump, name: a.sql, directory: /x, env: {A: b, C: {env: D}}, ssh: web1}",
	 "[{'run': 'dump', 'name': 'a.sql', 'directory': '/x', 'env': {'A': 'b',"
	 " 'C': {'$secret': {'env': 'D'}}}, 'allow_empty': false, 'host': " WEB1 "}]",
	 "a.sql", "web1", ""},
	{"a command that may print nothing",
	 "{run: dump, name: a.sql, allow_empty: true}",
	 "[{'run': 'dump', 'name': 'a.sql', 'allow_empty': true}]", "a.sql", NULL, ""},
	{"sets and files",
	 "[{set: [nginx, units], files: [/f], ssh: web1}, {set: [system], ssh: web1}]",
	 "[{'files': ['/f'], 'host': " WEB1 "}]", NULL, "web1", "nginx units system "},
};

TEST(sources_become_those_of_the_effects)
{
	FOR_ROWS(row, sources) {
		_cleanup_free_ char *members =
			str_format("source: %s, " STORE, row->source);
		_cleanup_(config_freep) struct config *config = parse_backup(members);
		_cleanup_str_ struct str sets = STR_INIT;
		if (!config)
			continue;
		const struct config_backup *backup = config_backup(config, "db");
		for (size_t i = 0; i < backup->source.sets.count; i++)
			str_addf(&sets, "%s ", backup->source.sets.items[i]);
		CHECK_JSON_EQ(backup->source.list, row->list);
		CHECK_STR_EQ(backup->source.file, row->file);
		CHECK_STR_EQ(backup->source.host ? backup->source.host->name : NULL,
			     row->host);
		CHECK_STR_EQ(str_text(&sets), row->sets);
	}
}

#define AWS                                                                              \
	"'endpoint': 'https://s3.us-east-1.amazonaws.com', 'bucket': 'abc',"             \
	" 'region': 'us-east-1', 'checksum': 'sha256', 'virtual_host': false"

static const struct store_row {
	const char *name, *store, *target;
	bool remote;
} stores[] = {
	{"directory", "{directory: /b}", "{'name': 'directory', 'directory': '/b'}",
	 false},
	{"host", "{ssh: web1, path: /b, name: off}",
	 "{'name': 'off', 'ssh': " WEB1 ", 'path': '/b'}", true},
	{"keys of the job", "{s3: {bucket: abc}}",
	 "{'name': 's3', 's3': {" AWS ", 'access_key': {'$secret': {'env':"
	 " 'AWS_ACCESS_KEY_ID'}}, 'secret_key': {'$secret': {'env':"
	 " 'AWS_SECRET_ACCESS_KEY'}}, 'session_token': {'$secret': {'env':"
	 " 'AWS_SESSION_TOKEN'}, 'optional': true}}}",
	 true},
	{"keys of its own",
	 "{s3: {endpoint: 'https://x:9000/', bucket: abc, region: fra1, prefix: a/b,"
	 " access_key: A, secret_key: {file: s}, path_style: false, storage_class: GLACIER_IR,"
	 " encryption: 'aws:kms', kms_key: k, ca_file: ca.pem, checksum: md5,"
	 " lock: {mode: compliance, for: 2d}}}",
	 "{'name': 's3', 's3': {'endpoint': 'https://x:9000', 'bucket': 'abc',"
	 " 'region': 'fra1', 'prefix': 'a/b', 'access_key': 'A', 'secret_key':"
	 " {'$secret': {'file': 's'}}, 'virtual_host': true, 'storage_class': 'GLACIER_IR',"
	 " 'encryption': 'aws:kms', 'kms_key': 'k', 'ca_file': 'ca.pem', 'checksum': 'md5',"
	 " 'lock': {'mode': 'compliance', 'for_ms': 172800000}}}",
	 true},
	{"keys in a list of stores",
	 "[{s3: {bucket: abc, access_key: {env: A}, secret_key: {env: S}}}]",
	 "{'name': 's3', 's3': {" AWS ", 'access_key': {'$secret': {'env': 'A'}},"
	 " 'secret_key': {'$secret': {'env': 'S'}}}}",
	 true},
	{"web identity",
	 "{s3: {bucket: abc, web_identity: {role: 'arn:aws:iam::1:role/b'}}}",
	 "{'name': 's3', 's3': {" AWS
	 ", 'web_identity': {'role': 'arn:aws:iam::1:role/b',"
	 " 'session': 'belay', 'token': {'$secret': {'oidc': {'audience':"
	 " 'sts.amazonaws.com'}}}}}}",
	 true},
	{"profile", "{s3: {bucket: abc, profile: nightly}}",
	 "{'name': 's3', 's3': {" AWS ", 'profile': {'name': 'nightly'}}}", true},
	{"profile of a file", "{s3: {bucket: abc, profile: {name: a, file: /f}}}",
	 "{'name': 's3', 's3': {" AWS ", 'profile': {'name': 'a', 'file': '/f'}}}", true},
};

TEST(stores_become_those_of_the_effects)
{
	FOR_ROWS(row, stores) {
		_cleanup_free_ char *members =
			str_format("source: {directory: /a}, store: %s", row->store);
		_cleanup_(config_freep) struct config *config = parse_backup(members);
		if (!config)
			continue;
		const struct config_backup *backup = &config->backups[0];
		CHECK_INT_EQ(backup->store_count, 1);
		CHECK_JSON_EQ(backup->stores[0].target, row->target);
		CHECK_STR_EQ(backup->stores[0].name,
			     json_get_string(backup->stores[0].target, "name", "?"));
		CHECK_INT_EQ(backup->stores[0].remote, row->remote);
	}
}

TEST(stores_without_a_name_are_called_by_what_they_are)
{
	static const char *const names[] = {"directory", "s3",   "directory-2", "off",
					    "s3-2",      "s3-3", "ssh"};
	_cleanup_(config_freep) struct config *config = parse_backup(
		"source: {directory: /data}, store: [{directory: /a}, {s3: {bucket: abc}},"
		" {directory: /b}, {s3: {bucket: abd}, name: off}, {s3: {bucket: abe}},"
		" {s3: {bucket: abf}}, {ssh: web1, path: /x}]");
	if (!config)
		return;
	const struct config_backup *backup = &config->backups[0];
	CHECK_INT_EQ(backup->store_count, ARRAY_SIZE(names));
	for (size_t i = 0; i < backup->store_count; i++)
		CHECK_STR_EQ(backup->stores[i].name, names[i]);
}

TEST(keeping_is_that_of_the_place)
{
	_cleanup_(config_freep) struct config *config = parse_backup(
		"source: {directory: /data}, keep: {local: 7d, remote: 90d, last: 3, hourly: 1,"
		" daily: 2, weekly: 4, monthly: 12, yearly: 5}, store: [{directory: /a},"
		" {s3: {bucket: abc}}, {ssh: web1, path: /x, keep: {daily: 9}}]");
	if (!config)
		return;
	const struct config_store *places = config->backups[0].stores;
	CHECK_INT_EQ(places[0].keep.younger_ms, (int64_t)7 * 24 * 3600 * 1000);
	CHECK_INT_EQ(places[1].keep.younger_ms, (int64_t)90 * 24 * 3600 * 1000);
	CHECK_INT_EQ(places[1].keep.last, 3);
	CHECK_INT_EQ(places[1].keep.hourly, 1);
	CHECK_INT_EQ(places[1].keep.daily, 2);
	CHECK_INT_EQ(places[1].keep.weekly, 4);
	CHECK_INT_EQ(places[1].keep.monthly, 12);
	CHECK_INT_EQ(places[1].keep.yearly, 5);
	CHECK_INT_EQ(places[2].keep.younger_ms, 0);
	CHECK_INT_EQ(places[2].keep.last, 0);
	CHECK_INT_EQ(places[2].keep.daily, 9);
}

TEST(nothing_said_is_the_documented_default)
{
	_cleanup_(config_freep) struct config *config =
		parse_backup("source: {directory: /a}, " STORE);
	if (!config)
		return;
	const struct config_backup *backup = &config->backups[0];
	CHECK_STR_EQ(backup->environment, "live");
	CHECK_INT_EQ(backup->seal.recipients.count, 1);
	CHECK_NULL(backup->seal.passphrase);
	CHECK_NULL(backup->open);
	CHECK_NULL(backup->sign.key);
	CHECK_NULL(backup->sign.certificate);
	CHECK_INT_EQ(backup->level, 3);
	CHECK_INT_EQ(backup->threads, 0);
	CHECK_INT_EQ(backup->chunk_bytes, 8 << 20);
	CHECK_INT_EQ(backup->every_ms, 0);
	CHECK_INT_EQ(backup->timeout_ms, 6 * 3600 * 1000);
	CHECK(!backup->verify_data);
	CHECK_NULL(backup->restore);
	CHECK_INT_EQ(backup->drill.every_ms, 0);
	CHECK_NULL(backup->drill.directory);
	CHECK_NULL(backup->drill.to);
	CHECK_INT_EQ(backup->drill.check_count, 0);
	CHECK_INT_EQ(backup->stores[0].keep.last, 0);
	CHECK_INT_EQ(backup->stores[0].keep.younger_ms, 0);
}

TEST(all_that_can_be_said_is_bound)
{
	_cleanup_(config_freep) struct config *config = parse_backup(
		"source: {run: x, name: a}, " STORE ", "
		"open: {key: {env: K}, key_passphrase: {env: P}, certificate: a.crt},"
		"sign: {key: {env: S}, key_passphrase: {env: SP}, certificate: s.crt},"
		"pack: {level: 19, threads: 7, chunk: 16MiB}, every: 1d, timeout: 10m,"
		"verify: data, restore: {run: back, ssh: web1, env: {A: b}},"
		"drill: {every: 30d, rto: 1h, to: {run: scratch}, checks: [{name: a, run: b,"
		" expect: ['.exit == 0']}, {name: c, run: d}]}");
	if (!config)
		return;
	const struct config_backup *backup = &config->backups[0];
	CHECK_JSON_EQ(backup->open,
		      "{'key': {'$secret': {'env': 'K'}}, 'key_passphrase':"
		      " {'$secret': {'env': 'P'}}, 'certificate': 'a.crt'}");
	CHECK_JSON_EQ(backup->sign.key, "{'$secret': {'env': 'S'}}");
	CHECK_JSON_EQ(backup->sign.key_passphrase, "{'$secret': {'env': 'SP'}}");
	CHECK_STR_EQ(backup->sign.certificate, "s.crt");
	CHECK_INT_EQ(backup->level, 19);
	CHECK_INT_EQ(backup->threads, 7);
	CHECK_INT_EQ(backup->chunk_bytes, 16 << 20);
	CHECK_INT_EQ(backup->every_ms, 24 * 3600 * 1000);
	CHECK_INT_EQ(backup->timeout_ms, 600000);
	CHECK(backup->verify_data);
	CHECK_JSON_EQ(backup->restore,
		      "{'run': 'back', 'host': " WEB1 ", 'env': {'A': 'b'}}");
	CHECK_INT_EQ(backup->drill.every_ms, (int64_t)30 * 24 * 3600 * 1000);
	CHECK_INT_EQ(backup->drill.rto_ms, 3600 * 1000);
	CHECK_JSON_EQ(backup->drill.to, "{'run': 'scratch'}");
	CHECK_INT_EQ(backup->drill.check_count, 2);
	CHECK_STR_EQ(backup->drill.checks[0].name, "a");
	CHECK_STR_EQ(backup->drill.checks[0].run, "b");
	CHECK_INT_EQ(backup->drill.checks[0].expect.count, 1);
	CHECK_INT_EQ(backup->drill.checks[1].expect.count, 0);
}

static const struct restore_row {
	const char *name, *source, *restore, *want;
} restores[] = {
	{"directory", "{directory: /a}", "{directory: /x}",
	 "{'directory': '/x', 'overwrite': false}"},
	{"over what is there", "{directory: /a}", "{directory: /x, overwrite: true}",
	 "{'directory': '/x', 'overwrite': true}"},
	{"file", "{run: a, name: b}", "{file: /x}", "{'file': '/x', 'overwrite': false}"},
	{"command in a directory", "{directory: /a}", "{run: tar x, directory: /x}",
	 "{'run': 'tar x', 'directory': '/x'}"},
};

TEST(what_comes_back_has_a_place)
{
	FOR_ROWS(row, restores) {
		_cleanup_free_ char *members = str_format(
			"source: %s, " STORE ", restore: %s", row->source, row->restore);
		_cleanup_(config_freep) struct config *config = parse_backup(members);
		if (config)
			CHECK_JSON_EQ(config->backups[0].restore, row->want);
	}
}

TEST(a_passphrase_opens_what_it_sealed)
{
	_cleanup_(config_freep) struct config *config =
		parse("version: 1\n"
		      "environments: {live: }\n"
		      "backups:\n"
		      "  a: {source: {directory: /a}, " STORE
		      ", seal: {passphrase: {env: P}}}\n"
		      "  b: {source: {directory: /a}, " STORE
		      ", seal: {passphrase: {env: P}},\n"
		      "      open: {passphrase: {file: p}}}\n");
	if (!config)
		return;
	CHECK_JSON_EQ(config->backups[0].open,
		      "{'passphrase': {'$secret': {'env': 'P'}}}");
	CHECK_JSON_EQ(config->backups[1].open,
		      "{'passphrase': {'$secret': {'file': 'p'}}}");
}

static const char shop[] =
	"version: 1\n"
	"hosts: {web1: {address: w, key: {env: KEY}}, vault: {address: v, key: {env: VKEY}}}\n"
	"environments:\n"
	"  x-not: {services: {a: {backup: named}}}\n"
	"  staging:\n"
	"  live:\n"
	"    services:\n"
	"      a: {driver: command, deploy: {run: x}, backup: named}\n"
	"      b: {driver: command, deploy: {run: x}, backup: named}\n"
	"      c: {driver: command, deploy: {run: x}}\n"
	"backups:\n"
	"  x-shared: {a: 1}\n"
	"  said: {environment: staging, source: {directory: /a}, seal: {recipients: [a]},\n"
	"         store: {directory: b}}\n"
	"  named:\n"
	"    source: {run: x, name: y, env: {PGPASSWORD: {env: DB}}, ssh: web1}\n"
	"    seal: {passphrase: {env: PASS}}\n"
	"    sign: {key: {env: SIGN}, certificate: s}\n"
	"    store:\n"
	"      - {s3: {bucket: abc}}\n"
	"      - {ssh: vault, path: /b, name: off}\n"
	"    restore: {run: z, ssh: web1, env: {PGPASSWORD: {env: RESTORE_DB}}}\n"
	"    drill: {to: {run: z, env: {A: {env: DRILL}}}}\n";

TEST(a_backup_is_on_one_journal)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	CHECK_INT_EQ(config->backup_count, 2);
	CHECK_NULL(config_backup(config, "x-shared"));
	CHECK_NULL(config_backup(config, "other"));
	CHECK_STR_EQ(config_backup(config, "said")->environment, "staging");
	CHECK_STR_EQ(config_backup(config, "named")->environment, "live");
}

TEST(a_service_knows_its_backup)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	const struct config_environment *live = config_environment(config, "live");
	CHECK(config_service(live, "a")->backup == config_backup(config, "named"));
	CHECK_NULL(config_service(live, "c")->backup);
}

/* "backups.named.sign.key=SIGN" each; with "?" what nobody waits for. */
static char *listed(json_t *rows)
{
	struct str text = STR_INIT;
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row)
		str_addf(&text, "%s=%s%s\n", json_get_string(row, "where", ""),
			 json_get_string(json_object_get(row, "$secret"), "env", ""),
			 json_get_bool(row, "needed", true) ? "" : "?");
	json_decref(rows);
	return str_take(&text);
}

#define MAKING                                                                           \
	"backups.named.source.env.PGPASSWORD=DB\n"                                       \
	"hosts.web1.key=KEY\n"                                                           \
	"backups.named.seal.passphrase=PASS\n"                                           \
	"backups.named.sign.key=SIGN\n" STORES
#define STORES                                                                           \
	"backups.named.store.s3.s3.access_key=AWS_ACCESS_KEY_ID\n"                       \
	"backups.named.store.s3.s3.secret_key=AWS_SECRET_ACCESS_KEY\n"                   \
	"hosts.vault.key=VKEY\n"

TEST(making_and_opening_need_other_secrets)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	const struct config_backup *named = config_backup(config, "named");
	_cleanup_free_ char *making = listed(config_backup_secrets(named, true));
	CHECK_STR_EQ(making, MAKING);
	_cleanup_free_ char *opening = listed(config_backup_secrets(named, false));
	CHECK_STR_EQ(opening, STORES "backups.named.open.passphrase=PASS?\n"
				     "backups.named.restore.env.PGPASSWORD=RESTORE_DB?\n"
				     "hosts.web1.key=KEY?\n"
				     "backups.named.drill.to.env.A=DRILL?\n");
}

/* Once, though two services name it. */
TEST(a_service_needs_the_secrets_of_its_backup)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	_cleanup_free_ char *live =
		listed(config_secrets(config, config_environment(config, "live")));
	CHECK_STR_EQ(live, MAKING);
	_cleanup_free_ char *staging =
		listed(config_secrets(config, config_environment(config, "staging")));
	CHECK_STR_EQ(staging, "");
}
