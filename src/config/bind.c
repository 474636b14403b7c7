/* Binding: state, hosts and checks. Copies values and converts units, decides nothing; strings stay in
 * the tree and are borrowed from there. Environments are in bind_environment.c, who hears of them in
 * bind_notify.c, backups in bind_backup.c. */
#include "bind.h"

#include <stdlib.h>
#include <string.h>

#include "belay/endpoint.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/vec.h"
#include "problems.h"

void bind_names(const json_t *array, struct config_names *ret)
{
	size_t i;
	json_t *value;
	json_array_foreach(array, i, value)
		*vec_push(ret) = mem_strdup(json_string_value(value));
}

void names_release(struct config_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct config_names){0};
}

int64_t bind_duration(const json_t *object, const char *key, int64_t fallback_ms)
{
	const char *text = json_get_string(object, key, NULL);
	int64_t value_ms;
	return text && duration_parse(text, &value_ms) == 0 ? value_ms : fallback_ms;
}

int64_t bind_default_duration(const struct config *config, const json_t *object,
			      const char *key)
{
	const json_t *defaults = json_object_get(config->tree, "defaults");
	return bind_duration(object, key, bind_duration(defaults, key, 0));
}

size_t bind_count(const json_t *object)
{
	const char *key;
	json_t *value;
	size_t count = 0;
	json_object_foreach((json_t *)object, key, value)
		count += !is_ignored(key);
	return count;
}

/* "https://…", "ssh://…" and "git@host:path" are URLs, everything else is a path. */
static bool is_git_url(const char *remote)
{
	const char *colon = strchr(remote, ':');
	const char *slash = strchr(remote, '/');
	return colon && (!slash || colon < slash);
}

void bind_state(struct config *config)
{
	static const char *const members[] = {"token",  "user",       "password",
					      "key",    "passphrase", "known_hosts",
					      "ca_file"};
	const json_t *state = json_object_get(config->tree, "state");
	const json_t *author = json_object_get(state, "author");
	const char *remote = json_get_string(state, "remote", NULL);
	config->state.branch = json_get_string(state, "branch", "");
	config->state.author_name = json_get_string(author, "name", "");
	config->state.author_email = json_get_string(author, "email", "");
	if (remote)
		config->state.remote =
			json_pack("{s:s}", is_git_url(remote) ? "url" : "path", remote);
	config->state.credentials = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = json_object_get(state, members[i]);
		if (value)
			json_object_set(config->state.credentials, members[i], value);
	}
}

static void bind_host(struct config_host *host, const char *name, const json_t *object)
{
	static const char *const members[] = {"key", "passphrase", "certificate",
					      "known_hosts"};
	_cleanup_endpoint_ struct endpoint endpoint = {0};
	(void)endpoint_parse(json_get_string(object, "address", ""), 22, &endpoint);
	json_t *connection =
		json_pack("{s:s, s:s, s:i}", "name", name, "address",
			  endpoint.host ? endpoint.host : "", "port", endpoint.port);
	if (endpoint.user)
		json_object_set_new(connection, "user", json_string(endpoint.user));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = json_object_get(object, members[i]);
		if (value)
			json_object_set(connection, members[i], value);
	}
	bool agent = json_get_bool(object, "agent", !json_object_get(object, "key"));
	json_object_set_new(connection, "agent", json_boolean(agent));
	json_object_set_new(connection, "connect_timeout_ms",
			    json_integer(bind_duration(object, "connect_timeout", 0)));
	host->name = name;
	host->user = json_get_string(connection, "user", NULL);
	host->address = json_get_string(connection, "address", "");
	host->port = endpoint.port;
	host->connection = connection;
}

void bind_hosts(struct config *config)
{
	json_t *hosts = json_object_get(config->tree, "hosts"), *object;
	const char *name;
	config->hosts = mem_array(struct config_host, bind_count(hosts) + 1);
	json_object_foreach(hosts, name, object) {
		if (!is_ignored(name))
			bind_host(&config->hosts[config->host_count++], name, object);
	}
}

static void bind_retry(const struct config *config, const json_t *own,
		       struct config_retry *ret)
{
	const json_t *shared =
		json_object_get(json_object_get(config->tree, "defaults"), "retry");
	ret->attempts =
		(int)json_get_int(own, "attempts", json_get_int(shared, "attempts", 1));
	ret->delay_ms = bind_duration(own, "delay", bind_duration(shared, "delay", 0));
	ret->backoff =
		json_get_number(own, "backoff", json_get_number(shared, "backoff", 1));
	ret->jitter =
		json_get_number(own, "jitter", json_get_number(shared, "jitter", 0));
}

static const char *check_type_of(const json_t *settings)
{
	/* "http" first: beside it "tls" means the options of its connection. */
	static const char *const types[] = {"http", "tcp", "tls", "digitalocean"};
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (json_object_get(settings, types[i]))
			return types[i];
	}
	return "";
}

static enum config_on_no_data on_no_data_of(const struct config *config,
					    const json_t *settings)
{
	const json_t *defaults = json_object_get(config->tree, "defaults");
	const char *word = json_get_string(settings, "on_no_data",
					   json_get_string(defaults, "on_no_data", ""));
	return str_equal(word, "pass")   ? NO_DATA_PASS
	       : str_equal(word, "fail") ? NO_DATA_FAIL
					 : NO_DATA_INCONCLUSIVE;
}

static void bind_check(const struct config *config, struct config_check *check,
		       const char *name, const json_t *settings)
{
	check->name = name;
	check->type = check_type_of(settings);
	check->settings = settings;
	bind_names(json_object_get(settings, "expect"), &check->expect);
	bind_names(json_object_get(settings, "warn"), &check->warn);
	check->severity = str_equal(json_get_string(settings, "severity", ""), "warning")
				  ? SEVERITY_WARNING
				  : SEVERITY_CRITICAL;
	check->on_no_data = on_no_data_of(config, settings);
	check->timeout_ms = bind_default_duration(config, settings, "timeout");
	bind_retry(config, json_object_get(settings, "retry"), &check->retry);
}

void bind_checks(struct config *config)
{
	json_t *checks = json_object_get(config->tree, "checks"), *settings;
	const char *name;
	config->checks = mem_array(struct config_check, bind_count(checks) + 1);
	json_object_foreach(checks, name, settings) {
		if (!is_ignored(name))
			bind_check(config, &config->checks[config->check_count++], name,
				   settings);
	}
}

void bind_config(struct config *config)
{
	bind_state(config);
	bind_hosts(config);
	bind_checks(config);
	bind_github(config);
	bind_incidents(config);
	bind_notifications(config);
	bind_backups(config);
	bind_environments(config);
}
