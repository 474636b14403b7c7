/* What the steps after this one can ask for: outputs, the state for the end of the job, and hints that make
 * sense in a workflow. Outputs are strings; GitHub takes about a megabyte of them for a job. */
#include <stdio.h>
#include <string.h>

#include "belay/action.h"
#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"

#define RESULT_MAX_BYTES ((size_t)512 << 10)

const char *action_decision(int status)
{
	static const struct {
		int status;
		const char *word;
	} words[] = {
		{0, "passed"},  {1, "failed"},       {3, "rolled-back"}, {4, "stuck"},
		{10, "locked"}, {5, "inconclusive"}, {130, "cancelled"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].status == status)
			return words[i].word;
	return "error";
}

/* A gate has no reason of its own: the checks that decided are one. */
static void add_gate_reason(struct str *out, const json_t *gate)
{
	const char *decisive = json_get_string(gate, "outcome", "");
	size_t index;
	const json_t *verdict;
	json_array_foreach(json_object_get(gate, "verdicts"), index, verdict) {
		if (!str_equal(json_get_string(verdict, "outcome", ""), decisive))
			continue;
		str_addf(out, "%s%s: %s", out->len ? "; " : "",
			 json_get_string(verdict, "check", "?"),
			 json_get_string(verdict, "reason", ""));
	}
}

/* Of each backup the first thing that is wrong with it: its own reason, or that of a copy. */
static void add_backup_reasons(struct str *out, const json_t *backups)
{
	size_t index, at;
	const json_t *row, *copy;
	json_array_foreach(backups, index, row) {
		const char *reason = json_get_string(row, "reason", NULL);
		json_array_foreach(json_object_get(row, "copies"), at, copy) {
			if (!reason)
				reason = json_get_string(copy, "reason", NULL);
		}
		if (reason)
			str_addf(out, "%s%s: %s", out->len ? "; " : "",
				 json_get_string(row, "name", "?"), reason);
	}
}

static void add_reason(struct str *out, const struct action_outcome *outcome)
{
	if (outcome->status == 0)
		return;
	if (outcome->err->code != ERR_NONE)
		str_add(out, outcome->err->message);
	else if (json_object_get(outcome->value, "verdicts"))
		add_gate_reason(out, outcome->value);
	else if (json_object_get(outcome->value, "backups"))
		add_backup_reasons(out, json_object_get(outcome->value, "backups"));
	else
		str_add(out, json_get_string(outcome->value, "reason", ""));
}

/* --- why, in one word ------------------------------------------------------------------------ */

/* The step of a transaction that failed first: the lines after it tell what was done about it. NULL: none. */
static const char *failed_step(const json_t *result)
{
	size_t index;
	const json_t *line;
	json_array_foreach(json_object_get(result, "timeline"), index, line) {
		if (str_equal(json_get_string(line, "outcome", ""), "failed"))
			return json_get_string(line, "step", NULL);
	}
	return NULL;
}

static const char *what_failed(const struct action_outcome *outcome)
{
	const char *step = failed_step(outcome->value);
	if (step)
		return step;
	if (json_object_get(outcome->value, "gate")) /* after a restart, of a watch */
		return "gates";
	if (json_object_get(outcome->value, "verdicts"))
		return "checks";
	return outcome->command ? outcome->command->name : "run";
}

char *action_reason_code(const struct action_outcome *outcome)
{
	if (outcome->status == 0)
		return mem_strdup("");
	if (outcome->err->code != ERR_NONE) {
		char *code = mem_strdup(err_code_name(outcome->err->code));
		for (char *c = code; *c; c++)
			*c = *c == '_' ? '-' : *c;
		return code;
	}
	if (outcome->status == err_exit_status(ERR_CANCELLED))
		return mem_strdup(err_code_name(ERR_CANCELLED));
	bool doubtful = outcome->status == err_exit_status(ERR_INCONCLUSIVE);
	return str_format("%s-%s", what_failed(outcome),
			  doubtful ? "inconclusive" : "failed");
}

/* --- outputs --------------------------------------------------------------------------------- */

/* "production/7": the lock's generation grows with every holder, so it names one holding. Fresh. */
static char *lock_id(const json_t *result)
{
	long long generation = (long long)json_get_int(result, "generation", 0);
	if (generation <= 0)
		return mem_strdup("");
	return str_format("%s/%lld", json_get_string(result, "environment", ""),
			  generation);
}

/* Of the incident that a deployment or a watch is about, or of the only one that `incident` shows. */
static const char *address_of_incident(const json_t *result)
{
	const json_t *rows = json_object_get(result, "incidents");
	const char *url =
		json_array_size(rows) == 1 ? incident_url(json_array_get(rows, 0)) : NULL;
	return url ? url
		   : json_get_string(json_object_get(result, "incident"), "url", "");
}

static bool was_rolled_back(const struct action_outcome *outcome)
{
	return outcome->status == 3;
}

void action_add_outputs(struct str *out, const struct action_outcome *outcome,
			const char *delimiter)
{
	const json_t *value = outcome->value;
	_cleanup_str_ struct str reason = STR_INIT;
	_cleanup_free_ char *code = action_reason_code(outcome);
	_cleanup_free_ char *lock = lock_id(value);
	_cleanup_free_ char *status = str_format("%d", outcome->status);
	_cleanup_free_ char *result = value ? json_text_compact(value) : mem_strdup("");
	add_reason(&reason, outcome);
	const struct {
		const char *name, *value;
	} rows[] = {
		{"decision", action_decision(outcome->status)},
		{"reason_code", code},
		{"exit_status", status},
		{"reason", str_text(&reason)},
		{"environment", json_get_string(value, "environment", "")},
		{"deployment_id", json_get_string(value, "deployment", "")},
		{"version", json_get_string(value, "version", "")},
		{"previous_version", json_get_string(value, "previous", "")},
		{"rolled_back", was_rolled_back(outcome) ? "true" : "false"},
		{"lock_id", lock},
		{"incident_url", address_of_incident(value)},
		{"result", strlen(result) > RESULT_MAX_BYTES ? "" : result},
		{"report_path", outcome->report ? outcome->report : ""},
		{"tape_path", outcome->tape ? outcome->tape : ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		action_add_file_row(out, rows[i].name, rows[i].value, delimiter);
}

void action_add_state(struct str *out, const struct action_outcome *outcome,
		      const char *delimiter)
{
	const char *deployment = json_get_string(outcome->value, "deployment", NULL);
	bool opened = outcome->command && strcmp(outcome->command->name, "begin") == 0 &&
		      outcome->status == 0 && !outcome->dry_run;
	if (opened && deployment)
		action_add_file_row(out, "belay_transaction", deployment, delimiter);
}

void action_explain(struct err *err)
{
	static const char permissions[] = "permissions: {contents: write}";
	struct str hint = STR_INIT_MAX(sizeof err->hint - 1);
	str_add(&hint, err->hint);
	if (err->code == ERR_AUTH && strstr(err->hint, "contents: write"))
		str_addf(&hint, "\nadd to the job: %s", permissions);
	else if (err->code == ERR_AUTH && strstr(err->hint, "contents: read"))
		str_addf(&hint, "\nadd to the job: %s (reading alone needs 'read')",
			 permissions);
	else if (err->code == ERR_NOT_FOUND && strstr(err->message, "no access"))
		str_addf(&hint, "\na token without %s cannot see a private repository",
			 permissions);
	else if (err->code == ERR_NOT_FOUND &&
		 strstr(err->message, "no configuration found"))
		str_add(&hint, "\nis the repository checked out? 'uses: "
			       "actions/checkout@v4' goes before this step");
	if (strstr(err->hint, "--take-lock"))
		str_add(&hint,
			"\nin a workflow that is the input take_lock: true, for one run");
	snprintf(err->hint, sizeof err->hint, "%s", str_text(&hint));
	str_release(&hint);
}
