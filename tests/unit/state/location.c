/* Which remote: the configuration's, the repository's origin, or our own; and with which token. */
#include "state/store_parts.h"

#include "../domain/journey.h"
#include "fake_git.h"

static const struct {
	const char *name;
	const char *remote, *credentials; /* of the configuration, or NULL */
	const char *place;                /* answer of git.repository */
	const char *env;
	const char *want, *text;
} rows[] = {
	{"configured", "{'url': 'https://git.example.com/a.git'}", "{'token': 'x'}", "{}",
	 "{}", "{'url': 'https://git.example.com/a.git', 'token': 'x'}",
	 "https://git.example.com/a.git belay-state"},
	{"configured path", "{'path': '/srv/a.git'}", NULL, "{}", "{'BELAY_TOKEN': 'x'}",
	 "{'path': '/srv/a.git'}", "/srv/a.git belay-state"},
	{"origin over https", NULL, NULL,
	 "{'root': '/w', 'origin': 'https://github.com/a/b.git'}", "{}",
	 "{'url': 'https://github.com/a/b.git'}",
	 "https://github.com/a/b.git belay-state"},
	{"origin over ssh", NULL, NULL,
	 "{'root': '/w', 'origin': 'git@github.com:a/b.git'}", "{'GITHUB_TOKEN': 'x'}",
	 "{'url': 'git@github.com:a/b.git'}", NULL},
	{"origin is a path", NULL, NULL, "{'root': '/w', 'origin': '/srv/b.git'}", "{}",
	 "{'path': '/srv/b.git'}", NULL},
	{"origin is a path beside", NULL, NULL, "{'root': '/w/c', 'origin': '../b.git'}",
	 "{}", "{'path': '/w/c/../b.git'}", NULL},
	{"origin is a file URL", NULL, NULL,
	 "{'root': '/w', 'origin': 'file:///srv/my%20repo.git'}", "{}",
	 "{'path': '/srv/my repo.git'}", NULL},
	{"file URL with a host", NULL, NULL,
	 "{'root': '/w', 'origin': 'file://localhost/srv/b'}", "{}", "{'path': '/srv/b'}",
	 NULL},
	{"no origin", NULL, NULL, "{'root': '/w', 'origin': null}", "{}",
	 "{'path': '/w/.belay/state.git', 'create': true}",
	 "/w/.belay/state.git belay-state"},
	{"no repository", NULL, NULL, "{'root': null, 'origin': null}", "{}",
	 "{'path': '.belay/state.git', 'create': true}", ".belay/state.git belay-state"},
	{"our own token first", NULL, NULL, "{'origin': 'https://github.com/a/b.git'}",
	 "{'BELAY_TOKEN': 'x', 'GITHUB_TOKEN': 'y', 'GH_TOKEN': 'z'}",
	 "{'url': 'https://github.com/a/b.git', 'token': {'$secret': {'env': 'BELAY_TOKEN'}}}",
	 NULL},
	{"then that of the workflow", NULL, NULL,
	 "{'origin': 'https://github.com/a/b.git'}",
	 "{'GITHUB_TOKEN': 'y', 'GH_TOKEN': 'z'}",
	 "{'url': 'https://github.com/a/b.git', 'token': {'$secret': {'env': 'GITHUB_TOKEN'}}}",
	 NULL},
	{"that of the action before it", NULL, NULL,
	 "{'origin': 'https://github.com/a/b.git'}",
	 "{'INPUT_TOKEN': 'x', 'GITHUB_TOKEN': 'y'}",
	 "{'url': 'https://github.com/a/b.git', 'token': {'$secret': {'env': 'INPUT_TOKEN'}}}",
	 NULL},
	{"then that of gh", NULL, NULL, "{'origin': 'https://github.com/a/b.git'}",
	 "{'GH_TOKEN': 'z'}",
	 "{'url': 'https://github.com/a/b.git', 'token': {'$secret': {'env': 'GH_TOKEN'}}}",
	 NULL},
	{"no token of GitHub for others", NULL, NULL,
	 "{'origin': 'https://git.example.com/b.git'}", "{'GITHUB_TOKEN': 'y'}",
	 "{'url': 'https://git.example.com/b.git'}", NULL},
	{"nor for a name that only begins so", NULL, NULL,
	 "{'origin': 'https://github.com.example.com/b.git'}", "{'GITHUB_TOKEN': 'y'}",
	 "{'url': 'https://github.com.example.com/b.git'}", NULL},
	{"but for the server of the workflow", NULL, NULL,
	 "{'origin': 'https://git.example.com:8443/b.git'}",
	 "{'GITHUB_TOKEN': 'y', 'GITHUB_SERVER_URL': 'https://git.example.com:8443'}",
	 "{'url': 'https://git.example.com:8443/b.git', 'token': {'$secret': {'env': "
	 "'GITHUB_TOKEN'}}}",
	 NULL},
	{"our own token for anybody", NULL, NULL,
	 "{'origin': 'https://git.example.com/b.git'}", "{'BELAY_TOKEN': 'y'}",
	 "{'url': 'https://git.example.com/b.git', 'token': {'$secret': {'env': 'BELAY_TOKEN'}}}",
	 NULL},
	{"no token in the clear", NULL, NULL,
	 "{'origin': 'http://git.example.com/b.git'}", "{'BELAY_TOKEN': 'y'}",
	 "{'url': 'http://git.example.com/b.git'}", NULL},
};

TEST(remotes_and_tokens)
{
	FOR_ROWS(row, rows) {
		struct err err = {0};
		struct location location = {0};
		struct world *world = world_new();
		struct effects *fx = effects_new(&world->layer);
		json_t *remote = row->remote ? journey_json(row->remote) : NULL;
		json_t *credentials =
			row->credentials ? journey_json(row->credentials) : NULL;
		struct config config = {.state = {.branch = "belay-state",
						  .remote = remote,
						  .credentials = credentials}};
		json_decref(world->place);
		world->place = journey_json(row->place);
		json_decref(world->env);
		world->env = journey_json(row->env);
		if (CHECK_OK(location_resolve(fx, &config, "production", &location, &err),
			     &err)) {
			CHECK_JSON_EQ(location.remote, row->want);
			if (row->text)
				CHECK_STR_EQ(location.text, row->text);
		}
		location_release(&location);
		effects_free(fx);
		json_decref(remote);
		json_decref(credentials);
	}
}

/* In a workflow our own repository would be thrown away with the workspace. */
TEST(no_journal_in_a_throw_away_workspace)
{
	struct err err = {0};
	struct location location = {0};
	struct world *world = world_new();
	struct effects *fx = effects_new(&world->layer);
	struct config config = {.state = {.branch = "belay-state"}};
	json_decref(world->place);
	world->place = journey_json("{'root': null, 'origin': null}");
	json_decref(world->env);
	world->env = journey_json("{'GITHUB_ACTIONS': 'true'}");
	CHECK_FAILS(location_resolve(fx, &config, "production", &location, &err), &err,
		    ERR_CONFIG, "actions/checkout");
	effects_free(fx);
}

static const struct {
	const char *name, *pattern, *environment, *branch;
} branches[] = {
	{"plain", "belay-state", "production", "belay-state"},
	{"plain without environment", "belay-state", NULL, "belay-state"},
	{"hole at the end", "belay/{environment}", "production", "belay/production"},
	{"hole in the middle", "b-{environment}-s", "x", "b-x-s"},
	{"hole without environment", "belay/{environment}", NULL, NULL},
};

TEST(branch_names)
{
	FOR_ROWS(row, branches) {
		struct err err = {0};
		struct location location = {0};
		struct world *world = world_new();
		struct effects *fx = effects_new(&world->layer);
		struct config config = {.state = {.branch = row->pattern}};
		int result =
			location_resolve(fx, &config, row->environment, &location, &err);
		if (row->branch) {
			CHECK_OK(result, &err);
			CHECK_STR_EQ(location.branch, row->branch);
		} else {
			CHECK_FAILS(result, &err, ERR_USAGE, "-e ENVIRONMENT");
		}
		location_release(&location);
		effects_free(fx);
	}
}
