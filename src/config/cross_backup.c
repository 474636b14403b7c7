/* Checks across the document, about backups: whose journal, sources that cannot be read together, keys that do
 * not open what was sealed, places that do not take what comes back. Stores are in cross_store.c. */
#include <string.h>

#include "backups.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/tar_pattern.h"
#include "cross.h"

#define MINUTE_MS ((int64_t)60 * 1000)

static const json_t *hosts_of(const struct inspection *in)
{
	return json_object_get(in->root, "hosts");
}

/* --- the journal ------------------------------------------------------------------------------- */

static void cross_journal(const struct inspection *in, const struct spot *spot,
			  const json_t *backup)
{
	const json_t *environments = json_object_get(in->root, "environments");
	cross_name(in, spot, backup, "environment", environments, "environment");
	if (backup_journal(in->root, spot->token))
		return;
	char *names = hint_nearest("", environments);
	problem_add(in, spot, true,
		    names ? str_format("write 'environment: NAME'; %s", names)
			  : mem_strdup("add one under 'environments'"),
		    "backup '%s': no environment's journal to record it on", spot->token);
	free(names);
}

/* --- sources ----------------------------------------------------------------------------------- */

/* A list's elements are told by their number, the only thing is where the list would be. */
static const struct spot *element_spot(const struct spot *list, const json_t *value,
				       size_t index, struct spot *element,
				       char buffer[static INDEX_BYTES])
{
	if (!json_is_array(value))
		return list;
	*element = AT(list, spot_index(buffer, index));
	return element;
}

static void cross_source_host(const struct inspection *in, const struct spot *spot,
			      const json_t *source, const json_t *first)
{
	const char *host = json_get_string(source, "ssh", NULL);
	const char *other = json_get_string(first, "ssh", NULL);
	cross_name(in, spot, source, "ssh", hosts_of(in), "host");
	if (str_equal(host, other))
		return;
	const struct spot at = host ? AT(spot, "ssh") : *spot;
	problem_add(
		in, &at, host != NULL,
		mem_strdup("make a backup of its own for each machine"),
		"sources of one backup are on one machine: this one is on %s%s%s, the "
		"first one on %s%s%s",
		host ? "'" : "", host ? host : "this machine", host ? "'" : "",
		other ? "'" : "", other ? other : "this machine", other ? "'" : "");
}

/* The host's own tar chooses there, and it has other words for it. */
static void cross_host_patterns(const struct inspection *in, const struct spot *spot,
				const json_t *source)
{
	const struct spot list = AT(spot, "exclude");
	const json_t *exclude = json_object_get(source, "exclude");
	if (!json_object_get(source, "ssh") || !json_object_get(source, "directory"))
		return;
	if (json_object_get(source, "include"))
		problem_add(in, &AT(spot, "include"), true,
			    mem_strdup("name the files or directories themselves, or "
				       "exclude the others"),
			    "'include' does not work for a directory on a host");
	for (size_t i = 0; i < listed_count(exclude); i++) {
		const char *pattern = json_string_value(listed_at(exclude, i));
		const char *why = pattern ? tar_pattern_fault(pattern) : NULL;
		struct spot element;
		char buffer[INDEX_BYTES];
		if (why)
			problem_add(in, element_spot(&list, exclude, i, &element, buffer),
				    false, mem_strdup(why),
				    "the pattern '%s' cannot be passed on to the host's "
				    "tar",
				    pattern);
	}
}

/* Each of several directories stands under its path, once. */
static void cross_prefix(const struct inspection *in, const struct spot *spot,
			 const char *path, json_t *known)
{
	_cleanup_free_ char *prefix = backup_source_prefix(path);
	_cleanup_free_ char *framed = str_format("/%s/", prefix);
	if (!*prefix || strstr(framed, "/../"))
		problem_add(in, spot, false,
			    mem_strdup("write an absolute path, or give it a backup of "
				       "its own"),
			    "'%s' says no place in the archive, where several "
			    "directories stand beside each other",
			    path);
	else if (json_object_get(known, prefix))
		problem_add(in, spot, false, mem_strdup("take one of the two out"),
			    "'%s' is read twice", path);
	json_object_set_new(known, prefix, json_true());
}

static void cross_prefixes(const struct inspection *in, const struct spot *spot,
			   const json_t *source, json_t *known)
{
	const struct spot list = AT(spot, "directory");
	const json_t *paths = json_object_get(source, "directory");
	for (size_t i = 0; i < listed_count(paths); i++) {
		const char *path = json_string_value(listed_at(paths, i));
		struct spot element;
		char buffer[INDEX_BYTES];
		if (path)
			cross_prefix(in, element_spot(&list, paths, i, &element, buffer),
				     path, known);
	}
}

static void cross_sources(const struct inspection *in, const struct spot *backup_spot,
			  const json_t *backup)
{
	const struct spot list = AT(backup_spot, "source");
	const json_t *sources = json_object_get(backup, "source");
	const json_t *first = listed_at(sources, 0);
	const json_t *directory = json_object_get(first, "directory");
	bool several = listed_count(sources) > 1 || listed_count(directory) > 1;
	_cleanup_json_ json_t *prefixes = json_object();
	for (size_t i = 0; i < listed_count(sources); i++) {
		const json_t *source = listed_at(sources, i);
		struct spot element;
		char buffer[INDEX_BYTES];
		const struct spot *spot =
			element_spot(&list, sources, i, &element, buffer);
		bool runs = json_object_get(source, "run");
		cross_source_host(in, spot, source, first);
		cross_host_patterns(in, spot, source);
		if (runs && listed_count(sources) > 1)
			problem_add(in, &AT(spot, "run"), true,
				    mem_strdup("make a backup of its own for it"),
				    "the output of a command stands alone: it is kept as "
				    "it is, not in an archive");
		else if (several && !runs)
			cross_prefixes(in, spot, source, prefixes);
	}
}

/* --- stores among the sources ------------------------------------------------------------------ */

/* "/NAME/…/" of a path, so that one that is part of another is a beginning of it. NULL when only the machine knows where it
 * leads. */
static char *framed_path(const char *path)
{
	_cleanup_free_ char *prefix = backup_source_prefix(path);
	char *framed = *prefix ? str_format("/%s/", prefix) : mem_strdup("/");
	if (!strstr(framed, "/../"))
		return framed;
	free(framed);
	return NULL;
}

/* May the patterns leave it out? Better one too few complaints than one too many. */
static bool may_be_left_out(const json_t *source, const char *inner)
{
	const json_t *patterns = json_object_get(source, "exclude");
	for (size_t i = 0; i < listed_count(patterns); i++) {
		const char *text = json_string_value(listed_at(patterns, i));
		_cleanup_free_ char *framed = framed_path(text ? text : "");
		if (!framed || strpbrk(framed, "*?[") || strstr(inner, framed))
			return true;
	}
	return json_object_get(source, "include");
}

static void cross_inside(const struct inspection *in, const struct spot *spot,
			 const char *store, const json_t *source, const char *path)
{
	if ((*store == '/') != (*path == '/'))
		return;
	_cleanup_free_ char *inner = framed_path(store);
	_cleanup_free_ char *outer = framed_path(path);
	if (!inner || !outer || !str_has_prefix(inner, outer) ||
	    may_be_left_out(source, inner + strlen(outer) - 1))
		return;
	problem_add(in, spot, false,
		    mem_strdup("choose another place, or leave it out of the source with "
			       "'exclude'"),
		    "the store lies in the source '%s': each copy would hold those "
		    "before it",
		    path);
}

/* A store's directory against all directories of the sources on its machine. */
static void cross_store_place(const struct inspection *in, const struct spot *store_spot,
			      const json_t *store, const json_t *sources)
{
	const char *host = json_get_string(store, "ssh", NULL);
	const char *member = host ? "path" : "directory";
	const char *place = json_get_string(store, member, NULL);
	const struct spot spot = AT(store_spot, member);
	for (size_t i = 0; place && i < listed_count(sources); i++) {
		const json_t *source = listed_at(sources, i);
		const json_t *paths = json_object_get(source, "directory");
		if (json_object_get(source, "run") ||
		    !str_equal(json_get_string(source, "ssh", NULL), host))
			continue;
		for (size_t k = 0; k < listed_count(paths); k++) {
			const char *path = json_string_value(listed_at(paths, k));
			if (path)
				cross_inside(in, &spot, place, source, path);
		}
	}
}

static void cross_store_places(const struct inspection *in,
			       const struct spot *backup_spot, const json_t *backup)
{
	const struct spot list = AT(backup_spot, "store");
	const json_t *stores = json_object_get(backup, "store");
	for (size_t i = 0; i < listed_count(stores); i++) {
		struct spot element;
		char buffer[INDEX_BYTES];
		cross_store_place(in, element_spot(&list, stores, i, &element, buffer),
				  listed_at(stores, i),
				  json_object_get(backup, "source"));
	}
}

/* --- keys -------------------------------------------------------------------------------------- */

static void cross_keys(const struct inspection *in, const struct spot *spot,
		       const json_t *backup)
{
	const struct spot open_spot = AT(spot, "open");
	const json_t *seal = json_object_get(backup, "seal");
	const json_t *open = json_object_get(backup, "open");
	bool by_key = json_object_get(seal, "recipients");
	bool by_passphrase = json_object_get(seal, "passphrase");
	if (by_key && !by_passphrase && json_object_get(open, "passphrase"))
		problem_add(in, &AT(&open_spot, "passphrase"), true,
			    mem_strdup("write {key: {env: NAME}, certificate: PATH}"),
			    "what is sealed for recipients is opened by a key");
	if (by_passphrase && !by_key && json_object_get(open, "key"))
		problem_add(in, &AT(&open_spot, "key"), true,
			    mem_strdup("write {passphrase: {env: NAME}}"),
			    "what is sealed with a passphrase is opened by it");
}

/* --- back again -------------------------------------------------------------------------------- */

static void cross_restore(const struct inspection *in, const struct spot *backup_spot,
			  const json_t *backup)
{
	const struct spot spot = AT(backup_spot, "restore");
	const json_t *restore = json_object_get(backup, "restore");
	bool stream = backup_is_stream(backup);
	cross_name(in, &spot, restore, "ssh", hosts_of(in), "host");
	if (json_object_get(restore, "run"))
		return;
	if (stream && json_object_get(restore, "directory"))
		problem_add(in, &AT(&spot, "directory"), true,
			    mem_strdup("write {run: COMMAND} or {file: PATH}"),
			    "the output of a command is no archive to unpack into a "
			    "directory");
	if (!stream && json_object_get(restore, "file"))
		problem_add(in, &AT(&spot, "file"), true,
			    mem_strdup("write {directory: PATH} or {run: COMMAND}"),
			    "directories and files do not come back as one file");
}

static void cross_drill_checks(const struct inspection *in, const struct spot *drill_spot,
			       const json_t *drill)
{
	const struct spot list = AT(drill_spot, "checks");
	_cleanup_json_ json_t *known = json_object();
	size_t i;
	json_t *check;
	json_array_foreach(json_object_get(drill, "checks"), i, check) {
		char buffer[INDEX_BYTES];
		const struct spot spot = AT(&list, spot_index(buffer, i));
		const char *name = json_get_string(check, "name", NULL);
		cross_predicates(in, &spot, check, "expect");
		if (!name)
			continue;
		if (json_object_get(known, name))
			problem_add(in, &AT(&spot, "name"), false, NULL,
				    "there are two checks called '%s'", name);
		json_object_set_new(known, name, json_true());
	}
}

static void cross_drill(const struct inspection *in, const struct spot *backup_spot,
			const json_t *backup)
{
	const struct spot spot = AT(backup_spot, "drill");
	const json_t *drill = json_object_get(backup, "drill");
	cross_duration(in, &spot, drill, "every", MINUTE_MS);
	cross_duration(in, &spot, drill, "rto", 1);
	cross_exclusive(in, &spot, drill, "directory", "to");
	cross_name(in, &AT(&spot, "to"), json_object_get(drill, "to"), "ssh",
		   hosts_of(in), "host");
	cross_drill_checks(in, &spot, drill);
}

static void cross_backup(const struct inspection *in, const struct spot *spot,
			 const json_t *backup)
{
	cross_journal(in, spot, backup);
	cross_sources(in, spot, backup);
	cross_keys(in, spot, backup);
	cross_stores(in, spot, backup);
	cross_store_places(in, spot, backup);
	cross_duration(in, spot, backup, "every", MINUTE_MS);
	cross_duration(in, spot, backup, "timeout", 1000);
	cross_restore(in, spot, backup);
	cross_drill(in, spot, backup);
}

void cross_backups(const struct inspection *in)
{
	const struct spot spot = AT(NULL, "backups");
	const char *name;
	json_t *backup;
	json_object_foreach(json_object_get(in->root, "backups"), name, backup) {
		if (!is_ignored(name))
			cross_backup(in, &AT(&spot, name), backup);
	}
}
