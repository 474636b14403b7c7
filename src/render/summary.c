/* The step summary of a workflow: one page of Markdown for each kind of result, the verdict first. Results
 * without a page of their own show the text that the command prints. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/verdict.h"
#include "markdown.h"
#include "summary_backup.h"

/* --- gates ----------------------------------------------------------------------------------- */

static void add_predicates(struct str *out, const json_t *verdict)
{
	size_t index;
	const json_t *predicate;
	json_array_foreach(json_object_get(verdict, "predicates"), index, predicate) {
		const json_t *actual = json_object_get(predicate, "actual");
		const char *why = json_get_string(predicate, "why", NULL);
		if (json_get_bool(predicate, "holds", false))
			continue;
		str_add(out, "<br>");
		markdown_add_code(out, json_get_string(predicate, "text", ""));
		if (why) {
			str_add_char(out, ' ');
			markdown_add_text(out, why);
		} else if (actual) {
			_cleanup_str_ struct str brief = STR_INIT;
			json_add_brief(&brief, actual, 60);
			str_add(out, " was ");
			markdown_add_code(out, str_text(&brief));
		}
	}
}

static void add_verdict(struct str *out, const json_t *verdict)
{
	bool warns = str_equal(json_get_string(verdict, "severity", ""), "warning");
	const char *outcome = outcome_name(verdict_outcome(verdict));
	bool passed = strcmp(outcome, "pass") == 0;
	int64_t attempts = json_get_int(verdict, "attempts", 1);
	str_addf(out, "| %s | ", markdown_mark(warns && !passed ? "warn" : outcome));
	markdown_add_text(out, json_get_string(verdict, "check", "?"));
	str_add(out, " | ");
	if (json_get_bool(verdict, "assumed", false))
		str_add(out, "not asked: a dry run");
	else
		markdown_add_text(out, json_get_string(verdict, "reason", outcome));
	if (!passed)
		add_predicates(out, verdict);
	str_add(out, " | ");
	duration_add(out, json_get_int(verdict, "duration_ms", 0));
	if (attempts > 1)
		str_addf(out, ", %lld attempts", (long long)attempts);
	str_add(out, " |\n");
}

void summary_add_gate(struct str *out, const json_t *gate)
{
	size_t index;
	const json_t *verdict;
	const json_t *verdicts = json_object_get(gate, "verdicts");
	str_addf(out, "\n### %s ",
		 markdown_mark(json_get_string(gate, "outcome", "inconclusive")));
	markdown_add_text(out, json_get_string(gate, "phase",
					       json_get_string(gate, "name", "gate")));
	str_addf(out, ": %lld passed, %lld warned, %lld failed, %lld inconclusive\n\n",
		 (long long)json_get_int(gate, "passed", 0),
		 (long long)json_get_int(gate, "warned", 0),
		 (long long)json_get_int(gate, "failed", 0),
		 (long long)json_get_int(gate, "inconclusive", 0));
	if (json_array_size(verdicts) == 0)
		return;
	str_add(out, "| | Check | Verdict | Took |\n|---|---|---|---|\n");
	json_array_foreach(verdicts, index, verdict)
		add_verdict(out, verdict);
}

static void add_check(struct str *out, const struct summary *summary)
{
	const char *outcome = json_get_string(summary->result, "outcome", "inconclusive");
	str_addf(out, "## %s belay check: %s\n", markdown_mark(outcome), outcome);
	summary_add_gate(out, summary->result);
}

/* --- a plan ---------------------------------------------------------------------------------- */

static void add_list(struct str *out, const char *title, const json_t *items)
{
	size_t index;
	const json_t *item;
	if (json_array_size(items) == 0)
		return;
	str_addf(out, "\n%s\n\n", title);
	json_array_foreach(items, index, item) {
		str_add(out, "- ");
		markdown_add_text(out, json_string_value(item));
		str_add_char(out, '\n');
	}
}

static void add_plan(struct str *out, const struct summary *summary)
{
	const json_t *plan = summary->result;
	const json_t *lock = json_object_get(plan, "lock");
	size_t index;
	const json_t *step;
	str_add(out, "## Plan for ");
	markdown_add_text(out, json_get_string(plan, "environment", "?"));
	str_add(out, ": ");
	markdown_add_text(out, json_get_string(plan, "version", "?"));
	str_add(out, "\n\nNothing was changed.\n");
	if (!json_get_bool(lock, "free", true)) {
		str_add(out, "\n⚠️ The lock is ");
		markdown_add_text(out, json_get_string(lock, "text", "held"));
		str_add(out, ".\n");
	}
	str_add(out, "\n| | Step | Service | Target | |\n|---|---|---|---|---|\n");
	json_array_foreach(json_object_get(plan, "steps"), index, step) {
		static const char *const columns[] = {"step", "service", "target",
						      "summary"};
		str_addf(out, "| %lld", (long long)json_get_int(step, "n", 0));
		for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
			str_add(out, " | ");
			markdown_add_text(out, json_get_string(step, columns[i], ""));
		}
		str_add(out, " |\n");
	}
	add_list(out, "Judged by:", json_object_get(plan, "gates"));
	add_list(out, "Worth knowing:", json_object_get(plan, "notes"));
}

/* --- the state ------------------------------------------------------------------------------- */

static void add_age(struct str *out, const json_t *object, const char *key,
		    int64_t now_ms)
{
	int64_t at_ms;
	if (time_parse(json_get_string(object, key, ""), &at_ms) == 0)
		time_add_relative(out, at_ms, now_ms);
}

static void add_services(struct str *out, const json_t *services, int64_t now_ms)
{
	const char *name;
	const json_t *service;
	if (json_object_size(services) == 0)
		return;
	str_add(out, "\n| Service | Live | Since | Last good |\n|---|---|---|---|\n");
	json_object_foreach((json_t *)services, name, service) {
		const json_t *live = json_object_get(service, "live");
		const json_t *good = json_object_get(service, "last_good");
		str_add(out, "| ");
		markdown_add_text(out, name);
		str_add(out, " | ");
		markdown_add_text(out, json_get_string(live, "version", "nothing"));
		str_add(out, " | ");
		add_age(out, live, "at", now_ms);
		str_add(out, " | ");
		markdown_add_text(out, json_get_string(good, "version", "nothing"));
		str_add(out, " |\n");
	}
}

static void add_deployments(struct str *out, const json_t *rows, int64_t now_ms)
{
	size_t index;
	const json_t *row;
	if (json_array_size(rows) == 0)
		return;
	str_add(out, "\n| | Version | When | Who | Reason |\n|---|---|---|---|---|\n");
	json_array_foreach(rows, index, row) {
		str_addf(out, "| %s | ",
			 markdown_mark(json_get_string(row, "outcome", "")));
		markdown_add_text(out, json_get_string(row, "version", "?"));
		str_add(out, " | ");
		add_age(out, row, "finished_at", now_ms);
		str_add(out, " | ");
		markdown_add_text(out, json_get_string(row, "actor", ""));
		str_add(out, " | ");
		markdown_add_text(out, json_get_string(row, "reason", ""));
		str_add(out, " |\n");
	}
}

static void add_status(struct str *out, const struct summary *summary)
{
	const json_t *rows = json_object_get(summary->result, "environments");
	size_t index;
	const json_t *row;
	if (json_array_size(rows) == 0)
		str_add(out, "## Nothing deployed yet\n");
	json_array_foreach(rows, index, row) {
		const json_t *open = json_object_get(row, "transaction");
		const json_t *lock = json_object_get(row, "lock");
		str_add(out, index ? "\n## " : "## ");
		markdown_add_text(out, json_get_string(row, "environment", "?"));
		str_add_char(out, '\n');
		if (!str_equal(json_get_string(lock, "state", "free"), "free")) {
			str_add(out, "\n⚠️ Lock ");
			markdown_add_text(out, json_get_string(lock, "text", "held"));
			str_add_char(out, '\n');
		}
		if (json_is_object(open)) {
			str_add(out, "\n⚠️ Not finished: ");
			markdown_add_text(out, json_get_string(open, "version", "?"));
			str_addf(out, " (%s)\n", json_get_string(open, "phase", "?"));
		}
		add_services(out, json_object_get(row, "services"), summary->now_ms);
		summary_add_backup_health(out, json_object_get(row, "backups"));
		add_deployments(out, json_object_get(row, "deployments"),
				summary->now_ms);
	}
	str_add(out, "\nJournal: ");
	markdown_add_text(out, json_get_string(summary->result, "location", ""));
	str_add_char(out, '\n');
}

static void add_verify(struct str *out, const struct summary *summary)
{
	size_t index;
	const json_t *branch;
	str_add(out, "## ✅ The journal adds up\n\n| Journal | Commits | Events | Tip |\n"
		     "|---|---|---|---|\n");
	json_array_foreach(json_object_get(summary->result, "branches"), index, branch) {
		str_add(out, "| ");
		markdown_add_text(out, json_get_string(branch, "location", "?"));
		str_addf(out, " | %lld | %lld | ",
			 (long long)json_get_int(branch, "commits", 0),
			 (long long)json_get_int(branch, "events", 0));
		markdown_add_code(out, json_get_string(branch, "tip", ""));
		str_add(out, " |\n");
	}
}

/* --- any ------------------------------------------------------------------------------------- */

void summary_add_would(struct str *out, const json_t *would)
{
	size_t index;
	const json_t *act;
	if (json_array_size(would) == 0)
		return;
	str_add(out, "\n### What would be done\n\n");
	json_array_foreach(would, index, act) {
		str_addf(out, "%zu. ", index + 1);
		markdown_add_text(out, json_get_string(act, "summary", "?"));
		str_add_char(out, '\n');
	}
}

static void add_error(struct str *out, const struct summary *summary)
{
	str_addf(out, "## ❌ belay %s\n\n", summary->command);
	markdown_add_text(out, summary->err->message);
	str_add_char(out, '\n');
	if (!*summary->err->hint)
		return;
	str_add_char(out, '\n');
	markdown_add_block(out, "text", summary->err->hint);
}

static void add_text(struct str *out, const struct summary *summary)
{
	str_addf(out, "## belay %s\n\n", summary->command);
	if (summary->text && *summary->text)
		markdown_add_block(out, "text", summary->text);
}

static void add_replay(struct str *out, const struct summary *summary)
{
	if (!summary->tape)
		return;
	str_add(out, "\n### This run again, on a laptop and without a network\n\n");
	_cleanup_str_ struct str line = STR_INIT;
	str_add(&line, "belay replay ");
	markdown_add_word(&line, summary->tape);
	markdown_add_block(out, "sh", str_text(&line));
}

typedef void add_page(struct str *out, const struct summary *summary);

static add_page *page_of(const char *schema)
{
	static const struct {
		const char *schema;
		add_page *add;
	} pages[] = {
		{"result.backup", summary_add_backup},
		{"result.backup-drill", summary_add_backup_drill},
		{"result.backup-forget", summary_add_backup_forget},
		{"result.backup-list", summary_add_backup_list},
		{"result.backup-restore", summary_add_backup_restore},
		{"result.backup-verify", summary_add_backup_verify},
		{"result.deploy", summary_add_deploy},
		{"result.gate", add_check},
		{"result.plan", add_plan},
		{"result.status", add_status},
		{"result.verify", add_verify},
	};
	for (size_t i = 0; schema && i < ARRAY_SIZE(pages); i++)
		if (strcmp(pages[i].schema, schema) == 0)
			return pages[i].add;
	return add_text;
}

void render_summary(struct str *out, const struct summary *summary)
{
	_cleanup_str_ struct str page = STR_INIT;
	/* `rollback --list` gives a list where its schema speaks of a deployment. */
	bool has_page = json_is_object(summary->result);
	if (summary->err)
		add_error(&page, summary);
	else
		page_of(has_page ? summary->schema : NULL)(&page, summary);
	if (!summary->err)
		summary_add_would(&page, json_object_get(summary->result, "would"));
	markdown_cut(&page, SUMMARY_MAX_BYTES - 1000);
	add_replay(&page, summary);
	str_add(out, str_text(&page));
}
