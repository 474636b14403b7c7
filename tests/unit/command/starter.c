/* What `belay init` writes: valid whatever the repository is called and whatever lies in it. */
#include "command/starter.h"

#include <string.h>

#include "../check/world.h"
#include "belay/config.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static const struct row {
	const char *name, *driver, *repository, *files; /* files: names that exist */
	const char *service, *config_has, *workflow_has;
} rows[] = {
	{"nothing known", "command", "{}", "", "app", "      app:\n", "branches: [main]"},
	{"origin over https", "command",
	 "{'origin': 'https://github.com/acme/Web_Shop.git', 'branch': 'trunk'}", "",
	 "web-shop", "      web-shop:\n", "branches: [trunk]"},
	{"origin over ssh", "command", "{'origin': 'git@github.com:shop.git'}", "",
	 "shop", "", ""},
	{"origin with a slash", "ssh-release", "{'origin': '/srv/git/api/'}", "", "api",
	 "path: /srv/api\n", "DEPLOY_KEY: ${{ secrets.DEPLOY_KEY }}"},
	{"no letters", "command", "{'origin': 'https://x/---'}", "", "app", "", ""},
	{"a branch that would break YAML", "command", "{'branch': 'a]b'}", "", "app", "",
	 "branches: [main]"},
	{"Node.js and Compose", "command", "{}", "package.json docker-compose.yml", "app",
	 "docker compose up --detach", "npm ci && npm run build"},
	{"an app", "digitalocean", "{'origin': 'https://github.com/acme/shop.git'}",
	 "package.json", "shop", "url: 'https://shop.example.com'\n",
	 "DIGITALOCEAN_TOKEN: ${{ secrets.DIGITALOCEAN_TOKEN }}"},
	{"everything", "ssh-release", "{}",
	 "package.json composer.json pom.xml go.mod Dockerfile docker-compose.yml site.yml "
	 "ansible.cfg .github/workflows",
	 "app", "ansible-playbook site.yml", "go build ./..."},
};

static json_t *script_of(const char *files)
{
	static const char *const all[] = {
		"package.json",        "composer.json", "pom.xml",
		"build.gradle",        "go.mod",        "Cargo.toml",
		"pyproject.toml",      "Dockerfile",    "docker-compose.yml",
		"docker-compose.yaml", "compose.yaml",  "site.yml",
		"playbook.yml",        "ansible.cfg",   ".github/workflows"};
	json_t *script = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		json_object_set_new(
			script, all[i],
			json_pack("[{s:s}]", "type",
				  strstr(files, all[i]) ? "file" : "missing"));
	return script;
}

TEST(starters_are_valid)
{
	FOR_ROWS(row, rows) {
		struct err err = {0};
		struct world *world;
		_cleanup_(config_freep) struct config *config = NULL;
		_cleanup_(starter_release) struct starter starter = {0};
		_cleanup_(effects_freep) struct effects *fx = world_new("{}", &world);
		_cleanup_json_ json_t *repository = world_json(row->repository);
		json_decref(world->script);
		world->script = script_of(row->files);
		if (!CHECK_OK(starter_look(fx, "", repository, &starter, &err), &err))
			continue;
		starter.driver = row->driver;
		_cleanup_free_ char *text = starter_config(&starter);
		_cleanup_free_ char *workflow = starter_workflow(&starter);
		CHECK_STR_EQ(starter.service, row->service);
		CHECK_STR_HAS(text, row->config_has);
		CHECK_STR_HAS(workflow, row->workflow_has);
		CHECK(!strchr(text, '@') || strstr(text, "deploy@web1"));
		CHECK(!strstr(workflow, "@SECRETS@") && !strstr(workflow, "@BUILD@"));
		CHECK_OK(config_parse(text, strlen(text), "t", &config, NULL, &err),
			 &err);
		if (config) {
			CHECK_STR_EQ(config->environments[0].services[0].driver,
				     row->driver);
			CHECK_STR_EQ(config->environments[0].services[0].name,
				     starter_service(&starter));
		}
		/* The workflow is YAML too. */
		_cleanup_(yaml_freep) struct yaml *yaml = NULL;
		CHECK_OK(yaml_parse(workflow, strlen(workflow), "w", &yaml, &err), &err);
	}
}
