/* The files that `belay init` writes: embedded templates in which @WORDS@ are replaced, and a table of what
 * names of files say about how a project is built and run. */
#include "starter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "belay/config.h"
#include "belay/embedded.h"
#include "belay/json.h"
#include "belay/mem.h"

/* What a file means: `build` as a step before the deployment, `deploy` as a command to start from. */
static const struct clue {
	const char *path, *what, *build, *deploy;
} clues[] = {
	{"package.json", "a Node.js package", "npm ci && npm run build", NULL},
	{"composer.json", "a PHP project", "composer install --no-dev", NULL},
	{"pom.xml", "a Maven project", "mvn --batch-mode package", NULL},
	{"build.gradle", "a Gradle project", "./gradlew build", NULL},
	{"go.mod", "a Go module", "go build ./...", NULL},
	{"Cargo.toml", "a Rust crate", "cargo build --release", NULL},
	{"pyproject.toml", "a Python project", "pip wheel --wheel-dir build .", NULL},
	{"Dockerfile", "an image", NULL,
	 "docker build --tag @SERVICE@:\"$BELAY_VERSION\" ."},
	{"docker-compose.yml", "a Compose project", NULL,
	 "TAG=\"$BELAY_VERSION\" docker compose up --detach"},
	{"docker-compose.yaml", "a Compose project", NULL,
	 "TAG=\"$BELAY_VERSION\" docker compose up --detach"},
	{"compose.yaml", "a Compose project", NULL,
	 "TAG=\"$BELAY_VERSION\" docker compose up --detach"},
	{"site.yml", "an Ansible playbook", NULL,
	 "ansible-playbook site.yml --extra-vars version=\"$BELAY_VERSION\""},
	{"playbook.yml", "an Ansible playbook", NULL,
	 "ansible-playbook playbook.yml --extra-vars version=\"$BELAY_VERSION\""},
	{"ansible.cfg", "an Ansible project", NULL, NULL},
	{".github/workflows", "workflows", NULL, NULL},
};

int starter_exists(struct effects *fx, const char *path, bool *ret_exists,
		   struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", path);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {.kind = "file.stat",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = path};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	*ret_exists = !str_equal(json_get_string(answer, "type", "missing"), "missing");
	return 0;
}

/* "https://example.com/acme/Shop.git" → "shop": the last part, in characters that names are made of. */
static char *service_name(const char *origin)
{
	struct str name = STR_INIT_MAX(40);
	const char *end = origin + strlen(origin);
	while (end > origin && end[-1] == '/')
		end--;
	if (end - origin > 4 && strncmp(end - 4, ".git", 4) == 0)
		end -= 4;
	const char *start = end;
	while (start > origin && start[-1] != '/' && start[-1] != ':')
		start--;
	for (; start < end; start++) {
		int c = tolower((unsigned char)*start);
		if (isalnum(c))
			str_add_char(&name, (char)c);
		else if (name.len && name.data[name.len - 1] != '-')
			str_add_char(&name, '-');
	}
	while (name.len && name.data[name.len - 1] == '-')
		name.data[--name.len] = '\0';
	if (!name.len)
		str_add(&name, "app");
	return str_take(&name);
}

/* Fit to stand between brackets in the workflow. */
static bool is_plain_branch(const char *branch)
{
	return branch && *branch && branch[0] != '-' &&
	       strspn(branch,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") ==
		       strlen(branch);
}

int starter_look(struct effects *fx, const char *prefix, const json_t *repository,
		 struct starter *ret, struct err *err)
{
	const char *branch = json_get_string(repository, "branch", NULL);
	if (branch && str_has_prefix(branch, "refs/heads/"))
		branch += strlen("refs/heads/");
	ret->service = service_name(json_get_string(repository, "origin", ""));
	ret->branch = mem_strdup(is_plain_branch(branch) ? branch : "main");
	ret->found = json_array();
	for (size_t i = 0; i < ARRAY_SIZE(clues); i++) {
		_cleanup_free_ char *path = str_format("%s%s", prefix, clues[i].path);
		bool exists = false;
		if (starter_exists(fx, path, &exists, err) < 0)
			return -1;
		if (exists)
			json_array_append_new(ret->found, json_pack("{s:s, s:s}", "path",
								    clues[i].path, "what",
								    clues[i].what));
	}
	return 0;
}

void starter_release(struct starter *starter)
{
	free(starter->service);
	free(starter->branch);
	free(starter->variables);
	json_decref(starter->found);
	*starter = (struct starter){0};
}

static const struct clue *clue_of(const json_t *found)
{
	for (size_t i = 0; i < ARRAY_SIZE(clues); i++) {
		if (str_equal(clues[i].path, json_get_string(found, "path", NULL)))
			return &clues[i];
	}
	return NULL;
}

static char *filled(const char *name, const char *const *pairs)
{
	const struct embedded *file = embedded_find(name);
	struct str out = STR_INIT;
	str_add_filled(&out, file ? file->data : "", pairs);
	return str_take(&out);
}

/* Comments for the place of the deploy command. */
static void add_found(struct str *out, const struct starter *starter)
{
	const char *pairs[] = {"@SERVICE@", starter->service, NULL};
	size_t i;
	json_t *found;
	json_array_foreach(starter->found, i, found) {
		const struct clue *clue = clue_of(found);
		if (!clue || !clue->deploy)
			continue;
		str_addf(out,
			 "        # There is %s (%s); its command could be\n        #   ",
			 clue->what, clue->path);
		str_add_filled(out, clue->deploy, pairs);
		str_add_char(out, '\n');
	}
}

const char *starter_service(const struct starter *starter)
{
	return str_equal(starter->driver, "digitalocean") ? "app" : starter->service;
}

/* As the variables say, or with an address to be replaced. */
static char *digitalocean_config(const struct starter *starter)
{
	struct err ignored = {0}; /* these values are good ones */
	_cleanup_free_ char *url = str_format("https://%s.example.com", starter->service);
	const struct config_variables example = {.app_url = url, .auto_rollback = "true"};
	char *text = NULL;
	if (starter->variables)
		return mem_strdup(starter->variables);
	(void)config_from_variables(&example, &text, &ignored);
	return text;
}

char *starter_config(const struct starter *starter)
{
	if (str_equal(starter->driver, "digitalocean"))
		return digitalocean_config(starter);
	_cleanup_str_ struct str found = STR_INIT;
	_cleanup_free_ char *template = str_format("starter/%s.yml", starter->driver);
	add_found(&found, starter);
	const char *pairs[] = {"@SERVICE@", starter->service, "@FOUND@", str_text(&found),
			       NULL};
	return filled(template, pairs);
}

/* Lines of the step's `env:`. */
static const char *secret_lines(const char *driver)
{
	if (str_equal(driver, "ssh-release"))
		return "          DEPLOY_KEY: ${{ secrets.DEPLOY_KEY }}\n"
		       "          KNOWN_HOSTS: ${{ secrets.KNOWN_HOSTS }}\n";
	if (str_equal(driver, "digitalocean"))
		return "          DIGITALOCEAN_APP_ID: ${{ vars.DIGITALOCEAN_APP_ID }}\n"
		       "          DIGITALOCEAN_TOKEN: ${{ secrets.DIGITALOCEAN_TOKEN }}\n"
		       "          SLACK_WEBHOOK_URL: ${{ secrets.SLACK_WEBHOOK_URL }}\n";
	return "";
}

char *starter_workflow(const struct starter *starter)
{
	_cleanup_str_ struct str build = STR_INIT;
	size_t i;
	json_t *found;
	json_array_foreach(starter->found, i, found) {
		const struct clue *clue = clue_of(found);
		if (clue && clue->build)
			str_addf(&build, "      # - run: %s # there is %s\n", clue->build,
				 clue->path);
	}
	const char *pairs[] = {"@BRANCH@",    starter->branch,
			       "@BUILD@",     str_text(&build),
			       "@SECRETS@\n", secret_lines(starter->driver),
			       NULL};
	return filled("starter/workflow.yml", pairs);
}
