/* Where GitHub is and who asks, and that the page on permissions says what the program says. */
#include "belay/github.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/command.h"
#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "github_parts.h"
#include "test.h"

/* --- where it is ----------------------------------------------------------------------------- */

static const char *const variables[] = {"GITHUB_API_URL",    "GITHUB_SERVER_URL",
					"GITHUB_REPOSITORY", "GITHUB_TOKEN",
					"INPUT_TOKEN",       "GH_TOKEN"};

/* "NAME=VALUE;NAME=VALUE", and nothing else of what matters. */
static void set_variables(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		unsetenv(variables[i]);
	while (*text) {
		size_t len = strcspn(text, ";");
		_cleanup_free_ char *pair = mem_strndup(text, len);
		char *value = strchr(pair, '=');
		*value++ = '\0';
		setenv(pair, value, 1);
		text += len + (text[len] == ';');
	}
}

static const struct {
	const char *name, *variables;
	const char *api_url, *repository; /* of the configuration, or NULL */
	const char *want_api, *want_server, *want_repository; /* NULL: no GitHub */
} places[] = {
	{"a workflow",
	 "GITHUB_TOKEN=t0ken-t0ken;GITHUB_REPOSITORY=acme/shop;GITHUB_API_URL=https://"
	 "api.github.com;GITHUB_SERVER_URL=https://github.com",
	 NULL, NULL, "https://api.github.com", "https://github.com", "acme/shop"},
	{"the action's own token", "INPUT_TOKEN=t0ken-t0ken;GITHUB_REPOSITORY=acme/shop",
	 NULL, NULL, "https://api.github.com", "https://github.com", "acme/shop"},
	{"Enterprise Server",
	 "GITHUB_TOKEN=t0ken-t0ken;GITHUB_REPOSITORY=acme/shop;GITHUB_API_URL=https://"
	 "git.acme.example/api/v3",
	 NULL, NULL, "https://git.acme.example/api/v3", "https://git.acme.example",
	 "acme/shop"},
	{"data residency", "GH_TOKEN=t0ken-t0ken", "https://api.acme.ghe.com/",
	 "acme/shop", "https://api.acme.ghe.com", "https://acme.ghe.com", "acme/shop"},
	{"the configuration goes first",
	 "GITHUB_TOKEN=t0ken-t0ken;GITHUB_REPOSITORY=acme/shop;GITHUB_API_URL=https://"
	 "a.example",
	 "https://b.example:8443/api/v3", "other/one", "https://b.example:8443/api/v3",
	 "https://b.example:8443", "other/one"},
	{"no token", "GITHUB_REPOSITORY=acme/shop", NULL, NULL, NULL, NULL, NULL},
	{"an empty token", "GITHUB_TOKEN=;GITHUB_REPOSITORY=acme/shop", NULL, NULL, NULL,
	 NULL, NULL},
	{"no repository", "GITHUB_TOKEN=t0ken-t0ken", NULL, NULL, NULL, NULL, NULL},
	{"a repository that leads elsewhere",
	 "GITHUB_TOKEN=t0ken-t0ken;GITHUB_REPOSITORY=../user", NULL, NULL, NULL, NULL,
	 NULL},
	{"a repository with a query", "GITHUB_TOKEN=t0ken-t0ken;GITHUB_REPOSITORY=a/b?c",
	 NULL, NULL, NULL, NULL, NULL},
};

TEST(where_github_is)
{
	char *here = getcwd(NULL, 0);
	CHECK_INT_EQ(chdir(test_directory()), 0);
	FOR_ROWS(row, places) {
		_cleanup_(effects_freep) struct effects *fx =
			effects_new(effects_redact_new(effects_live_new()));
		struct config config = {.github = {.api_url = row->api_url,
						   .repository = row->repository}};
		struct github github;
		struct err err = {0};
		bool there = false;
		set_variables(row->variables);
		CHECK_OK(github_init(&github, fx, &config, &there, &err), &err);
		CHECK_INT_EQ(there, row->want_api != NULL);
		if (there) {
			CHECK_STR_EQ(github.api.base_url, row->want_api);
			CHECK_STR_EQ(github.server_url, row->want_server);
			CHECK_STR_EQ(github.repository, row->want_repository);
		}
		github_release(&github);
	}
	set_variables("");
	CHECK_INT_EQ(chdir(here), 0);
	free(here);
}

static const struct {
	const char *name, *origin, *want; /* NULL: no GitHub */
} origins[] = {
	{"https", "https://github.com/acme/shop.git", "acme/shop"},
	{"https without .git", "https://github.com/acme/shop", "acme/shop"},
	{"ssh", "ssh://git@github.com:22/acme/shop.git", "acme/shop"},
	{"scp", "git@github.com:acme/shop.git", "acme/shop"},
	{"elsewhere", "https://gitlab.com/acme/shop.git", NULL},
	{"a host that begins alike", "https://github.com.evil.example/acme/shop.git",
	 NULL},
	{"too deep", "https://github.com/acme/shop/more.git", NULL},
	{"a path", "/srv/git/shop.git", NULL},
};

TEST(outside_a_workflow_the_origin_says_which_repository)
{
	char *here = getcwd(NULL, 0);
	CHECK_INT_EQ(chdir(test_directory()), 0);
	FOR_ROWS(row, origins) {
		_cleanup_(effects_freep) struct effects *fx =
			effects_new(effects_redact_new(effects_live_new()));
		struct config config = {0};
		struct github github;
		struct err err = {0};
		bool there = false;
		_cleanup_free_ char *text = str_format(
			"[core]\n\trepositoryformatversion = 0\n[remote \"origin\"]\n\turl = %s\n",
			row->origin);
		CHECK_OK(effects_write_file(fx, ".git/HEAD", "ref: refs/heads/main\n",
					    0600, false, &err),
			 &err);
		CHECK_OK(effects_write_file(fx, ".git/objects/info/packs", "", 0600,
					    false, &err),
			 &err);
		CHECK_OK(effects_write_file(fx, ".git/refs/heads/.keep", "", 0600, false,
					    &err),
			 &err);
		CHECK_OK(effects_write_file(fx, ".git/config", text, 0600, false, &err),
			 &err);
		set_variables("GITHUB_TOKEN=t0ken-t0ken");
		CHECK_OK(github_init(&github, fx, &config, &there, &err), &err);
		CHECK_INT_EQ(there, row->want != NULL);
		CHECK_STR_EQ(there ? github.repository : "none",
			     row->want ? row->want : "none");
		github_release(&github);
	}
	set_variables("");
	CHECK_INT_EQ(chdir(here), 0);
	free(here);
}

/* --- texts ----------------------------------------------------------------------------------- */

static const struct {
	const char *name, *text;
	size_t max;
	const char *want;
} clips[] = {
	{"short", "abc", 5, "abc"}, {"exact", "abc", 3, "abc"},
	{"long", "abcd", 3, "abc"}, {"counts characters", "äöü€", 3, "äöü"},
	{"empty", "", 0, ""},       {"nothing", "a", 0, ""},
};

TEST(descriptions_are_cut_at_characters)
{
	FOR_ROWS(row, clips) {
		_cleanup_free_ char *got = github_clip(row->text, row->max);
		CHECK_STR_EQ(got, row->want);
	}
}

/* --- permissions ----------------------------------------------------------------------------- */

/* The n-th cell of a row "| a | b | c |", without its code marks. Fresh. */
static char *cell(const char *row, int n)
{
	for (row = strchr(row, '|'); n > 0 && row; n--)
		row = strchr(row + 1, '|');
	struct str out = STR_INIT;
	for (const char *c = row ? row + 1 : ""; *c && *c != '|'; c++)
		if (*c != '`' && !(*c == ' ' && (!out.len || c[1] == '|')))
			str_add_char(&out, *c);
	return out.data ? str_take(&out) : mem_strdup("");
}

/* The lines of docs/permissions.md, one by one. */
static char *next_line(const char **at)
{
	size_t len = strcspn(*at, "\n");
	char *line = mem_strndup(*at, len);
	*at += len + ((*at)[len] == '\n');
	return line;
}

TEST(the_page_says_what_the_program_says)
{
	_cleanup_free_ char *page = test_read("../docs/permissions.md", NULL);
	int seen = 0;
	for (const char *at = page; *at;) {
		_cleanup_free_ char *line = next_line(&at);
		_cleanup_free_ char *method = cell(line, 0);
		_cleanup_free_ char *path = cell(line, 1);
		_cleanup_free_ char *wanted = cell(line, 2);
		if (!str_has_prefix(line, "| `") || !str_has_prefix(path, "/repos/"))
			continue;
		test_row("%s %s", method, path);
		const char *got = github_permission(method, path);
		CHECK_STR_EQ(got ? got : "none", wanted);
		seen++;
	}
	test_at_row(NULL);
	CHECK(seen >= 24);
}

TEST(every_command_is_on_the_page)
{
	_cleanup_free_ char *page = test_read("../docs/permissions.md", NULL);
	for (size_t i = 0; commands[i]; i++) {
		_cleanup_free_ char *name = str_format("`%s`", commands[i]->name);
		test_row("%s", name);
		CHECK_STR_HAS(page, name);
	}
	test_at_row(NULL);
}

static const struct {
	const char *name, *method, *path;
} free_requests[] = {
	{"who am I", "GET", "/user"},
	{"the limit", "GET", "/rate_limit"},
	{"a repository", "GET", "/repos/acme/shop"},
	{"a repository with a query", "GET", "/repos/acme/shop?x=/issues"},
	{"one whose name looks like a place", "GET", "/repos/issues/labels"},
};

TEST(some_requests_need_no_permission)
{
	FOR_ROWS(row, free_requests)
		CHECK_NULL(github_permission(row->method, row->path));
}
