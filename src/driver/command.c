/* Driver `command`: deploy, undo and version are commands on this machine, so that a first try needs
 * no host at all and any existing script can be wrapped.
 *
 * Going forward runs `deploy`; going back runs `undo`, or `deploy` with the old version where there
 * is no `undo`. The commands learn what is meant from BELAY_* variables.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "table.h"

#define OUTPUT_MAX_BYTES (256 * 1024)
#define VERSION_MAX_LEN 128

static const char *script_of(const struct driver_job *job, const char *name)
{
	return json_get_string(json_object_get(job->service->settings, name), "run",
			       NULL);
}

static json_t *environment_of(const struct driver_job *job, const char *version,
			      const char *previous)
{
	json_t *variables = json_object();
	const json_t *own = json_object_get(job->service->settings, "env");
	if (own)
		json_object_update(variables, (json_t *)own);
	const struct {
		const char *name, *value;
	} rows[] = {
		{"BELAY_ENVIRONMENT", job->environment->name},
		{"BELAY_SERVICE", job->service->name},
		{"BELAY_VERSION", version},
		{"BELAY_PREVIOUS", previous},
		{"BELAY_DEPLOYMENT", job->deployment},
		{"BELAY_RELEASE", job->release},
		{"BELAY_ARTIFACT", job->artifact},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		json_object_set_new(variables, rows[i].name,
				    json_string(rows[i].value ? rows[i].value : ""));
	return variables;
}

/* Runs one of the service's commands; *ret_answer may be NULL. */
static int run_script(struct effects *fx, const struct driver_job *job,
		      enum effect_mode mode, const char *name, const char *version,
		      const char *previous, json_t **ret_answer, struct err *err)
{
	const char *script = script_of(job, name);
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:o, s:I, s:i}", "shell", script, "env",
			  environment_of(job, version, previous), "timeout_ms",
			  (json_int_t)job->service->timeout_ms, "max_output_bytes",
			  OUTPUT_MAX_BYTES);
	const char *directory =
		json_get_string(job->service->settings, "directory", NULL);
	if (directory)
		json_object_set_new(args, "directory", json_string(directory));

	_cleanup_free_ char *summary = str_format("run '%s' with BELAY_VERSION=%s",
						  script, version ? version : "");
	const struct effect effect = {.kind = "run",
				      .mode = mode,
				      .args = args,
				      .subject = job->service->name,
				      .summary = summary};
	_cleanup_json_ json_t *answer = NULL;
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return err_wrap(err, "%s: %s command", job->service->name, name);
	if (!answer_is_assumed(answer) && json_get_int(answer, "exit", -1) != 0) {
		_cleanup_free_ char *what = str_format("%s command", name);
		return output_failed(answer, job->service->name, what, err);
	}
	if (ret_answer)
		*ret_answer = TAKE_PTR(answer);
	return 0;
}

static json_t *command_plan(const struct driver_job *job)
{
	json_t *plan = json_array();
	const char *name = job->going_back && script_of(job, "undo") ? "undo" : "deploy";
	const char *script = script_of(job, name);
	plan_add(plan, "switch", "this machine", "run '%s' with BELAY_VERSION=%s",
		 script ? script : "", job->version);
	return plan;
}

/* Found out before anything is touched: without a shell no command can run, `undo` neither. */
static int need_shell(struct effects *fx, const struct driver_job *job, struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", "/bin/sh");
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {.kind = "file.stat",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = "/bin/sh"};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	if (!str_equal(json_get_string(answer, "type", ""), "missing"))
		return 0;
	return err_set(
		err, ERR_CONFIG,
		"%s: there is no shell here (/bin/sh) for the driver 'command'; in a "
		"workflow say 'uses: belay-deploy/belay/toolbox@v1', which has one",
		job->service->name);
}

/* What cannot be known before the first deployment ("cat: live: No such file") must not stand in its
 * way: a `version` that fails leaves the version unknown. */
static int command_capture(struct effects *fx, const struct driver_job *job, json_t **ret,
			   struct err *err)
{
	_cleanup_json_ json_t *local = json_object();
	if (need_shell(fx, job, err) < 0)
		return -1;
	if (script_of(job, "version")) {
		_cleanup_json_ json_t *answer = NULL;
		struct err failure = {0};
		if (run_script(fx, job, EFFECT_OBSERVE, "version", job->previous, NULL,
			       &answer, &failure) < 0 &&
		    failure.code == ERR_CANCELLED) {
			*err = failure;
			return -1;
		}
		_cleanup_free_ char *line = output_last_line(answer);
		if (*line && strlen(line) <= VERSION_MAX_LEN)
			json_object_set_new(local, "version", json_string(line));
		else if (failure.code)
			json_object_set_new(local, "unknown",
					    json_string(failure.message));
	}
	*ret = json_pack("{s:{s:O}}", "hosts", "local", local);
	return 0;
}

static int bring(struct effects *fx, const struct driver_job *job, bool back,
		 const char *version, const char *previous, json_t **ret, struct err *err)
{
	const char *name = back && script_of(job, "undo") ? "undo" : "deploy";
	int64_t begin_ms = effects_mono_ms(fx);
	int result = run_script(fx, job, EFFECT_ACT, name, version, previous, NULL, err);
	*ret = json_pack("{s:{s:{s:b, s:I}}}", "hosts", "local", "switched", result == 0,
			 "ms", (json_int_t)(effects_mono_ms(fx) - begin_ms));
	return result;
}

static int command_activate(struct effects *fx, const struct driver_job *job,
			    json_t **ret, struct err *err)
{
	return bring(fx, job, job->going_back, job->version, job->previous, ret, err);
}

/* The journal's word comes before what `version` printed: it was proven good. */
static const char *version_before(const struct driver_job *job)
{
	if (job->previous)
		return job->previous;
	return json_get_string(json_at(job->captured, "/hosts/local"), "version", NULL);
}

static int command_undo(struct effects *fx, const struct driver_job *job, json_t **ret,
			struct err *err)
{
	const char *before = version_before(job);
	bool back = !job->going_back;
	if (!before && !(back && script_of(job, "undo"))) {
		*ret = json_object();
		err_set(err, ERR_FAIL,
			"%s: nothing to go back to: no version was live before, and there is no 'undo'",
			job->service->name);
		return err_hint(err, "add 'undo: {run: …}' to service '%s'",
				job->service->name);
	}
	return bring(fx, job, back, before, job->version, ret, err);
}

/* The last lines of a log file, of `docker logs`, of the journal. */
static int command_logs(struct effects *fx, const struct driver_job *job, json_t **ret,
			struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	*ret = json_array();
	if (!script_of(job, "logs"))
		return 0;
	if (run_script(fx, job, EFFECT_OBSERVE, "logs", job->version, job->previous,
		       &answer, err) < 0)
		return -1;
	const char *text = json_get_string(answer, "stdout", "");
	if (*text)
		json_array_append_new(
			*ret, json_pack("{s:s, s:s}", "title", "logs", "text", text));
	return 0;
}

static int command_restart(struct effects *fx, const struct driver_job *job,
			   const json_t *components, json_t **ret, struct err *err)
{
	if (!script_of(job, "restart")) {
		err_set(err, ERR_CONFIG, "%s: there is no command to restart it",
			job->service->name);
		return err_hint(err, "add 'restart: {run: …}' to service '%s'",
				job->service->name);
	}
	if (json_array_size(components) > 0)
		return err_set(err, ERR_CONFIG,
			       "%s: the driver 'command' knows no components",
			       job->service->name);
	int64_t begin_ms = effects_mono_ms(fx);
	if (run_script(fx, job, EFFECT_ACT, "restart", job->version, job->previous, NULL,
		       err) < 0)
		return -1;
	*ret = json_pack("{s:{s:{s:I}}}", "hosts", "local", "ms",
			 (json_int_t)(effects_mono_ms(fx) - begin_ms));
	return 0;
}

const struct driver driver_command = {
	.name = "command",
	.summary = "commands on this machine: deploy, undo, version",
	.needs_artifact = false,
	.can_be_wrapped = true,
	.plan = command_plan,
	.capture = command_capture,
	.activate = command_activate,
	.undo = command_undo,
	.logs = command_logs,
	.restart = command_restart,
};
