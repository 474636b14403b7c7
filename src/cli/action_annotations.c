/* Annotations: what went wrong, beside the line of the configuration that it is about. GitHub shows ten of
 * each level for a step and drops the rest without a word; so the tenth says how many more there are. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "belay/action.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "belay/verdict.h"
#include "belay/yaml.h"

#define SHOWN_OF_A_LEVEL 10
#define MESSAGE_MAX_BYTES 2000

void action_annotations_release(struct action_annotations *annotations)
{
	for (size_t i = 0; i < annotations->count; i++) {
		free(annotations->items[i].title);
		free(annotations->items[i].message);
		free(annotations->items[i].file);
	}
	free(annotations->items);
	*annotations = (struct action_annotations){0};
}

void action_annotate(struct action_annotations *annotations,
		     const struct action_annotation *annotation)
{
	struct str message = STR_INIT_MAX(MESSAGE_MAX_BYTES);
	str_add(&message, annotation->message);
	*vec_push(annotations) = (struct action_annotation){
		.level = annotation->level,
		.title = mem_strdup(annotation->title),
		.message = str_take(&message),
		.file = annotation->file ? mem_strdup(annotation->file) : NULL,
		.line = annotation->line,
		.column = annotation->column,
	};
}

/* --- places ---------------------------------------------------------------------------------- */

/* A path of the working directory, seen from the workspace. */
static char *in_workspace(const char *directory, const char *file)
{
	if (!directory || file[0] == '/')
		return mem_strdup(file);
	return str_format("%s%s%s", directory, str_has_suffix(directory, "/") ? "" : "/",
			  file);
}

/* "file:12:5: message": the place is cut off the front. False when there is none. */
static bool take_place(const char **message, struct action_annotation *ret)
{
	for (const char *colon = strchr(*message, ':'); colon;
	     colon = strchr(colon + 1, ':')) {
		char *end;
		if (!isdigit((unsigned char)colon[1]))
			continue;
		unsigned long line = strtoul(colon + 1, &end, 10);
		if (*end != ':' || !isdigit((unsigned char)end[1]))
			continue;
		unsigned long column = strtoul(end + 1, &end, 10);
		if (end[0] != ':' || end[1] != ' ')
			continue;
		ret->file = mem_strndup(*message, (size_t)(colon - *message));
		ret->line = (unsigned)line;
		ret->column = (unsigned)column;
		*message = end + 2;
		return true;
	}
	return false;
}

void action_annotate_error(struct action_annotations *annotations, const char *title,
			   const struct err *err, const char *directory)
{
	const char *message = err->message;
	struct action_annotation annotation = {.level = ACTION_ERROR};
	_cleanup_free_ char *own_title = mem_strdup(title);
	_cleanup_free_ char *file = NULL;
	_cleanup_str_ struct str text = STR_INIT;
	if (take_place(&message, &annotation)) {
		file = in_workspace(directory, annotation.file);
		free(annotation.file);
		annotation.file = file;
	}
	str_add(&text, message);
	if (*err->hint)
		str_addf(&text, "\n%s", err->hint);
	annotation.title = own_title;
	annotation.message = text.data;
	action_annotate(annotations, &annotation);
}

/* --- a result -------------------------------------------------------------------------------- */

struct annotator {
	struct action_annotations *annotations;
	const struct config *config;
	const char *directory;
	json_t *seen; /* checks that were told already */
};

static void add_predicates(struct str *out, const json_t *verdict)
{
	size_t index;
	const json_t *predicate;
	json_array_foreach(json_object_get(verdict, "predicates"), index, predicate) {
		const json_t *actual = json_object_get(predicate, "actual");
		const char *why = json_get_string(predicate, "why", NULL);
		if (json_get_bool(predicate, "holds", false))
			continue;
		str_addf(out, "\n%s", json_get_string(predicate, "text", ""));
		if (why) {
			str_addf(out, ": %s", why);
		} else if (actual) {
			str_add(out, "   actual ");
			json_add_brief(out, actual, 60);
		}
	}
}

static void annotate_verdict(struct annotator *annotator, const json_t *verdict,
			     const char *phase)
{
	const char *check = json_get_string(verdict, "check", "?");
	enum outcome outcome = verdict_outcome(verdict);
	bool warns = str_equal(json_get_string(verdict, "severity", ""), "warning");
	if (outcome == OUTCOME_PASS || json_get_bool(verdict, "assumed", false) ||
	    json_object_get(annotator->seen, check))
		return;
	json_object_set_new(annotator->seen, check, json_true());
	_cleanup_str_ struct str title = STR_INIT;
	_cleanup_str_ struct str message = STR_INIT;
	_cleanup_free_ char *file = NULL;
	str_addf(&title, "check %s: %s", check, outcome_name(outcome));
	str_add(&message, json_get_string(verdict, "reason", ""));
	add_predicates(&message, verdict);
	if (phase)
		str_addf(&message, "\njudged in: %s", phase);
	struct action_annotation annotation = {
		.level =
			outcome == OUTCOME_FAIL && !warns ? ACTION_ERROR : ACTION_WARNING,
		.title = title.data,
		.message = message.data,
	};
	if (annotator->config && config_check(annotator->config, check)) {
		_cleanup_str_ struct str pointer = STR_INIT;
		json_pointer_add(&pointer, "checks");
		json_pointer_add(&pointer, check);
		struct yaml_place place =
			yaml_place(annotator->config->yaml, str_text(&pointer), true);
		file = in_workspace(annotator->directory, annotator->config->file);
		annotation.file = file;
		annotation.line = place.line;
		annotation.column = place.column;
	}
	action_annotate(annotator->annotations, &annotation);
}

static void annotate_gate(struct annotator *annotator, const json_t *gate)
{
	size_t index;
	const json_t *verdict;
	json_array_foreach(json_object_get(gate, "verdicts"), index, verdict)
		annotate_verdict(annotator, verdict,
				 json_get_string(gate, "phase", NULL));
}

static void annotate_hosts(struct annotator *annotator, const json_t *services)
{
	const char *name;
	const char *host;
	const json_t *service;
	const json_t *row;
	json_object_foreach((json_t *)services, name, service) {
		json_object_foreach(json_object_get(service, "hosts"), host, row) {
			const char *error = json_get_string(row, "error", NULL);
			if (!error)
				continue;
			_cleanup_free_ char *title = str_format("%s on %s", name, host);
			_cleanup_free_ char *message = mem_strdup(error);
			action_annotate(annotator->annotations,
					&(struct action_annotation){.level = ACTION_ERROR,
								    .title = title,
								    .message = message});
		}
	}
}

/* The verdict, with what a person has to do; its first line is what the log says first. */
static void annotate_end(struct annotator *annotator, const json_t *result)
{
	const char *end = json_get_string(result, "end", NULL);
	if (!end || str_equal(end, "passed") || str_equal(end, "open"))
		return;
	_cleanup_str_ struct str title = STR_INIT;
	_cleanup_str_ struct str message = STR_INIT;
	str_addf(&title, "%s: %s %s", json_get_string(result, "environment", "?"),
		 json_get_string(result, "version", "?"), end);
	str_add(&message, json_get_string(result, "reason", end));
	size_t index;
	const json_t *line;
	json_array_foreach(json_object_get(result, "todo"), index, line)
		str_addf(&message, "\n%zu. %s", index + 1, json_string_value(line));
	action_annotate(annotator->annotations,
			&(struct action_annotation){.level = ACTION_ERROR,
						    .title = title.data,
						    .message = message.data});
}

static void annotate_backup(struct annotator *annotator, const char *name,
			    enum action_level level, const char *message)
{
	_cleanup_free_ char *title = str_format("backup %s", name);
	_cleanup_free_ char *own = mem_strdup(message);
	action_annotate(annotator->annotations,
			&(struct action_annotation){
				.level = level, .title = title, .message = own});
}

static bool is_backup_failure(const char *outcome)
{
	return str_equal(outcome, "failed") || str_equal(outcome, "partial") ||
	       str_equal(outcome, "fail") || str_equal(outcome, "bad");
}

/* Backups that were not made, copies that are damaged, and what is worth knowing of the others. */
static void annotate_backups(struct annotator *annotator, const json_t *backups)
{
	size_t index, at;
	const json_t *row, *part;
	json_array_foreach(backups, index, row) {
		const char *name = json_get_string(row, "name", "?");
		const char *reason = json_get_string(row, "reason", NULL);
		bool failed = is_backup_failure(json_get_string(row, "outcome", ""));
		if (reason)
			annotate_backup(annotator, name,
					failed ? ACTION_ERROR : ACTION_WARNING, reason);
		json_array_foreach(json_object_get(row, "copies"), at, part) {
			const char *why = json_get_string(part, "reason", NULL);
			bool bad =
				is_backup_failure(json_get_string(part, "outcome", ""));
			_cleanup_free_ char *text =
				str_format("%s: %s", json_get_string(part, "store", "?"),
					   why ? why : "");
			if (why && !reason)
				annotate_backup(annotator, name,
						bad ? ACTION_ERROR : ACTION_WARNING,
						text);
		}
		json_array_foreach(json_object_get(row, "warnings"), at, part)
			annotate_backup(annotator, name, ACTION_WARNING,
					json_string_value(part));
	}
}

void action_annotate_result(struct action_annotations *annotations, const json_t *result,
			    const struct config *config, const char *directory)
{
	_cleanup_json_ json_t *seen = json_object();
	struct annotator annotator = {annotations, config, directory, seen};
	annotate_end(&annotator, result);
	annotate_gate(&annotator, result); /* belay check: the result is a gate */
	size_t index;
	const json_t *gate;
	json_array_foreach(json_object_get(result, "gates"), index, gate)
		annotate_gate(&annotator, gate);
	annotate_hosts(&annotator, json_object_get(result, "services"));
	annotate_backups(&annotator, json_object_get(result, "backups"));
}

/* --- as workflow commands -------------------------------------------------------------------- */

static void add_annotation(struct str *out, const struct action_annotation *annotation)
{
	static const char *const names[] = {
		[ACTION_ERROR] = "error",
		[ACTION_WARNING] = "warning",
		[ACTION_NOTICE] = "notice",
	};
	_cleanup_str_ struct str properties = STR_INIT;
	action_add_property(&properties, "title", annotation->title);
	if (annotation->file) {
		action_add_property(&properties, "file", annotation->file);
		str_addf(&properties, ",line=%u,col=%u", annotation->line,
			 annotation->column);
	}
	action_add_command(out, names[annotation->level], str_text(&properties),
			   annotation->message);
}

static void add_level(struct str *out, const struct action_annotations *annotations,
		      enum action_level level)
{
	size_t total = 0, shown = 0;
	for (size_t i = 0; i < annotations->count; i++)
		total += annotations->items[i].level == level;
	for (size_t i = 0; i < annotations->count && shown < SHOWN_OF_A_LEVEL; i++) {
		if (annotations->items[i].level != level)
			continue;
		if (++shown < SHOWN_OF_A_LEVEL || total == SHOWN_OF_A_LEVEL) {
			add_annotation(out, &annotations->items[i]);
			continue;
		}
		_cleanup_free_ char *message =
			str_format("%zu more: see the log of this step or its summary",
				   total - SHOWN_OF_A_LEVEL + 1);
		_cleanup_free_ char *title = mem_strdup("belay");
		add_annotation(out, &(struct action_annotation){.level = level,
								.title = title,
								.message = message});
	}
}

void action_add_annotations(struct str *out, const struct action_annotations *annotations)
{
	add_level(out, annotations, ACTION_ERROR);
	add_level(out, annotations, ACTION_WARNING);
	add_level(out, annotations, ACTION_NOTICE);
}
