/* `backups:` as binding and checks see it: see backups.h. */
#include "backups.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "problems.h"

size_t listed_count(const json_t *value)
{
	return json_is_array(value) ? json_array_size(value) : value ? 1 : 0;
}

const json_t *listed_at(const json_t *value, size_t index)
{
	if (json_is_array(value))
		return json_array_get(value, index);
	return index == 0 ? value : NULL;
}

static bool names_backup(const json_t *environment, const char *name)
{
	const char *service;
	json_t *settings;
	json_object_foreach(json_object_get(environment, "services"), service, settings) {
		if (!is_ignored(service) &&
		    str_equal(json_get_string(settings, "backup", NULL), name))
			return true;
	}
	return false;
}

const char *backup_journal(const json_t *root, const char *name)
{
	const json_t *backup = json_object_get(json_object_get(root, "backups"), name);
	const char *environment, *only = NULL, *naming = NULL;
	size_t count = 0, naming_count = 0;
	json_t *object;
	json_object_foreach(json_object_get(root, "environments"), environment, object) {
		if (is_ignored(environment))
			continue;
		count++;
		only = environment;
		if (!names_backup(object, name))
			continue;
		naming_count++;
		naming = environment;
	}
	const char *said = json_get_string(backup, "environment", NULL);
	if (said)
		return said;
	return count == 1 ? only : naming_count == 1 ? naming : NULL;
}

bool backup_is_stream(const json_t *backup)
{
	const json_t *source = json_object_get(backup, "source");
	return listed_count(source) == 1 && json_object_get(listed_at(source, 0), "run");
}

const char *backup_store_kind(const json_t *store)
{
	static const char *const kinds[] = {"directory", "s3", "ssh"};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (json_object_get(store, kinds[i]))
			return kinds[i];
	}
	return "";
}

char *backup_store_name(const json_t *stores, size_t index)
{
	const json_t *store = listed_at(stores, index);
	const char *name = json_get_string(store, "name", NULL);
	const char *kind = backup_store_kind(store);
	size_t number = 1;
	if (name)
		return mem_strdup(name);
	for (size_t i = 0; i < index; i++) {
		const json_t *other = listed_at(stores, i);
		number += !json_object_get(other, "name") &&
			  str_equal(backup_store_kind(other), kind);
	}
	return number == 1 ? mem_strdup(kind) : str_format("%s-%zu", kind, number);
}

char *backup_source_prefix(const char *path)
{
	struct str prefix = STR_INIT;
	while (*path) {
		size_t len = strcspn(path, "/");
		if (len && !(len == 1 && *path == '.'))
			str_addf(&prefix, "%s%.*s", prefix.len ? "/" : "", (int)len,
				 path);
		path += len + (path[len] == '/');
	}
	return str_take(&prefix);
}
