/* Parsing as a whole: what the structs hold, which errors come first, what is never said. */
#include "belay/config.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static const char shop[] =
	"version: 1\n"
	"state: {remote: 'https://git.example.com/a.git', token: {env: STATE_TOKEN}}\n"
	"defaults: {timeout: 20s, retry: {attempts: 4}, on_no_data: fail}\n"
	"hosts:\n"
	"  web1: {address: 'deploy@[2001:db8::7]:2222', key: {env: DEPLOY_KEY}}\n"
	"  web2: {address: web2.example.com, known_hosts: {file: hosts}}\n"
	"checks:\n"
	"  health:\n"
	"    http: https://shop.example.com/health\n"
	"    headers: {Authorization: {env: API_TOKEN, prefix: 'Bearer '}, Accept: text/plain}\n"
	"    basic: {user: u, password: {env: BASIC}}\n"
	"    tls: {ca: {file: ca.pem}}\n"
	"    retry: {delay: 1s, jitter: 0}\n"
	"  port: {tcp: 'shop.example.com:80', severity: warning, timeout: 3s, on_no_data: pass}\n"
	"environments:\n"
	"  staging:\n"
	"  production:\n"
	"    requires: [staging]\n"
	"    services:\n"
	"      web: {driver: command, deploy: {run: x}, needs: [api]}\n"
	"      api: {driver: ssh-release, hosts: [web2, web1], path: /srv/api, needs: [db],\n"
	"            timeout: 2m}\n"
	"      db: {driver: command, deploy: {run: x}, env: {A: b, C: {env: DB_TOKEN}}}\n"
	"      other: {driver: command, deploy: {run: x}}\n"
	"    gates: [port, health]\n"
	"    soak: {for: 5m}\n";

static struct config *parse(const char *text)
{
	struct err err = {0};
	struct config *config = NULL;
	CHECK_OK(config_parse(text, strlen(text), "shop.yml", &config, NULL, &err), &err);
	return config;
}

TEST(state_is_bound)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	CHECK_STR_EQ(config->state.branch, "belay-state");
	CHECK_JSON_EQ(config->state.remote, "{'url': 'https://git.example.com/a.git'}");
	CHECK_JSON_EQ(config->state.credentials,
		      "{'token': {'$secret': {'env': 'STATE_TOKEN'}}}");
	CHECK_STR_EQ(config->state.author_name, "belay");
}

static const struct remote_row {
	const char *name, *remote, *want;
} remotes[] = {
	{"absolute path", "/srv/git/a.git", "{'path': '/srv/git/a.git'}"},
	{"relative path", "../a:b.git", "{'path': '../a:b.git'}"},
	{"ssh URL", "ssh://git@h/a.git", "{'url': 'ssh://git@h/a.git'}"},
	{"scp form", "git@h:a/b.git", "{'url': 'git@h:a/b.git'}"},
};

TEST(remotes_are_urls_or_paths)
{
	FOR_ROWS(row, remotes) {
		_cleanup_free_ char *text =
			str_format("version: 1\nstate: {remote: '%s'}\n", row->remote);
		_cleanup_(config_freep) struct config *config = parse(text);
		if (config)
			CHECK_JSON_EQ(config->state.remote, row->want);
	}
}

TEST(without_a_remote_there_is_none)
{
	_cleanup_(config_freep) struct config *config = parse("version: 1\n");
	if (!config)
		return;
	CHECK_NULL(config->state.remote);
	CHECK_INT_EQ(json_object_size(config->state.credentials), 0);
	CHECK_INT_EQ(config->environment_count, 0);
}

TEST(hosts_are_bound)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	const struct config_host *web1 = config_host(config, "web1");
	CHECK_STR_EQ(web1->user, "deploy");
	CHECK_STR_EQ(web1->address, "2001:db8::7");
	CHECK_INT_EQ(web1->port, 2222);
	CHECK_JSON_EQ(
		web1->connection,
		"{'name': 'web1', 'user': 'deploy', 'address': '2001:db8::7', 'port': 2222,"
		" 'key': {'$secret': {'env': 'DEPLOY_KEY'}}, 'agent': false,"
		" 'connect_timeout_ms': 10000}");
	const struct config_host *web2 = config_host(config, "web2");
	CHECK_NULL(web2->user);
	CHECK(json_get_bool(web2->connection, "agent", false));
	CHECK_NULL(config_host(config, "web3"));
}

TEST(checks_are_bound)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	const struct config_check *health = config_check(config, "health");
	CHECK_STR_EQ(health->type, "http");
	CHECK_INT_EQ(health->expect.count, 2); /* the default of http */
	CHECK_INT_EQ(health->severity, SEVERITY_CRITICAL);
	CHECK_INT_EQ(health->on_no_data, NO_DATA_FAIL);
	CHECK_INT_EQ(health->timeout_ms, 20000);
	CHECK_INT_EQ(health->retry.attempts, 4);
	CHECK_INT_EQ(health->retry.delay_ms, 1000);
	CHECK_NEAR(health->retry.backoff, 2, 0);
	CHECK_NEAR(health->retry.jitter, 0, 0);
	CHECK_JSON_EQ(json_object_get(health->settings, "headers"),
		      "{'Accept': 'text/plain', 'Authorization':"
		      " {'$secret': {'env': 'API_TOKEN'}, 'prefix': 'Bearer '}}");
	CHECK_JSON_EQ(json_at(health->settings, "/basic/password"),
		      "{'$secret': {'env': 'BASIC'}}");
	CHECK_JSON_EQ(json_at(health->settings, "/tls/ca"),
		      "{'$secret': {'file': 'ca.pem'}}");
	CHECK(json_is_true(json_at(health->settings, "/tls/verify")));
	CHECK_STR_EQ(json_get_string(health->settings, "max_body", NULL), "1MiB");
	CHECK_INT_EQ(json_get_int(health->settings, "redirects", 0), 5);
	const struct config_check *port = config_check(config, "port");
	CHECK_STR_EQ(port->type, "tcp");
	CHECK_INT_EQ(port->severity, SEVERITY_WARNING);
	CHECK_INT_EQ(port->on_no_data, NO_DATA_PASS);
	CHECK_INT_EQ(port->timeout_ms, 3000);
	CHECK_INT_EQ(port->retry.delay_ms, 5000);
	CHECK_STR_EQ(port->expect.count ? port->expect.items[0] : NULL, ".connected");
}

TEST(environments_are_bound)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	const struct config_environment *production =
		config_environment(config, "production");
	CHECK_INT_EQ(production->lease_ms, 15 * 60 * 1000);
	CHECK_INT_EQ(production->wait_ms, 0);
	CHECK(production->rollback_auto);
	CHECK_INT_EQ(production->requires.count, 1);
	CHECK_INT_EQ(production->gates.count, 2);
	CHECK_STR_EQ(production->gates.items[0]->name, "port");
	CHECK_INT_EQ(production->soak.for_ms, 5 * 60 * 1000);
	CHECK_INT_EQ(production->soak.every_ms, 30 * 1000);
	CHECK_INT_EQ(production->soak.checks.count, 2); /* the gates */
	const struct config_environment *staging = config_environment(config, "staging");
	CHECK_INT_EQ(staging->service_count, 0);
	CHECK_INT_EQ(staging->soak.for_ms, 0);
	CHECK_INT_EQ(staging->lease_ms, 15 * 60 * 1000);
}

TEST(services_come_after_what_they_need)
{
	static const char *const order[] = {"db", "api", "web", "other"};
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	const struct config_environment *production =
		config_environment(config, "production");
	CHECK_INT_EQ(production->service_count, 4);
	for (size_t i = 0; i < production->service_count; i++)
		CHECK_STR_EQ(production->services[i].name, order[i]);
	const struct config_service *api = config_service(production, "api");
	CHECK_INT_EQ(api->host_count, 2);
	CHECK_STR_EQ(api->hosts[0]->name, "web2");
	CHECK_INT_EQ(api->timeout_ms, 120000);
	CHECK_INT_EQ(json_get_int(api->settings, "keep", 0), 5);
	CHECK_INT_EQ(config_service(production, "db")->timeout_ms, 20000);
	CHECK_NULL(config_service(production, "nothing"));
}

TEST(secrets_are_listed_for_an_environment)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	_cleanup_json_ json_t *all =
		config_secrets(config, config_environment(config, "production"));
	_cleanup_str_ struct str text = STR_INIT;
	size_t i;
	json_t *row;
	json_array_foreach(all, i, row) {
		const json_t *secret = json_object_get(row, "$secret");
		str_addf(&text, "%s=%s ", json_get_string(row, "where", ""),
			 json_get_string(secret, "env",
					 json_get_string(secret, "file", "?")));
	}
	CHECK_STR_HAS(str_text(&text), "state.token=STATE_TOKEN ");
	CHECK_STR_HAS(str_text(&text), "hosts.web1.key=DEPLOY_KEY ");
	CHECK_STR_HAS(str_text(&text), "hosts.web2.known_hosts=hosts ");
	CHECK_STR_HAS(str_text(&text),
		      "environments.production.services.db.env.C=DB_TOKEN ");
	CHECK_STR_HAS(str_text(&text), "checks.health.headers.Authorization=API_TOKEN ");
	CHECK_STR_HAS(str_text(&text), "checks.health.basic.password=BASIC ");
	CHECK_STR_HAS(str_text(&text), "checks.health.tls.ca=ca.pem ");
	CHECK_INT_EQ(json_array_size(all), 7);
	_cleanup_json_ json_t *few =
		config_secrets(config, config_environment(config, "staging"));
	CHECK_INT_EQ(json_array_size(few), 1);
}

static const struct choose_row {
	const char *name, *text, *environment, *want, *message;
} choices[] = {
	{"named", shop, "staging", "staging", NULL},
	{"the only one", "version: 1\nenvironments: {live: }\n", NULL, "live", NULL},
	{"several", shop, NULL, NULL, "which environment?"},
	{"several, known names", shop, NULL, NULL, "staging, production"},
	{"near", shop, "produktion", NULL, "did you mean 'production'?"},
	{"unknown", shop, "zzz", NULL, "known: staging, production"},
	{"none at all", "version: 1\n", NULL, NULL, "there is no environment"},
	{"none of that name", "version: 1\n", "x", NULL, "there is no environment"},
};

TEST(an_environment_is_chosen)
{
	FOR_ROWS(row, choices) {
		_cleanup_(config_freep) struct config *config = parse(row->text);
		const struct config_environment *found = NULL;
		struct err err = {0};
		if (!config)
			continue;
		int result =
			config_choose_environment(config, row->environment, &found, &err);
		if (row->want) {
			CHECK_OK(result, &err);
			CHECK_STR_EQ(found ? found->name : NULL, row->want);
		} else {
			CHECK_FAILS(result, &err, ERR_CONFIG, row->message);
		}
	}
}

static const struct error_row {
	const char *name, *text, *message, *hint;
} errors[] = {
	{"one problem", "version: 1\nstate: {branhc: x}\n",
	 "shop.yml:2:9: unknown key 'branhc'", "did you mean 'branch'?"},
	{"several problems", "version: 1\na: 1\nb: 2\nc: 3\n",
	 "shop.yml:2:1: unknown key 'a'", "and 2 more: belay validate lists all"},
	{"no YAML", "version: [\n", "shop.yml:", ""},
	{"in file order", "checks: {a: {tcp: 'x:0'}}\nzzz: 1\n", "shop.yml:1:1: missing",
	 "more"},
};

TEST(the_first_problem_is_the_error)
{
	FOR_ROWS(row, errors) {
		struct config *config = NULL;
		struct err err = {0};
		int result = config_parse(row->text, strlen(row->text), "shop.yml",
					  &config, NULL, &err);
		CHECK_FAILS(result, &err, ERR_CONFIG, row->message);
		CHECK_STR_HAS(err.hint, row->hint);
		CHECK_NULL(config);
	}
}

static const struct leak_row {
	const char *name, *text;
} leaks[] = {
	{"token", "version: 1\nstate: {token: hunter2}\n"},
	{"key block", "version: 1\nhosts: {a: {address: a, key: 'hunter2'}}\n"},
	{"URL of a check", "version: 1\nchecks: {a: {http: 'https://u:hunter2@x/'}}\n"},
	{"URL of the remote", "version: 1\nstate: {remote: 'https://u:hunter2@x/y'}\n"},
	{"header",
	 "version: 1\nchecks: {a: {http: 'http://x/', headers: {Cookie: hunter2}}}\n"},
	{"list", "version: 1\nstate: {token: [hunter2]}\n"},
	{"URL in place of a channel",
	 "version: 1\nnotify: {a: {slack: 'https://x/hunter2'}}\n"},
	{"key in place of a channel", "version: 1\nnotify: {a: {pagerduty: hunter2}}\n"},
	{"URL of a channel",
	 "version: 1\nnotify: {a: {discord: {webhook: 'https://x/hunter2'}}}\n"},
	{"URL of a webhook",
	 "version: 1\nnotify: {a: {webhook: {url: 'https://u:hunter2@x/'}}}\n"},
	{"header of a webhook",
	 "version: 1\nnotify: {a: {webhook: {url: 'https://x/', headers: {X-Api-Key: "
	 "hunter2}}}}\n"},
	{"tracker", "version: 1\nincidents: {tracker: 'https://u:hunter2@x/{{id}}'}\n"},
	{"keys in the URL of a bucket",
	 "version: 1\nbackups: {a: {store: {s3: {bucket: abc, endpoint: 'https://u:hunter2@x'}}}}\n"},
	{"keys in place of a bucket",
	 "version: 1\nbackups: {a: {store: {s3: hunter2}}}\n"},
	{"secret key of a bucket",
	 "version: 1\nbackups: {a: {store: [{s3: {bucket: abc, secret_key: hunter2}}]}}\n"},
	{"passphrase of a backup",
	 "version: 1\nbackups: {a: {seal: {passphrase: hunter2}}}\n"},
	{"key of a backup", "version: 1\nbackups: {a: {open: {key: hunter2}}}\n"},
	{"token of a check",
	 "version: 1\nchecks: {a: {digitalocean: {app: x, token: hunter2}, expect: []}}\n"},
};

/* Somebody wrote a secret where its reference belongs: the message must not carry it into a log. */
TEST(a_literal_secret_is_not_repeated)
{
	FOR_ROWS(row, leaks) {
		struct config *config = NULL;
		struct err err = {0};
		CHECK_INT_EQ(config_parse(row->text, strlen(row->text), "f", &config,
					  NULL, &err),
			     -1);
		CHECK(!strstr(err.message, "hunter2"));
		CHECK(!strstr(err.hint, "hunter2"));
	}
}
