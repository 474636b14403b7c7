/* Where a restore takes its data from, see backup_source.h. */
#include "backup_source.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "belay/vec.h"

void backup_source_release(struct backup_source *source)
{
	free(source->name);
	free(source->id);
	free(source->stores.items);
	free(source->signer);
	json_decref(source->copy);
	json_decref(source->store);
	json_decref(source->open);
	json_decref(source->warnings);
	json_decref(source->damage);
	backup_manifest_release(&source->read);
}

void backup_source_warn(struct backup_source *source, const char *format, ...)
{
	_cleanup_str_ struct str text = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&text, format, args);
	va_end(args);
	json_array_append_new(source->warnings, json_string(str_text(&text)));
	progress_report(source->desk->engine.progress, PROGRESS_NOTE, source->name, "%s",
			str_text(&text));
}

const char *backup_source_trust(const struct backup_source *source)
{
	if (json_is_string(json_object_get(source->copy, "manifest")))
		return "journal";
	return source->signer ? "signature" : "none";
}

int64_t backup_source_at_ms(const struct backup_source *source)
{
	int64_t at_ms = 0;
	time_parse(json_get_string(source->read.manifest, "begun_at", ""), &at_ms);
	return at_ms;
}

bool backup_source_is_stream(const struct backup_source *source)
{
	return str_equal(json_get_string(source->read.manifest, "kind", ""), "stream");
}

/* What is wrong with a copy is not what is wrong with the journal. That one is gone that the journal knows, or that
 * should be in a folder, is no mistake of who asks. */
static int refuse(const struct backup_source *source, struct err *err)
{
	bool known = source->copy || !source->backup;
	if (err->code == ERR_STATE || (known && err->code == ERR_NOT_FOUND))
		err->code = ERR_FAIL;
	return -1;
}

/* --- damage ----------------------------------------------------------------------------------- */

/* Of a copy that the journal knows to be there. */
void backup_source_note_damage(struct backup_source *source, const char *store,
			       enum backup_depth depth, const struct err *failure)
{
	char at[TIME_TEXT_BYTES];
	int64_t at_ms = 0;
	if (!json_has_string(json_object_get(source->copy, "stores"), store) ||
	    !backup_id_time(source->id, &at_ms))
		return;
	json_array_append_new(
		source->damage,
		json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:n}}", "type",
			  "backup.verified", "data", "backup", source->name, "id",
			  source->id, "store", store, "how", backup_depth_name(depth),
			  "outcome", "bad", "reason", failure->message, "at_copy",
			  time_format(at_ms, at), "manifest"));
}

/* What the effects say of objects names the store already. */
void backup_source_name_store(struct err *err, const char *store)
{
	_cleanup_free_ char *prefix = str_format("store '%s': ", store);
	if (!str_has_prefix(err->message, prefix))
		err_wrap(err, "store '%s'", store);
}

/* --- which store ------------------------------------------------------------------------------ */

/* Those that should have it, in the order of the configuration, and where it was found bad or not. */
static void add_stores(struct backup_source *source, bool bad)
{
	const json_t *holders = json_object_get(source->copy, "stores");
	for (size_t i = 0; i < source->backup->store_count; i++) {
		const struct config_store *store = &source->backup->stores[i];
		bool named = source->desk->asked->store;
		if (!backup_wants_store(source->desk, store) ||
		    (holders && !named && !json_has_string(holders, store->name)))
			continue;
		if ((backup_copy_bad(source->copy, store->name) != NULL) == bad)
			*vec_push(&source->stores) = store;
	}
}

/* Where it was found bad, last. */
static void list_stores(struct backup_source *source)
{
	add_stores(source, false);
	add_stores(source, true);
}

/* Takes `store`. */
static int use_store(struct backup_source *source, json_t *store, const char *place,
		     struct err *err)
{
	struct effects *fx = source->desk->engine.fx;
	const char *digest = json_get_string(source->copy, "manifest", NULL);
	const char *name = source->backup ? source->name : NULL;
	const char *id = source->backup ? source->id : NULL;
	struct backup_manifest_read read = {0};
	char *signer = NULL;
	int result = backup_manifest_fetch(fx, store, name, id, digest, &read, err);
	bool bad = result < 0 && backup_is_bad(err);
	if (result == 0 && source->backup) {
		result = backup_manifest_check_signature(
			fx, store, name, id, source->backup, &read, &signer, err);
		bad = result < 0 && err->code == ERR_STATE;
	}
	if (bad)
		backup_source_note_damage(source, place, BACKUP_LISTED, err);
	if (result < 0) {
		backup_manifest_release(&read);
		free(signer);
		json_decref(store);
		return -1;
	}
	backup_manifest_release(&source->read);
	free(source->signer);
	json_decref(source->store);
	source->read = read;
	source->signer = signer;
	source->store = store;
	source->place = place;
	return 0;
}

/* The next store that has it. The first failure is the one that is told. */
int backup_source_advance(struct backup_source *source, struct err *err)
{
	struct effects *fx = source->desk->engine.fx;
	struct err first = {0};
	while (source->next < source->stores.count) {
		const struct config_store *store = source->stores.items[source->next++];
		struct err failure = {0};
		if (use_store(source, backup_store_args(store, effects_now_ms(fx)),
			      store->name, &failure) == 0)
			return 0;
		backup_source_name_store(&failure, store->name);
		if (first.code == ERR_NONE)
			first = failure;
		if (failure.code == ERR_CANCELLED)
			break;
		if (source->next < source->stores.count)
			backup_source_warn(source, "%s", failure.message);
	}
	if (first.code == ERR_NONE) {
		err_set(&first, ERR_NOT_FOUND, "no store of '%s' has copy %s",
			source->name, source->id);
		err_hint(&first, "'belay backup list %s' shows what is where",
			 source->name);
	}
	*err = first;
	return -1;
}

/* --- what opens it ---------------------------------------------------------------------------- */

static int fail_unopened(const struct backup_source *source, struct err *err)
{
	const json_t *seal = json_object_get(source->read.manifest, "seal");
	const json_t *recipients = json_object_get(seal, "recipients");
	const char *first = json_string_value(json_array_get(recipients, 0));
	err_set(err, ERR_CONFIG,
		"nothing is given that opens %s/%s, which is sealed for %s", source->name,
		source->id, first ? first : "somebody");
	if (json_is_object(json_object_get(seal, "scrypt")))
		return err_hint(err, "--passphrase-env NAME, or 'open' in the "
				     "configuration");
	return err_hint(err, "--key PATH%s, or 'open' in the configuration",
			source->backup ? "" : " --certificate PATH");
}

int backup_source_find_key(struct backup_source *source, struct err *err)
{
	const struct backup_desk *desk = source->desk;
	json_decref(TAKE_PTR(source->open));
	if (backup_open_args(desk->engine.fx, desk->asked, source->backup,
			     source->read.manifest, &source->open, err) < 0)
		return -1;
	return source->open ? 0 : fail_unopened(source, err);
}

static void source_init(struct backup_source *source, struct backup_desk *desk)
{
	*source = (struct backup_source){
		.desk = desk, .warnings = json_array(), .damage = json_array()};
}

int backup_source_find(struct backup_desk *desk, const struct config_backup *backup,
		       const char *id, struct backup_source *ret, struct err *err)
{
	source_init(ret, desk);
	ret->backup = backup;
	ret->name = mem_strdup(backup->name);
	if (backup_check_store(desk, backup, err) < 0 ||
	    backup_source_choose(ret, id, err) < 0)
		return -1;
	list_stores(ret);
	if (backup_source_advance(ret, err) < 0) {
		if (backup_is_bad(err) && !id)
			(void)backup_source_hint_older(ret, err);
		return refuse(ret, err);
	}
	return backup_source_find_key(ret, err);
}

int backup_source_folder(struct backup_desk *desk, const char *folder,
			 struct backup_source *ret, struct err *err)
{
	source_init(ret, desk);
	ret->name = mem_strdup(folder); /* until the manifest tells its own */
	if (use_store(ret, backup_store_of_folder(folder), folder, err) < 0)
		return refuse(ret, err);
	str_assign(&ret->name, json_get_string(ret->read.manifest, "name", ""));
	str_assign(&ret->id, json_get_string(ret->read.manifest, "id", ""));
	backup_source_warn(ret, "nothing but the folder itself vouches for its manifest");
	return backup_source_find_key(ret, err);
}
