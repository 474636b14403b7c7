/* One step of `ssh-release` on one host. The work itself is the script src/embedded/ssh-release.sh;
 * here its variables are quoted, it is sent, and its exit status becomes an error with a way forward.
 */
#include "ssh_step.h"

#include <string.h>

#include "belay/embedded.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "table.h"

#define OUTPUT_MAX_BYTES (256 * 1024)

/* Exit statuses of the script that deserve a hint (see the head of ssh-release.sh). */
enum { STEP_NO_SPACE = 74, STEP_FENCED = 76, STEP_NOT_A_LINK = 77 };

static void add_variable(struct str *out, const char *name, const char *value)
{
	str_addf(out, "belay_%s=", name);
	str_add_shell_quoted(out, value ? value : "");
	str_add_char(out, '\n');
}

static char *joined(const json_t *array, char between)
{
	struct str text = STR_INIT;
	size_t i;
	json_t *item;
	json_array_foreach(array, i, item) {
		if (i)
			str_add_char(&text, between);
		str_add(&text, json_string_value(item));
	}
	return str_take(&text);
}

int64_t ssh_step_need_kb(const struct driver_job *job)
{
	if (!job->artifact_info)
		return 0;
	int64_t bytes = json_get_int(job->artifact_info, "size_bytes", 0) +
			json_get_int(job->artifact_info, "unpacked_bytes", 0);
	return bytes / 1024 + 1;
}

static void add_artifact_variables(struct str *out, const struct driver_job *job)
{
	_cleanup_free_ char *need_kb =
		str_format("%lld", (long long)ssh_step_need_kb(job));
	add_variable(out, "sha256", json_get_string(job->artifact_info, "sha256", ""));
	add_variable(out, "format", json_get_string(job->artifact_info, "format", ""));
	add_variable(out, "need_kb", need_kb);
}

static char *command_text(const struct driver_job *job, const struct ssh_step *step)
{
	const json_t *settings = job->service->settings;
	const json_t *hooks = json_object_get(settings, "hooks");
	_cleanup_free_ char *shared = joined(json_object_get(settings, "shared"), '\n');
	_cleanup_free_ char *protect = joined(job->protect, ' ');
	_cleanup_free_ char *generation = str_format("%lld", (long long)job->generation);
	_cleanup_free_ char *keep =
		str_format("%lld", (long long)json_get_int(settings, "keep", 5));
	char at[TIME_TEXT_BYTES];
	const struct {
		const char *name, *value;
	} rows[] = {
		{"root", json_get_string(settings, "path", "")},
		{"environment", job->environment->name},
		{"service", job->service->name},
		{"deployment", job->deployment},
		{"release", job->release},
		{"version", job->version},
		{"previous", job->previous},
		{"generation", generation},
		{"at", time_format(job->now_ms, at)},
		{"shared", shared},
		{"keep", keep},
		{"protect", protect},
		{"back_release", step->back_release},
		{"back_link", step->back_link},
		{"hook_prepare", json_get_string(hooks, "prepare", NULL)},
		{"hook_switched", json_get_string(hooks, "switched", NULL)},
		{"hook_undone", json_get_string(hooks, "undone", NULL)},
	};
	_cleanup_str_ struct str script = STR_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		add_variable(&script, rows[i].name, rows[i].value);
	add_artifact_variables(&script, job);
	str_add(&script, embedded_find("ssh-release.sh")->data);
	str_addf(&script, "step_%s\n", step->name);

	/* The login shell may be anything; the script is for sh. */
	struct str command = STR_INIT;
	str_add(&command, "exec sh -c ");
	str_add_shell_quoted(&command, str_text(&script));
	return str_take(&command);
}

static int step_failed(const json_t *answer, const struct driver_job *job,
		       const struct config_host *host, const struct ssh_step *step,
		       struct err *err)
{
	_cleanup_free_ char *what =
		str_format("step '%s' of %s", step->name, job->service->name);
	const char *root = json_get_string(job->service->settings, "path", "");
	output_failed(answer, host->name, what, err);
	switch (json_get_int(answer, "exit", -1)) {
	case STEP_FENCED:
		err_hint(
			err,
			"nothing was changed on %s; if the state branch was re-created on purpose, remove "
			"%s/.belay/generation there",
			host->name, root);
		break;
	case STEP_NO_SPACE:
		err_hint(err, "free space on %s, or lower 'keep' of service '%s'",
			 host->name, job->service->name);
		break;
	case STEP_NOT_A_LINK:
		err->code = ERR_CONFIG;
		err_hint(err, "belay serves %s/current as a link to %s/releases/ID", root,
			 root);
		break;
	default:
		break;
	}
	return -1;
}

int ssh_step_run(struct effects *fx, const struct driver_job *job,
		 const struct config_host *host, const struct ssh_step *step,
		 json_t **ret_answer, struct err *err)
{
	_cleanup_free_ char *command = command_text(job, step);
	_cleanup_json_ json_t *args =
		json_pack("{s:O, s:s, s:I, s:i}", "host", host->connection, "command",
			  command, "timeout_ms", (json_int_t)job->service->timeout_ms,
			  "max_output_bytes", OUTPUT_MAX_BYTES);
	if (step->sends_artifact)
		json_object_set_new(args, "stdin",
				    json_pack("{s:s}", "artifact", job->artifact));
	const struct effect effect = {.kind = "ssh.run",
				      .mode = step->mode,
				      .args = args,
				      .subject = host->name,
				      .summary = step->summary};
	_cleanup_json_ json_t *answer = NULL;
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	if (!answer_is_assumed(answer) && json_get_int(answer, "exit", -1) != 0)
		return step_failed(answer, job, host, step, err);
	if (ret_answer)
		*ret_answer = TAKE_PTR(answer);
	return 0;
}
