/* Binding of backups: sources, stores and places to restore to become the values that the effects take
 * (belay/effects.h), with their hosts' connections in them. */
#include <stdlib.h>
#include <string.h>

#include "backups.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/vec.h"
#include "bind.h"
#include "problems.h"

/* Members that are the same there as here. */
#define COPY_MEMBERS(to, from, ...)                                                      \
	do {                                                                             \
		static const char *const names_[] = {__VA_ARGS__};                       \
		copy_members((to), (from), names_, ARRAY_SIZE(names_));                  \
	} while (0)

static void copy_members(json_t *to, const json_t *from, const char *const *names,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *value = json_object_get(from, names[i]);
		if (value)
			json_object_set(to, names[i], value);
	}
}

static const struct config_host *host_of(const struct config *config,
					 const json_t *object)
{
	return config_host(config, json_get_string(object, "ssh", NULL));
}

/* --- sources --------------------------------------------------------------------------------- */

static json_t *source_new(const struct config_host *host)
{
	json_t *source = json_object();
	if (host)
		json_object_set(source, "host", host->connection);
	return source;
}

static void bind_directories(struct config_backup *backup, const json_t *object,
			     const struct config_host *host, bool alone)
{
	const json_t *directories = json_object_get(object, "directory");
	for (size_t i = 0; i < listed_count(directories); i++) {
		const char *path = json_string_value(listed_at(directories, i));
		_cleanup_free_ char *prefix =
			alone ? mem_strdup("") : backup_source_prefix(path);
		json_t *source = source_new(host);
		json_object_set_new(source, "directory", json_string(path));
		json_object_set_new(source, "prefix", json_string(prefix));
		COPY_MEMBERS(source, object, "include", "exclude", "one_file_system");
		json_array_append_new(backup->source.list, source);
	}
}

static void bind_run(struct config_backup *backup, const json_t *object,
		     const struct config_host *host)
{
	json_t *source = source_new(host);
	COPY_MEMBERS(source, object, "run", "name", "directory", "env", "allow_empty");
	json_array_append_new(backup->source.list, source);
	backup->source.file = json_get_string(object, "name", "");
}

static void bind_files(struct config_backup *backup, const json_t *object,
		       const struct config_host *host)
{
	json_t *source = source_new(host);
	COPY_MEMBERS(source, object, "files");
	json_array_append_new(backup->source.list, source);
}

static void bind_source(const struct config *config, struct config_backup *backup,
			const json_t *object, bool alone)
{
	const struct config_host *host = host_of(config, object);
	backup->source.host = host;
	if (json_object_get(object, "run"))
		bind_run(backup, object, host);
	else if (json_object_get(object, "directory"))
		bind_directories(backup, object, host, alone);
	bind_names(json_object_get(object, "set"), &backup->source.sets);
	if (json_object_get(object, "files"))
		bind_files(backup, object, host);
}

static void bind_sources(const struct config *config, struct config_backup *backup,
			 const json_t *sources)
{
	const json_t *first = json_object_get(listed_at(sources, 0), "directory");
	bool alone = listed_count(sources) == 1 && listed_count(first) == 1;
	backup->source.list = json_array();
	for (size_t i = 0; i < listed_count(sources); i++)
		bind_source(config, backup, listed_at(sources, i), alone);
}

/* --- stores ---------------------------------------------------------------------------------- */

/* Without its last slash, which would stand in front of every path. */
static void bind_endpoint(json_t *s3, const json_t *object)
{
	const char *said = json_get_string(object, "endpoint", NULL);
	const char *region = json_get_string(object, "region", "");
	_cleanup_free_ char *endpoint =
		said ? mem_strdup(said)
		     : str_format("https://s3.%s.amazonaws.com", region);
	size_t len = strlen(endpoint);
	if (len && endpoint[len - 1] == '/')
		endpoint[len - 1] = '\0';
	json_object_set_new(s3, "endpoint", json_string(endpoint));
}

/* {"$secret": {"env": …}}; one that may be missing says so. New. */
static json_t *variable(const char *name, bool optional)
{
	json_t *reference = json_pack("{s:{s:s}}", "$secret", "env", name);
	if (optional)
		json_object_set_new(reference, "optional", json_true());
	return reference;
}

static void bind_web_identity(json_t *s3, const json_t *object)
{
	json_t *identity = json_object();
	COPY_MEMBERS(identity, object, "role", "endpoint", "session");
	json_object_set_new(identity, "token",
			    json_pack("{s:{s:{s:s}}}", "$secret", "oidc", "audience",
				      json_get_string(object, "audience", "")));
	json_object_set_new(s3, "web_identity", identity);
}

static void bind_credentials(json_t *s3, const json_t *object)
{
	const json_t *identity = json_object_get(object, "web_identity");
	json_t *profile = json_object_get(object, "profile");
	COPY_MEMBERS(s3, object, "access_key", "secret_key", "session_token");
	if (identity)
		bind_web_identity(s3, identity);
	else if (json_is_string(profile))
		json_object_set_new(s3, "profile", json_pack("{s:O}", "name", profile));
	else if (profile)
		json_object_set(s3, "profile", profile);
	else if (!json_object_get(object, "secret_key")) {
		json_object_set_new(s3, "access_key",
				    variable("AWS_ACCESS_KEY_ID", false));
		json_object_set_new(s3, "secret_key",
				    variable("AWS_SECRET_ACCESS_KEY", false));
		json_object_set_new(s3, "session_token",
				    variable("AWS_SESSION_TOKEN", true));
	}
}

static json_t *bind_s3(const json_t *object)
{
	const json_t *lock = json_object_get(object, "lock");
	json_t *s3 = json_object();
	bind_endpoint(s3, object);
	bind_credentials(s3, object);
	COPY_MEMBERS(s3, object, "bucket", "prefix", "region", "storage_class",
		     "encryption", "kms_key", "checksum", "ca_file");
	json_object_set_new(s3, "virtual_host",
			    json_boolean(!json_get_bool(object, "path_style", true)));
	if (lock)
		json_object_set_new(s3, "lock",
				    json_pack("{s:s, s:I}", "mode",
					      json_get_string(lock, "mode", ""), "for_ms",
					      (json_int_t)bind_duration(lock, "for", 0)));
	return s3;
}

static void bind_keep(const json_t *object, bool remote, struct config_keep *ret)
{
	ret->younger_ms = bind_duration(object, remote ? "remote" : "local", 0);
	ret->last = (int)json_get_int(object, "last", 0);
	ret->hourly = (int)json_get_int(object, "hourly", 0);
	ret->daily = (int)json_get_int(object, "daily", 0);
	ret->weekly = (int)json_get_int(object, "weekly", 0);
	ret->monthly = (int)json_get_int(object, "monthly", 0);
	ret->yearly = (int)json_get_int(object, "yearly", 0);
}

static void bind_store(const struct config *config, struct config_store *store,
		       const json_t *settings, size_t index)
{
	const json_t *stores = json_object_get(settings, "store");
	const json_t *object = listed_at(stores, index);
	const json_t *own = json_object_get(object, "keep");
	const json_t *s3 = json_object_get(object, "s3");
	const struct config_host *host = host_of(config, object);
	_cleanup_free_ char *name = backup_store_name(stores, index);
	store->target = json_pack("{s:s}", "name", name);
	if (s3)
		json_object_set_new(store->target, "s3", bind_s3(s3));
	if (host)
		json_object_set(store->target, "ssh", host->connection);
	COPY_MEMBERS(store->target, object, "directory", "path");
	store->name = json_get_string(store->target, "name", "");
	store->remote = !json_object_get(object, "directory");
	bind_keep(own ? own : json_object_get(settings, "keep"), store->remote,
		  &store->keep);
}

static void bind_stores(const struct config *config, struct config_backup *backup,
			const json_t *settings)
{
	size_t count = listed_count(json_object_get(settings, "store"));
	backup->stores = mem_array(struct config_store, count + 1);
	for (size_t i = 0; i < count; i++)
		bind_store(config, &backup->stores[backup->store_count++], settings, i);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void bind_keys(struct config_backup *backup, const json_t *settings)
{
	const json_t *seal = json_object_get(settings, "seal");
	const json_t *open = json_object_get(settings, "open");
	const json_t *sign = json_object_get(settings, "sign");
	bind_names(json_object_get(seal, "recipients"), &backup->seal.recipients);
	backup->seal.passphrase = json_object_get(seal, "passphrase");
	if (open) {
		backup->open = json_object();
		COPY_MEMBERS(backup->open, open, "key", "key_passphrase", "certificate",
			     "passphrase");
	} else if (backup->seal.passphrase) {
		backup->open = json_pack("{s:O}", "passphrase", backup->seal.passphrase);
	}
	backup->sign.key = json_object_get(sign, "key");
	backup->sign.key_passphrase = json_object_get(sign, "key_passphrase");
	backup->sign.certificate = json_get_string(sign, "certificate", NULL);
}

/* --- restores and drills ----------------------------------------------------------------------- */

/* TO of backup.read. New, or NULL. */
static json_t *bind_target(const struct config *config, const json_t *object)
{
	if (!object)
		return NULL;
	json_t *to = source_new(host_of(config, object));
	COPY_MEMBERS(to, object, "directory", "file", "overwrite", "run", "env");
	return to;
}

static void bind_drill(const struct config *config, struct config_backup *backup,
		       const json_t *object)
{
	const json_t *checks = json_object_get(object, "checks");
	size_t i;
	json_t *check;
	backup->drill.every_ms = bind_duration(object, "every", 0);
	backup->drill.directory = json_get_string(object, "directory", NULL);
	backup->drill.rto_ms = bind_duration(object, "rto", 0);
	backup->drill.to = bind_target(config, json_object_get(object, "to"));
	backup->drill.checks =
		mem_array(struct config_drill_check, json_array_size(checks) + 1);
	json_array_foreach(checks, i, check) {
		struct config_drill_check *ret =
			&backup->drill.checks[backup->drill.check_count++];
		ret->name = json_get_string(check, "name", "");
		ret->run = json_get_string(check, "run", "");
		bind_names(json_object_get(check, "expect"), &ret->expect);
	}
}

static void bind_pack(struct config_backup *backup, const json_t *object)
{
	backup->level = (int)json_get_int(object, "level", 0);
	backup->threads = (int)json_get_int(object, "threads", 0);
	(void)size_parse(json_get_string(object, "chunk", ""), &backup->chunk_bytes);
}

static void bind_backup(const struct config *config, struct config_backup *backup,
			const char *name, const json_t *settings)
{
	backup->name = name;
	backup->environment = backup_journal(config->tree, name);
	bind_sources(config, backup, json_object_get(settings, "source"));
	bind_keys(backup, settings);
	bind_stores(config, backup, settings);
	bind_pack(backup, json_object_get(settings, "pack"));
	backup->every_ms = bind_duration(settings, "every", 0);
	backup->timeout_ms = bind_duration(settings, "timeout", 0);
	backup->verify_data =
		str_equal(json_get_string(settings, "verify", NULL), "data");
	backup->restore = bind_target(config, json_object_get(settings, "restore"));
	bind_drill(config, backup, json_object_get(settings, "drill"));
}

void bind_backups(struct config *config)
{
	json_t *backups = json_object_get(config->tree, "backups"), *settings;
	const char *name;
	config->backups = mem_array(struct config_backup, bind_count(backups) + 1);
	json_object_foreach(backups, name, settings) {
		if (!is_ignored(name))
			bind_backup(config, &config->backups[config->backup_count++],
				    name, settings);
	}
}

void backup_release(struct config_backup *backup)
{
	json_decref(backup->source.list);
	names_release(&backup->source.sets);
	names_release(&backup->seal.recipients);
	json_decref(backup->open);
	for (size_t i = 0; i < backup->store_count; i++)
		json_decref(backup->stores[i].target);
	free(backup->stores);
	json_decref(backup->restore);
	json_decref(backup->drill.to);
	for (size_t i = 0; i < backup->drill.check_count; i++)
		names_release(&backup->drill.checks[i].expect);
	free(backup->drill.checks);
}
