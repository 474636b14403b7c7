/* What follows in each store when the data is there: RESTORE.txt, the signature, last of all the manifest, which makes
 * a backup of it, and a look at what lies there now. Every store has a lane of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "backup_make.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "belay/version.h"

struct targets {
	struct backup_target *items;
	size_t count, capacity;
};

void backup_targets_init(struct backup_making *making)
{
	struct targets targets = {0};
	for (size_t i = 0; i < making->backup->store_count; i++) {
		const struct config_store *store = &making->backup->stores[i];
		if (!backup_wants_store(making->desk, store))
			continue;
		*vec_push(&targets) = (struct backup_target){
			.store = store,
			.args = backup_store_args(store, making->begun_ms),
			.lane = str_format("store/%s/%s", making->backup->name,
					   store->name),
		};
	}
	making->targets = targets.items;
	making->target_count = targets.count;
}

void backup_targets_release(struct backup_making *making)
{
	for (size_t i = 0; i < making->target_count; i++) {
		struct backup_target *target = &making->targets[i];
		json_decref(target->args);
		free(target->lane);
		free(target->sha256);
	}
	free(making->targets);
}

static void in_all(struct backup_making *making,
		   void (*work)(struct effects *lane, size_t index, void *context),
		   void *context)
{
	const char **lanes = mem_array(const char *, making->target_count);
	for (size_t i = 0; i < making->target_count; i++)
		lanes[i] = making->targets[i].lane;
	effects_fan_out(making->desk->engine.fx, making->target_count, lanes, work,
			context);
	free(lanes);
}

/* --- litter ----------------------------------------------------------------------------------- */

struct sweeping {
	struct backup_making *making;
	const char *dead;
	bool failed_only; /* stores that have this attempt's copy are left alone */
};

/* A store that does not answer now is asked again by the next run. */
static void sweep_one(struct effects *lane, size_t index, void *context)
{
	const struct sweeping *sweeping = context;
	struct backup_making *making = sweeping->making;
	const struct backup_target *target = &making->targets[index];
	struct err failure = {0};
	_cleanup_json_ json_t *removed = NULL;
	if (sweeping->failed_only && target->placed)
		return;
	int result = backup_sweep(lane, making->desk, making->backup, target->args,
				  sweeping->dead, &removed, &failure);
	if (json_array_size(removed) > 0 && !str_equal(sweeping->dead, making->id))
		progress_report(making->desk->engine.progress, PROGRESS_NOTE,
				target->store->name,
				"removed what a run had left that died or failed here");
	if (result < 0)
		progress_report(making->desk->engine.progress, PROGRESS_NOTE,
				target->store->name, "not tidied up: %s",
				failure.message);
}

void backup_targets_sweep(struct backup_making *making, const char *dead)
{
	struct sweeping sweeping = {making, dead, false};
	in_all(making, sweep_one, &sweeping);
}

void backup_targets_tidy(struct backup_making *making)
{
	struct sweeping sweeping = {making, making->id, true};
	for (size_t i = 0; i < making->target_count; i++) {
		if (making->targets[i].placed)
			continue;
		effects_acknowledge_cancel(making->desk->engine.fx);
		in_all(making, sweep_one, &sweeping);
		return;
	}
}

/* --- the right place -------------------------------------------------------------------------- */

/* What does not answer now says so when it is written to. */
static void check_one(struct effects *lane, size_t index, void *context)
{
	struct backup_making *making = context;
	struct backup_target *target = &making->targets[index];
	const char *name = making->backup->name;
	_cleanup_free_ char *prefix = str_format("%s/", name);
	_cleanup_json_ json_t *objects = NULL;
	struct err ignored = {0};
	if (!backup_may_be_unmounted(making->desk, making->backup, target->store) ||
	    backup_store_list(lane, target->args, prefix, &objects, &ignored) < 0)
		return;
	_cleanup_json_ json_t *folders = backup_folders(name, objects);
	(void)backup_check_mounted(making->desk, making->backup, target->store, folders,
				   &target->err);
}

bool backup_targets_check(struct backup_making *making)
{
	bool any = false;
	in_all(making, check_one, making);
	for (size_t i = 0; i < making->target_count; i++)
		any = any || !making->targets[i].err.code;
	return any;
}

/* --- words ------------------------------------------------------------------------------------ */

static int sign(struct backup_making *making, struct err *err)
{
	const struct config_backup *backup = making->backup;
	struct effects *fx = making->desk->engine.fx;
	_cleanup_json_ json_t *answer = NULL;
	if (!making->signing_certificate)
		return 0;
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:O, s:s, s:O*}", "text", making->manifest, "key",
			  backup->sign.key, "certificate", making->signing_certificate,
			  "key_passphrase", backup->sign.key_passphrase);
	const struct effect effect = {.kind = "sign",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = "manifest.json"};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return err_wrap(err, "signing the manifest");
	str_assign(&making->signature, json_get_string(answer, "signature", ""));
	return 0;
}

/* What belay would refuse to read must not lie there as a backup. */
static int check_manifest(const struct backup_making *making, struct err *err)
{
	_cleanup_json_ json_t *ignored = NULL;
	struct err why = {0};
	size_t bytes = strlen(making->manifest);
	if (bytes > BACKUP_MANIFEST_MAX_BYTES) {
		err_set(err, ERR_FAIL,
			"the manifest of the backup '%s' has %zu bytes, at most %zu can "
			"be read again",
			making->backup->name, bytes, BACKUP_MANIFEST_MAX_BYTES);
		return err_hint(err, "back up less at once: make two backups of it");
	}
	if (backup_manifest_parse(making->manifest, bytes, &ignored, &why) == 0)
		return 0;
	return err_set(err, ERR_FAIL,
		       "the manifest of the backup '%s' could not be read again: %s",
		       making->backup->name, why.message);
}

int backup_words(struct backup_making *making, struct err *err)
{
	struct effects *fx = making->desk->engine.fx;
	const struct backup_made made = {
		.name = making->backup->name,
		.id = making->id,
		.environment = making->backup->environment,
		.host = json_get_string(making->desk->run, "host", "?"),
		.belay = belay_version,
		.begun_ms = making->begun_ms,
		/* A clock that is set while this runs changes nothing about how long it took. */
		.finished_ms =
			making->begun_ms + effects_mono_ms(fx) - making->begun_mono_ms,
		.file = making->backup->source.file,
		.sources = making->words,
		.missing = json_object_get(making->written, "missing"),
		.asked = making->asked,
		.written = making->written,
	};
	_cleanup_json_ json_t *manifest = backup_manifest(&made);
	making->manifest = backup_manifest_text(manifest);
	making->page = backup_restore_page(manifest);
	if (check_manifest(making, err) < 0)
		return -1;
	return sign(making, err);
}

/* --- filling ---------------------------------------------------------------------------------- */

static int write_word(struct effects *lane, const struct backup_making *making,
		      const struct backup_target *target, const char *file,
		      const char *text, char **ret_sha256, struct err *err)
{
	_cleanup_free_ char *object =
		backup_object(making->backup->name, making->id, file);
	return backup_store_write(lane, target->args, object, text, ret_sha256, err);
}

static int write_words(struct effects *lane, const struct backup_making *making,
		       struct backup_target *target, struct err *err)
{
	_cleanup_free_ char *ignored = NULL;
	if (write_word(lane, making, target, "RESTORE.txt", making->page, &ignored, err) <
	    0)
		return -1;
	if (making->signature && write_word(lane, making, target, "manifest.sig",
					    making->signature, &ignored, err) < 0)
		return -1;
	return write_word(lane, making, target, "manifest.json", making->manifest,
			  &target->sha256, err);
}

/* The manifest first: it may have arrived although nobody said so. */
static void remove_all(struct effects *lane, const struct backup_making *making,
		       const struct backup_target *target)
{
	static const char *const files[] = {"manifest.json", "manifest.sig",
					    "RESTORE.txt", BACKUP_DATA_FILE};
	effects_acknowledge_cancel(lane);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct err ignored = {0};
		_cleanup_free_ char *object =
			backup_object(making->backup->name, making->id, files[i]);
		(void)backup_store_remove(lane, target->args, object, &ignored);
	}
}

static void look(struct effects *lane, const struct backup_making *making,
		 struct backup_target *target)
{
	__attribute__((cleanup(backup_seen_release))) struct backup_seen seen = {0};
	const struct backup_look wanted = {
		.backup = making->backup,
		.store = target->args,
		.name = making->backup->name,
		.id = making->id,
		.digest = target->sha256,
		.all = making->backup->verify_data,
		.verb = "reading it again",
	};
	int result = backup_copy_look(lane, making->desk, &wanted, &seen, &target->err);
	target->depth = seen.depth;
	target->looked = result == 0;
	target->bad = result < 0 && backup_is_bad(&target->err);
}

static void fill_one(struct effects *lane, size_t index, void *context)
{
	struct backup_making *making = context;
	struct backup_target *target = &making->targets[index];
	if (target->err.code)
		return; /* the data is not there */
	if (write_words(lane, making, target, &target->err) < 0) {
		remove_all(lane, making, target);
		return;
	}
	target->placed = true;
	look(lane, making, target);
}

void backup_targets_fill(struct backup_making *making)
{
	in_all(making, fill_one, making);
}
