/* room: config
 * The configuration, bound: YAML text → schema → these structs. Pure; reading files and variables
 * is the caller's. Everything is owned by the struct config and lives as long as it does.
 *
 * `schemas/config.schema.json` is the one source of keys, defaults, ranges and descriptions; the
 * binding below only copies validated values. What the schema cannot say is checked here with a
 * place as well: unknown hosts, checks and services in lists, cycles in `needs` and `requires`, jq
 * that does not compile, addresses that do not parse, a driver's own settings.
 *
 * References to secrets stand in `tree`, `settings`, `connection` and `credentials` in the form that the
 * effects seam takes ({"$secret": {"env": NAME}}). Members whose names begin with "x-" may be in `tree`;
 * they mean nothing and are in none of the lists.
 */
#ifndef BELAY_CONFIG_H
#define BELAY_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/err.h"
#include "belay/yaml.h"

enum config_severity { SEVERITY_CRITICAL, SEVERITY_WARNING };
enum config_on_no_data { NO_DATA_INCONCLUSIVE, NO_DATA_PASS, NO_DATA_FAIL };

struct config_names {
	char **items;
	size_t count, capacity;
};

struct config_retry {
	int attempts; /* tries in all, 1..100 */
	int64_t delay_ms;
	double backoff; /* factor after each try, 1..10 */
	double jitter;  /* share of the delay that is random, 0..1 */
};

struct config_host {
	const char *name;
	const char *user;    /* default: "root" is never assumed; NULL = the local user */
	const char *address; /* without brackets */
	int port;
	json_t *connection; /* the HOST object of the ssh.run effect */
};

struct config_check {
	const char *name;
	const char *
		type; /* "http", "tcp", "digitalocean": a row of the table of check types */
	const json_t *settings; /* the whole check object, defaults filled in */
	struct config_names expect;
	struct config_names warn;
	enum config_severity severity;
	enum config_on_no_data on_no_data;
	int64_t timeout_ms; /* for one attempt */
	struct config_retry retry;
};
struct config_checks {
	const struct config_check **items;
	size_t count, capacity;
};

struct config_service {
	const char *name;
	const char *
		driver; /* "ssh-release", "digitalocean": a row of the table of drivers */
	const json_t *settings; /* the whole service object, defaults filled in */
	struct config_names needs;
	const struct config_host **hosts;
	size_t host_count;
	int64_t timeout_ms;                 /* for one remote or local command */
	const struct config_backup *backup; /* made before it is touched, or NULL */
};

/* One entry of `notify:`. */
struct config_notification {
	const char *name;
	const char *channel;    /* "slack": a row of the table of channels */
	const json_t *settings; /* value of the channel's key, defaults filled in */
	struct config_names on; /* topics; empty: what the channel hears by default */
	struct config_names severities, environments; /* empty: all */
	bool digest;      /* P3 waits for the digest of the day */
	int64_t floor_ms; /* no second message of the same topic and key within */
	int64_t escalate_after_ms;       /* 0: never */
	struct config_names escalate_to; /* names of notifications */
};

/* Which copies of a backup stay. 0: says nothing. */
struct config_keep {
	int64_t younger_ms; /* `local` for directories of this machine, `remote` for other places */
	int last, hourly, daily, weekly, monthly, yearly;
};

struct config_store {
	const char *
		name; /* `name:` of the entry, else "s3", "directory", "ssh" (with a number when there
			     are several) */
	/* STORE of the effects, with its name. An object lock is {mode, for_ms} here: whoever writes makes
	 * `until_ms` of it. */
	json_t *target;
	bool remote;
	struct config_keep keep;
};

/* A command that proves something about a restored backup. */
struct config_drill_check {
	const char *name, *run;
	struct config_names
		expect; /* jq on {exit, stdout, stderr, duration_ms}; empty: exit 0 */
};

/* One entry of `backups:`. */
struct config_backup {
	const char *name;
	const char *environment; /* whose journal it is on */
	struct {
		json_t *list;     /* SOURCEs of the effects; for `set` see below */
		const char *file; /* of a stream: its name. NULL: a tar */
		struct config_names
			sets; /* "nginx", "certificates", "units", "environment", "system" */
		const struct config_host
			*host; /* where all of it is; NULL: this machine */
	} source;
	struct {
		struct config_names recipients; /* paths of certificates */
		json_t *passphrase;             /* secret reference, or NULL */
	} seal;
	/* To open them here: members of `open` of backup.read, `certificate` still a path. With a passphrase
	 * that of `seal`, unless another one is given. NULL: by options. */
	json_t *open;
	struct {
		json_t *key, *key_passphrase; /* secret references, or NULL */
		const char *certificate; /* path; signatures are checked against it */
	} sign;
	struct config_store *stores;
	size_t store_count;
	int level, threads; /* threads 0: as many as there are processors, at most 4 */
	int64_t chunk_bytes;
	int64_t every_ms;   /* promised interval; 0: none */
	int64_t timeout_ms; /* for making one */
	bool verify_data; /* read all of it again afterwards (`verify: data`), not only a sample */
	/* How it comes back in place, for rollbacks: TO of backup.read. NULL: not by belay. */
	json_t *restore;
	struct {
		int64_t every_ms;      /* 0: nobody promised */
		const char *directory; /* scratch place; NULL: the system's */
		int64_t rto_ms;        /* 0: none is promised */
		json_t *to; /* TO of backup.read instead of a directory, or NULL */
		struct config_drill_check *checks;
		size_t check_count;
	} drill;
};

struct config_post_mortem {
	int64_t due_ms;       /* 0: none is asked for */
	const char *template; /* path, or NULL: the built-in one */
	const char *write;    /* "pull-request", "file" or "none" */
	const char *path;     /* "docs/post-mortems/{{id}}.md" */
	int64_t remind_ms;    /* pause between reminders */
};

struct config_watch {
	int fail_after, recover_after, flaps;
};

struct config_environment {
	const char *name;
	const char *url; /* where people see it, or NULL */
	const struct config_notification **notify;
	size_t notify_count;
	struct config_watch watch;
	int64_t settle_ms; /* pause between switch (or undo) and the first look of the gates */
	struct config_names requires; /* environments where the version must have passed first */
	int64_t lease_ms;             /* lock.lease */
	int64_t wait_ms; /* lock.wait: how long to wait for a busy lock; 0 = not at all */
	struct config_service
		*services; /* in dependency order: needs before needed-by, else by file */
	size_t service_count;
	struct config_checks preflight; /* judged before anything is touched */
	struct config_checks gates; /* judged after the switch, and again after an undo */
	struct {
		int64_t for_ms, every_ms;    /* for_ms 0 = no soak */
		struct config_checks checks; /* the gates, unless named */
	} soak;
	bool rollback_auto;
};

struct config {
	const char *file; /* as named by the user */
	struct yaml *yaml;
	json_t *tree; /* validated, defaults filled in */
	struct {
		const char *branch; /* may contain {environment} */
		json_t *remote; /* REMOTE object of the git effects, or NULL: the repository's origin */
		json_t *credentials; /* members to merge into REMOTE (token, key, …); may be empty */
		const char *author_name, *author_email;
	} state;
	struct {
		json_t *token; /* secret reference, or NULL: GITHUB_TOKEN of the job */
		const char *
			api_url; /* or NULL: GITHUB_API_URL, else https://api.github.com */
		const char
			*repository; /* or NULL: GITHUB_REPOSITORY, else the origin's */
		bool deployments;    /* show deployments on GitHub */
		const char *status;  /* "commit-status", "check-run" or "none" */
	} github;
	struct {
		bool close;          /* when the environment has recovered */
		const char *tracker; /* link with {{id}}, or NULL */
		struct config_post_mortem post_mortem;
	} incidents;
	struct config_notification *notifications;
	size_t notification_count;
	struct config_host *hosts;
	size_t host_count;
	struct config_check *checks;
	size_t check_count;
	struct config_environment *environments;
	size_t environment_count;
	struct config_backup *backups; /* by file */
	size_t backup_count;
};

/* All problems of one file: what `belay validate` lists. */
struct config_problem {
	struct yaml_place place;
	char *message;
	char *hint; /* or NULL */
};
struct config_problems {
	struct config_problem *items;
	size_t count, capacity;
};
void config_problems_release(struct config_problems *problems);

/* Parses, validates and binds. On failure -1 with ERR_CONFIG: the first problem as
 * "file:line:column: message" (and how many more there are); `problems`, when not NULL, gets all
 * of them in file order. */
int config_parse(const char *text, size_t len, const char *file, struct config **ret,
		 struct config_problems *problems, struct err *err);
void config_free(struct config *config);
void config_freep(struct config **config);

/* Without any file: an app on DigitalOcean's App Platform, described by the environment variables
 * APP_URL, DIGITALOCEAN_TOKEN and DIGITALOCEAN_APP_ID. The two last ones are only referred to. */
struct config_variables {
	const char *app_url;
	const char *api_url;       /* DIGITALOCEAN_API_URL, or NULL */
	const char *auto_rollback; /* ENABLE_AUTO_ROLLBACK, or NULL */
	bool slack;                /* SLACK_WEBHOOK_URL is there */
};
/* The text of a file that says it. ERR_CONFIG names the variable that is wrong. Pure. */
int config_from_variables(const struct config_variables *variables, char **ret_text,
			  struct err *err);

/* NULL when there is none of that name. */
const struct config_environment *config_environment(const struct config *config,
						    const char *name);
const struct config_service *config_service(const struct config_environment *environment,
					    const char *name);
const struct config_check *config_check(const struct config *config, const char *name);
const struct config_notification *config_notification(const struct config *config,
						      const char *name);
const struct config_host *config_host(const struct config *config, const char *name);
const struct config_backup *config_backup(const struct config *config, const char *name);

/* The environment that a verb means: `name`, or the only one when NULL. ERR_CONFIG with the known
 * names and the nearest one otherwise. */
int config_choose_environment(const struct config *config, const char *name,
			      const struct config_environment **ret, struct err *err);

/* Every secret reference below an environment's reach (hosts, checks, services, state, GitHub,
 * notifications and those they escalate to), as [{"where": "hosts.web1.key", "needed": true, "$secret":
 * {...}}]. Those that are needed have to be present before a run; without the others (a channel's, GitHub's)
 * somebody hears nothing, which is worth a warning and stops nobody. New. */
json_t *config_secrets(const struct config *config,
		       const struct config_environment *environment);

/* The same of one backup: `writes` what making it needs, else its stores and, not needed for looking at it
 * only, what opens it, restores it and is drilled with. New. */
json_t *config_backup_secrets(const struct config_backup *backup, bool writes);

/* The schema as embedded text, parsed. New reference. */
json_t *config_schema(void);

#endif
