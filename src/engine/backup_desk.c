/* The desk of the backups: the journal open, which backups and copies are meant, what is recorded.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"

void backup_desk_init(struct backup_desk *desk, const struct engine *engine,
		      const struct engine_backup *asked)
{
	*desk = (struct backup_desk){
		.asked = asked, .scope = engine->environment, .engine = *engine};
	desk->run = identity_of_run(engine->fx);
}

int backup_desk_turn(struct backup_desk *desk, const struct config_backup *backup,
		     struct err *err)
{
	struct engine *engine = &desk->engine;
	if (desk->store && str_equal(engine->environment->name, backup->environment))
		return 0;
	store_freep(&desk->store);
	engine->environment = config_environment(engine->config, backup->environment);
	assert(engine->environment); /* the configuration was checked */
	return store_open(engine->fx, engine->config, backup->environment, &desk->store,
			  err);
}

void backup_desk_release(struct backup_desk *desk)
{
	json_decref(desk->run);
	store_freep(&desk->store);
}

struct courier backup_desk_courier(const struct backup_desk *desk)
{
	return (struct courier){
		.engine = &desk->engine, .store = desk->store, .run = desk->run};
}

const json_t *backup_desk_state(const struct backup_desk *desk)
{
	return store_documents(desk->store)->state;
}

int backup_secrets_present(const struct backup_desk *desk,
			   const struct config_backup *backup, bool writes,
			   struct err *err)
{
	_cleanup_json_ json_t *secrets = config_backup_secrets(backup, writes);
	return secrets_check(&desk->engine, secrets, err);
}

/* --- which backups ---------------------------------------------------------------------------- */

void backup_choice_release(struct backup_choice *choice)
{
	free(choice->items);
}

static bool is_in_scope(const struct backup_desk *desk,
			const struct config_backup *backup)
{
	return !desk->scope || str_equal(desk->scope->name, backup->environment);
}

static int unknown_backup(const struct backup_desk *desk, const char *name,
			  struct err *err)
{
	const struct config *config = desk->engine.config;
	const struct config_backup *elsewhere = config_backup(config, name);
	if (elsewhere) {
		err_set(err, ERR_NOT_FOUND, "the backup '%s' is one of '%s', not of '%s'",
			name, elsewhere->environment, desk->scope->name);
		return err_hint(err, "leave out -e, or say -e %s",
				elsewhere->environment);
	}
	_cleanup_str_ struct str names = STR_INIT;
	const char **known = mem_array(const char *, config->backup_count + 1);
	for (size_t i = 0; i < config->backup_count; i++) {
		known[i] = config->backups[i].name;
		str_addf(&names, "%s%s", i ? ", " : "", known[i]);
	}
	const char *nearest = str_nearest(name, known, config->backup_count);
	err_set(err, ERR_NOT_FOUND, "there is no backup '%s' in %s", name, config->file);
	if (nearest)
		err_hint(err, "did you mean '%s'?", nearest);
	else if (names.len)
		err_hint(err, "there are %s", str_text(&names));
	free(known);
	return -1;
}

static bool is_named(const struct engine_backup *asked, const char *name)
{
	if (!asked->names || !asked->names[0])
		return true;
	for (size_t i = 0; asked->names[i]; i++)
		if (strcmp(asked->names[i], name) == 0)
			return true;
	return false;
}

static int check_names(const struct backup_desk *desk, struct err *err)
{
	const char *const *names = desk->asked->names;
	for (size_t i = 0; names && names[i]; i++) {
		const struct config_backup *backup =
			config_backup(desk->engine.config, names[i]);
		if (!backup || !is_in_scope(desk, backup))
			return unknown_backup(desk, names[i], err);
	}
	return 0;
}

static int nothing_configured(const struct backup_desk *desk, struct err *err)
{
	if (desk->scope)
		err_set(err, ERR_CONFIG, "environment '%s' has no backups in %s",
			desk->scope->name, desk->engine.config->file);
	else
		err_set(err, ERR_CONFIG, "there are no backups in %s",
			desk->engine.config->file);
	return err_hint(err, "add 'backups:'; 'belay docs backups' says how");
}

int backup_choose(const struct backup_desk *desk, struct backup_choice *ret,
		  struct err *err)
{
	const struct config *config = desk->engine.config;
	if (check_names(desk, err) < 0)
		return -1;
	for (size_t i = 0; i < config->backup_count; i++) {
		const struct config_backup *backup = &config->backups[i];
		if (is_in_scope(desk, backup) && is_named(desk->asked, backup->name))
			*vec_push(ret) = backup;
	}
	return ret->count > 0 ? 0 : nothing_configured(desk, err);
}

int backup_choose_one(const struct backup_desk *desk, const struct config_backup **ret,
		      struct err *err)
{
	const struct config *config = desk->engine.config;
	const char *name = desk->asked->name;
	const struct config_backup *found = NULL;
	_cleanup_str_ struct str names = STR_INIT;
	size_t count = 0;
	for (size_t i = 0; i < config->backup_count; i++) {
		const struct config_backup *backup = &config->backups[i];
		if (!is_in_scope(desk, backup) ||
		    (name && strcmp(name, backup->name) != 0))
			continue;
		str_addf(&names, "%s%s", count++ ? ", " : "", backup->name);
		found = backup;
	}
	if (count == 1) {
		*ret = found;
		return 0;
	}
	if (name)
		return unknown_backup(desk, name, err);
	if (!count)
		return nothing_configured(desk, err);
	return err_set(err, ERR_USAGE, "which backup? there are %s", str_text(&names));
}

/* --- which stores ----------------------------------------------------------------------------- */

bool backup_wants_store(const struct backup_desk *desk, const struct config_store *store)
{
	return !desk->asked->store || strcmp(desk->asked->store, store->name) == 0;
}

static const char *directory_of(const struct config_store *store)
{
	return json_get_string(store->target, "directory", NULL);
}

static int real_path(const struct backup_desk *desk, const char *path, char **ret,
		     struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", path);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {.kind = "file.real",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = path};
	if (effects_perform(desk->engine.fx, &effect, &answer, err) < 0)
		return -1;
	*ret = mem_strdup(json_get_string(answer, "path", path));
	return 0;
}

/* Of two directories, one as seen from here and one as seen from the root, only the machine knows whether they are one. The
 * configuration has compared the others. */
static int refuse_one_place(const struct backup_desk *desk,
			    const struct config_store *store,
			    const struct config_store *other, struct err *err)
{
	const char *path = directory_of(store), *its_path = directory_of(other);
	_cleanup_free_ char *real = NULL;
	_cleanup_free_ char *its_real = NULL;
	if (!path || !its_path || (*path == '/') == (*its_path == '/'))
		return 0;
	if (real_path(desk, path, &real, err) < 0 ||
	    real_path(desk, its_path, &its_real, err) < 0)
		return -1;
	if (!str_equal(real, its_real))
		return 0;
	err_set(err, ERR_CONFIG, "store '%s' is the same place as '%s' ('%s' is '%s')",
		store->name, other->name, path, its_path);
	return err_hint(err, "take one of the two out of the configuration");
}

/* Two policies in one place would remove each other's copies. */
static int check_places(const struct backup_desk *desk,
			const struct config_backup *backup, struct err *err)
{
	for (size_t i = 0; i < backup->store_count; i++)
		for (size_t k = 0; k < i; k++)
			if (refuse_one_place(desk, &backup->stores[i], &backup->stores[k],
					     err) < 0)
				return -1;
	return 0;
}

int backup_check_store(const struct backup_desk *desk, const struct config_backup *backup,
		       struct err *err)
{
	_cleanup_str_ struct str names = STR_INIT;
	if (check_places(desk, backup, err) < 0)
		return -1;
	for (size_t i = 0; i < backup->store_count; i++) {
		if (backup_wants_store(desk, &backup->stores[i]))
			return 0;
		str_addf(&names, "%s%s", i ? ", " : "", backup->stores[i].name);
	}
	err_set(err, ERR_NOT_FOUND, "the backup '%s' has no store '%s'", backup->name,
		desk->asked->store);
	return err_hint(err, "it has: %s", str_text(&names));
}

/* --- which copy ------------------------------------------------------------------------------- */

static int no_copy(const struct backup_desk *desk, const struct config_backup *backup,
		   const char *id, const json_t *copies, struct err *err)
{
	const json_t *newest = json_array_get(copies, 0);
	if (!newest) {
		err_set(err, ERR_NOT_FOUND, "the journal knows no copy of '%s'",
			backup->name);
		return err_hint(err,
				"'belay backup list %s' shows what lies in its stores",
				backup->name);
	}
	if (id)
		err_set(err, ERR_NOT_FOUND, "the journal knows no copy '%s' of '%s'", id,
			backup->name);
	else
		err_set(err, ERR_NOT_FOUND, "all copies of '%s' were found bad",
			backup->name);
	return err_hint(err,
			"'belay backup list -e %s %s' shows what there is; the newest is "
			"%s",
			desk->engine.environment->name, backup->name,
			json_get_string(newest, "id", "?"));
}

/* The one with that id, else the only one whose id begins so. */
static const json_t *begins_with(const json_t *copies, const char *id, size_t *ret_count)
{
	const json_t *found = NULL;
	size_t i;
	const json_t *copy;
	*ret_count = 0;
	json_array_foreach(copies, i, copy) {
		const char *own = json_get_string(copy, "id", "");
		if (!str_has_prefix(own, id))
			continue;
		found = copy;
		*ret_count = strcmp(own, id) == 0 ? 1 : *ret_count + 1;
		if (strcmp(own, id) == 0)
			break;
	}
	return found;
}

int backup_find_copy(const struct backup_desk *desk, const struct config_backup *backup,
		     const char *id, const json_t **ret, struct err *err)
{
	const json_t *known = state_backup(backup_desk_state(desk), backup->name);
	const json_t *copies = json_object_get(known, "copies");
	size_t count = 1;
	const json_t *found = id ? begins_with(copies, id, &count)
				 : backup_newest(known, effects_now_ms(desk->engine.fx));
	if (!found)
		return no_copy(desk, backup, id, copies, err);
	if (count > 1) {
		err_set(err, ERR_USAGE, "more than one copy of '%s' begins with '%s'",
			backup->name, id);
		return err_hint(err, "give more of it; 'belay backup list %s' shows all",
				backup->name);
	}
	*ret = found;
	return 0;
}

/* --- the journal ------------------------------------------------------------------------------ */

struct entry {
	const struct backup_desk *desk;
	const json_t *rows;
	int64_t at_ms;
};

static int decide(const struct journal_documents *documents, json_t *events,
		  void *context, struct err *err)
{
	const struct entry *entry = context;
	size_t i;
	const json_t *row;
	json_array_foreach(entry->rows, i, row) {
		if (store_stage(documents, events, json_get_string(row, "type", ""),
				entry->at_ms, entry->desk->run, NULL,
				json_deep_copy(json_object_get(row, "data")), err) < 0)
			return -1;
	}
	return 0;
}

int backup_record_all(struct backup_desk *desk, const json_t *rows, struct err *err)
{
	struct entry entry = {desk, rows, effects_now_ms(desk->engine.fx)};
	return store_append(desk->store, decide, &entry, err);
}

int backup_record(struct backup_desk *desk, const char *type, json_t *data,
		  struct err *err)
{
	_cleanup_json_ json_t *rows =
		json_pack("[{s:s, s:o}]", "type", type, "data", data);
	return backup_record_all(desk, rows, err);
}
