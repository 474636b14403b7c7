/* `belay backup WHAT [NAME[/ID]...]`: WHAT is the first argument; each is one piece of work of the engine with a result of
 * its own. Without -e the backups of all environments are meant: a name is enough. */
#include <stdlib.h>
#include <string.h>

#include "backup_verb.h"
#include "belay/engine.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "commands.h"
#include "journal_verb.h"

typedef int engine_backup_act(const struct engine *engine,
			      const struct engine_backup *asked, enum engine_end *ret_end,
			      json_t **ret_result, struct err *err);

/* --- what is asked for ------------------------------------------------------------------------ */

struct words {
	struct engine_backup asked;
	const char **names; /* NULL-terminated */
	char *name;         /* of NAME/ID */
};

static void words_release(struct words *words)
{
	free(words->names);
	free(words->name);
}

static struct engine_backup asked_for(const struct command_context *context)
{
	const struct request *request = context->request;
	return (struct engine_backup){
		.store = request_text(request, "store"),
		.folder = request_text(request, "folder"),
		/* A key is of use only for what is read. */
		.read_data = request_flag(request, "read-data") ||
			     request_text(request, "key") ||
			     request_text(request, "passphrase-env"),
		.take_lock = request_flag(request, "take-lock"),
		.key = request_text(request, "key"),
		.certificate = request_text(request, "certificate"),
		.key_passphrase_env = request_text(request, "key-passphrase-env"),
		.passphrase_env = request_text(request, "passphrase-env"),
		.to_directory = request_text(request, "to"),
		.to_file = request_text(request, "to-file"),
		.to_command = request_text(request, "to-command"),
		.in_place = request_flag(request, "in-place"),
		.overwrite = request_flag(request, "overwrite"),
		.now_ms = context->now_ms,
	};
}

/* Which backups: the words after the first; one of them alone may be NAME/ID. */
static int read_words(const struct command_context *context, struct words *ret,
		      struct err *err)
{
	const struct request *request = context->request;
	size_t count = request_argument_count(request) - 1;
	ret->asked = asked_for(context);
	ret->names = mem_array(const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const char *name = request_argument(request, i + 1);
		const char *slash = strchr(name, '/');
		ret->names[i] = name;
		if (!slash)
			continue;
		if (count > 1)
			return err_set(err, ERR_USAGE,
				       "'%s' names one copy: it goes alone", name);
		if (!slash[1])
			return err_set(err, ERR_USAGE,
				       "'%s' does not say which copy: NAME/ID, or NAME "
				       "for the newest",
				       name);
		ret->asked.id = slash + 1;
		ret->name = mem_strndup(name, (size_t)(slash - name));
		ret->names[i] = ret->name;
	}
	ret->asked.names = ret->names;
	ret->asked.name = ret->names[0];
	return 0;
}

/* --- the words -------------------------------------------------------------------------------- */

/* So that whoever looks by machine need not read it: one that is late or bad is a failure, and where a store could not be
 * asked nobody knows. */
static int list(const struct engine *engine, const struct engine_backup *asked,
		enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	size_t i;
	const json_t *row;
	if (engine_backup_list(engine, asked, ret_result, err) < 0)
		return -1;
	*ret_end = END_PASSED;
	json_array_foreach(json_object_get(*ret_result, "backups"), i, row) {
		if (str_equal(json_get_string(row, "outcome", ""), "fail"))
			*ret_end = END_FAILED;
		else if (*ret_end == END_PASSED &&
			 json_array_size(json_object_get(row, "unreachable")) > 0)
			*ret_end = END_INCONCLUSIVE;
	}
	return 0;
}

static const struct word {
	const char *word;
	engine_backup_act *perform; /* NULL: keygen */
	render_function *render;
	const char *schema;
	size_t max_names;
	bool takes_id;
} all_words[] = {
	{"run", engine_backup_run, render_backup, "result.backup", SIZE_MAX, false},
	{"list", list, render_backup_list, "result.backup-list", SIZE_MAX, false},
	{"verify", engine_backup_verify, render_backup_verify, "result.backup-verify",
	 SIZE_MAX, true},
	{"restore", engine_backup_restore, render_backup_restore, "result.backup-restore",
	 1, true},
	{"forget", engine_backup_forget, render_backup_forget, "result.backup-forget",
	 SIZE_MAX, false},
	{"drill", engine_backup_drill, render_backup_drill, "result.backup-drill", 1,
	 true},
	{"keygen", NULL, render_backup_keygen, "result.backup-keygen", 0, false},
};

static const struct word *find_word(const char *name, struct err *err)
{
	const char *known[ARRAY_SIZE(all_words)];
	for (size_t i = 0; i < ARRAY_SIZE(all_words); i++) {
		known[i] = all_words[i].word;
		if (strcmp(known[i], name) == 0)
			return &all_words[i];
	}
	const char *nearest = str_nearest(name, known, ARRAY_SIZE(known));
	err_set(err, ERR_USAGE, "'backup' knows no '%s'", name);
	if (nearest)
		err_hint(err, "did you mean 'belay backup %s'?", nearest);
	else
		err_hint(err, "it is run, list, verify, restore, forget, drill or "
			      "keygen");
	return NULL;
}

/* Copies go by their real age: what a year of its own would do is no question to ask of a verb that removes. */
static int check_clock(const struct word *word, const struct request *request,
		       struct err *err)
{
	if (word->perform != engine_backup_forget || !request_flag(request, "at"))
		return 0;
	err_set(err, ERR_USAGE, "'backup forget' goes by the clock and takes no --at");
	return err_hint(err, "leave it out; --dry-run shows what would go");
}

static int check_fit(const struct word *word, const struct words *words, size_t names,
		     struct err *err)
{
	if (names > word->max_names)
		return err_set(err, ERR_USAGE, "'backup %s' is about one backup",
			       word->word);
	if (words->asked.id && !word->takes_id) {
		err_set(err, ERR_USAGE, "'backup %s' takes no id of a copy", word->word);
		return err_hint(err, "belay backup %s %s", word->word, words->name);
	}
	if (words->asked.folder && names > 0) {
		err_set(err, ERR_USAGE, "--folder names the backup already");
		return err_hint(err, "leave out '%s'", words->names[0]);
	}
	return 0;
}

/* A folder can be read by somebody who has nothing else. */
static int perform(struct command_context *context, const struct word *word,
		   const struct words *words, struct command_result *result,
		   struct err *err)
{
	__attribute__((cleanup(journal_verb_end))) struct journal_verb alone = {0};
	struct engine engine = {.fx = context->fx, .progress = context->progress};
	enum engine_end end = END_FAILED;
	if (words->asked.folder) {
		if (journal_verb_begin(context, &alone, err) < 0)
			return -1;
		engine.config = alone.config;
	} else if (context->config(context, &engine.config, err) < 0) {
		return -1;
	}
	if (!words->asked.folder && request_text(context->request, "environment") &&
	    context->environment(context, &engine.config, &engine.environment, err) < 0)
		return -1;
	if (word->perform(&engine, &words->asked, &end, &result->value, err) < 0)
		return -1;
	result->status = (int)end;
	return 0;
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	__attribute__((cleanup(words_release))) struct words words = {0};
	const struct request *request = context->request;
	const struct word *word = find_word(request_argument(request, 0), err);
	if (!word)
		return -1;
	result->render = word->render;
	result->schema = word->schema;
	if (!word->perform)
		return backup_keygen(context, result, err);
	if (check_clock(word, request, err) < 0 || read_words(context, &words, err) < 0 ||
	    check_fit(word, &words, request_argument_count(request) - 1, err) < 0)
		return -1;
	return perform(context, word, &words, result, err);
}

const struct command command_backup = {
	.name = "backup",
	.group = "Deploy",
	.summary = "make, verify, restore, forget and drill backups",
	.details =
		"Backups are described under `backups` of the configuration: what is read, for "
		"whom it is sealed, and where it is stored. The words:\n\n"
		"  run           makes them: one read of the source into all stores, and then a look "
		"at what lies there\n"
		"  list          what the stores hold, how old it is, and what was promised\n"
		"  verify        is it still what was written? The newest copy that the journal knows, "
		"or the one that is named, which the journal knows then\n"
		"  restore       the newest copy, or the one that is named: with --to, --to-file, "
		"--to-command or --in-place\n"
		"  forget        removes what `keep` does not keep; with --dry-run it only says so\n"
		"  drill         restores one into a scratch place, runs the checks of `drill` on it "
		"and measures how long it took\n"
		"  keygen        makes a key and a certificate: the certificate goes to where backups "
		"are made, the key to where they are restored\n\n"
		"Without a name all backups are meant (restore and drill: the only one there is), of all environments unless there is -e. A copy "
		"is named as NAME/ID; the beginning of the id is enough when the journal knows it. Who makes backups needs no "
		"key that opens them. A backup can be restored without belay: RESTORE.txt beside it "
		"says how, with openssl, zstd and tar.\n\n"
		"Exit status: 1 when a backup was not made, or not in all of its stores, or when a "
		"copy is bad, or list shows one that is late; 5 when list or verify could not ask a store, so that nobody knows "
		"(forget and restore then did not do their work, which is 1); 10 when another run is making the only one that was "
		"asked for.",
	.arguments = "<run|list|verify|restore|forget|drill|keygen> [NAME[/ID]...]",
	.min_arguments = 1,
	.max_arguments = 64,
	.options = backup_options,
	.words = backup_usage,
	.examples =
		"belay backup keygen --key offline.key --certificate keys/backup.crt --no-passphrase\n"
		"belay backup run\n"
		"belay backup list -e production\n"
		"belay backup verify nightly-db --read-data\n"
		"belay backup verify uploads --key backup.key --certificate keys/backup.crt\n"
		"belay backup restore uploads --to /srv/restored --key backup.key "
		"--certificate keys/backup.crt\n"
		"belay backup restore nightly-db/20261121 --to-command 'pg_restore --dbname app' "
		"--key backup.key\n"
		"belay backup forget --dry-run\n"
		"belay backup drill nightly-db --key backup.key --certificate keys/backup.crt",
	.result_schema = "result.backup",
	.run = run,
};
