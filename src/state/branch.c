/* The branch as it was read: is it ours, can we read it, what does it say. Pure: works on the
 * answer of git.read, {tip, files: {path: text}, commit}, and treats all of it as outside data.
 *
 * These checks are cheap and see one commit only. They notice what happens by hand (an edited file,
 * a foreign branch of the same name, a half-written file, a newer belay); whether the whole history
 * adds up is the question that store_verify() answers.
 */
#include "belay/embedded.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/schema.h"
#include "belay/str.h"
#include "store_parts.h"

#define DIRECTORY "environments/"

const char *branch_readme(void)
{
	return embedded_find("branch-readme.md")->data;
}

char *branch_path(const char *environment, const char *document)
{
	return str_format(DIRECTORY "%s/%s.json", environment, document);
}

void branch_list(const struct journal_documents *documents,
		 struct branch_document list[static BRANCH_DOCUMENTS])
{
	list[0] = (struct branch_document){"state", documents->state};
	list[1] = (struct branch_document){"recent", documents->recent};
	list[2] = (struct branch_document){"rollup", documents->rollup};
}

int branch_check_name(const char *environment, struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(environment);
	if (len > 0 && len <= 100 && strspn(environment, allowed) == len &&
	    *environment != '.')
		return 0;
	return err_set(err, ERR_CONFIG, "'%s' cannot be the name of an environment",
		       environment);
}

json_t *branch_event(const json_t *commit)
{
	struct err ignored = {0};
	json_t *event = NULL;
	const char *body = json_get_string(commit, "body", "");
	size_t len = strlen(body);
	if (len > 0 && body[len - 1] == '\n')
		len--;
	if (len == 0 || body[0] != '{' || body[len - 1] != '}' ||
	    json_parse(body, len, "body", &event, &ignored))
		return NULL;
	if (json_is_integer(json_object_get(event, "belay")) &&
	    json_is_string(json_object_get(event, "type")) &&
	    json_is_string(json_object_get(event, "environment")) &&
	    json_is_integer(json_object_get(event, "sequence")))
		return event;
	json_decref(event);
	return NULL;
}

/* --- is it ours? --------------------------------------------------------------------------- */

static int hint_damaged(struct err *err)
{
	return err_hint(
		err,
		"nothing was written; `belay verify` names the first commit that does "
		"not fit, `git log` of the branch shows who wrote it");
}

static int check_format(const json_t *files, const char *branch, struct err *err)
{
	const char *format = json_get_string(files, "format", NULL);
	long long number;
	if (!format || !json_object_get(files, "README.md")) {
		err_set(err, ERR_STATE, "branch '%s' exists but was not written by belay",
			branch);
		return err_hint(err,
				"nothing was written; give the journal another name with "
				"state.branch, or look at it with `git log`");
	}
	_cleanup_free_ char *digits = mem_strndup(format, strcspn(format, "\n"));
	if (str_to_int64(digits, 1, 1000000, &number)) {
		err_set(err, ERR_STATE, "branch '%s': the file 'format' is damaged",
			branch);
		return hint_damaged(err);
	}
	/* An older format would be migrated here, by an event; there is none before 1. */
	if (number == JOURNAL_FORMAT)
		return 0;
	err_set(err, ERR_STATE,
		"branch '%s' was written by a newer belay (format %lld); this one reads %d",
		branch, number, JOURNAL_FORMAT);
	return err_hint(
		err,
		"nothing was written; upgrade belay here to the version used elsewhere");
}

/* The last commit is an event, and the state it left is the state that is there. */
static int check_tip(const json_t *answer, const char *branch, struct err *err)
{
	const json_t *commit = json_object_get(answer, "commit");
	const char *id = json_get_string(answer, "tip", "?");
	_cleanup_json_ json_t *event = branch_event(commit);
	_cleanup_json_ json_t *state = NULL;
	if (!event) {
		err_set(err, ERR_STATE,
			"branch '%s' was edited by hand: its last commit %.7s "
			"('%.60s') is not an event of belay",
			branch, id, json_get_string(commit, "subject", ""));
		return hint_damaged(err);
	}
	_cleanup_free_ char *path =
		branch_path(json_get_string(event, "environment", ""), "state");
	const char *text = json_get_string(json_object_get(answer, "files"), path, NULL);
	if (!text || json_parse(text, strlen(text), path, &state, err)) {
		err_set(err, ERR_STATE, "branch '%s': %s is %s", branch, path,
			text ? "damaged" : "missing");
		return hint_damaged(err);
	}
	if (json_equal(json_object_get(state, "sequence"),
		       json_object_get(event, "sequence")) &&
	    json_equal(json_object_get(state, "updated_at"),
		       json_object_get(event, "at")))
		return 0;
	err_set(err, ERR_STATE,
		"branch '%s' was edited by hand: %s is not what the last event "
		"(%.7s, number %lld) left",
		branch, path, id, (long long)json_get_int(event, "sequence", 0));
	return hint_damaged(err);
}

int branch_recognise(const json_t *answer, const char *branch, struct err *err)
{
	if (!json_get_string(answer, "tip", NULL))
		return 0;
	if (check_format(json_object_get(answer, "files"), branch, err))
		return -1;
	return check_tip(answer, branch, err);
}

/* --- what does it say? --------------------------------------------------------------------- */

json_t *branch_environments(const json_t *answer)
{
	json_t *names = json_array();
	const char *path;
	json_t *text;
	json_object_foreach(json_object_get(answer, "files"), path, text) {
		size_t end = strlen(path);
		size_t start = strlen(DIRECTORY);
		if (!str_has_prefix(path, DIRECTORY) ||
		    !str_has_suffix(path, "/state.json") ||
		    end <= start + strlen("/state.json"))
			continue;
		json_t *name =
			json_stringn(path + start, end - start - strlen("/state.json"));
		size_t at = json_array_size(names);
		while (at > 0 && strcmp(json_string_value(json_array_get(names, at - 1)),
					json_string_value(name)) > 0)
			at--;
		json_array_insert_new(names, at, name);
	}
	return names;
}

/* Does the document have the shape that its schema promises? */
static int check_shape(const json_t *value, const char *document, struct err *err)
{
	_cleanup_free_ char *name = str_format("schemas/%s.schema.json", document);
	const struct embedded *file = embedded_find(name);
	_cleanup_json_ json_t *text = NULL;
	_cleanup_(schema_freep) struct schema *schema = NULL;
	struct schema_faults faults = {0};
	if (json_parse(file->data, file->size, name, &text, err) ||
	    schema_compile(text, &schema, err))
		return -1;
	if (schema_validate(schema, value, &faults))
		return 0;
	err_set(err, ERR_STATE, "%s: %s",
		faults.count > 0 && *faults.items[0].pointer ? faults.items[0].pointer
							     : "/",
		faults.count > 0 ? faults.items[0].message : "not what its schema says");
	schema_faults_release(&faults);
	return -1;
}

static int read_document(const char *text, const char *path, const char *document,
			 const char *environment, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *value = NULL;
	if (json_parse(text, strlen(text), path, &value, err)) {
		err->code = ERR_STATE;
		return -1;
	}
	if (check_shape(value, document, err))
		return err_wrap(err, "%s", path);
	if (strcmp(json_get_string(value, "environment", ""), environment) != 0)
		return err_set(err, ERR_STATE, "%s is about '%s'", path,
			       json_get_string(value, "environment", ""));
	*ret = TAKE_PTR(value);
	return 0;
}

int branch_documents(const json_t *answer, const char *branch, const char *environment,
		     struct journal_documents *ret, struct err *err)
{
	const json_t *files = json_object_get(answer, "files");
	struct journal_documents documents = {0};
	json_t **const members[] = {&documents.state, &documents.recent,
				    &documents.rollup};
	struct branch_document list[BRANCH_DOCUMENTS];
	const char *texts[BRANCH_DOCUMENTS];
	size_t found = 0;
	branch_list(&documents, list);
	for (size_t i = 0; i < BRANCH_DOCUMENTS; i++) {
		_cleanup_free_ char *path = branch_path(environment, list[i].name);
		texts[i] = json_get_string(files, path, NULL);
		found += texts[i] != NULL;
	}
	if (found == 0) {
		journal_documents_init(ret, environment);
		return 0;
	}
	for (size_t i = 0; i < BRANCH_DOCUMENTS; i++) {
		_cleanup_free_ char *path = branch_path(environment, list[i].name);
		int failed = texts[i] ? read_document(texts[i], path, list[i].name,
						      environment, members[i], err)
				      : err_set(err, ERR_STATE, "%s is missing", path);
		if (failed) {
			journal_documents_release(&documents);
			err_wrap(err, "branch '%s' is damaged", branch);
			return hint_damaged(err);
		}
	}
	*ret = documents;
	return 0;
}
