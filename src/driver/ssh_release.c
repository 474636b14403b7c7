/* Driver `ssh-release`: releases in directories on hosts, switched by an atomic symbolic link.
 *
 * Every step runs on all hosts of the service in parallel, each host in its own lane. A step fails
 * when one host fails; which hosts got through is in its report, so that undo can bring all of them
 * back. What happens on a host is in src/embedded/ssh-release.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "ssh_step.h"
#include "table.h"

/* The same work on every host; one row of results for each. */
struct host_run {
	int result;
	json_t *value;
	int64_t ms;
	struct err err;
};

struct sweep {
	const struct driver_job *job;
	int (*work)(struct effects *fx, const struct driver_job *job,
		    const struct config_host *host, json_t **ret_value, struct err *err);
	struct host_run *runs;
};

static void sweep_one(struct effects *lane, size_t index, void *context)
{
	struct sweep *sweep = context;
	struct host_run *run = &sweep->runs[index];
	int64_t begin_ms = effects_mono_ms(lane);
	run->result = sweep->work(lane, sweep->job, sweep->job->service->hosts[index],
				  &run->value, &run->err);
	run->ms = effects_mono_ms(lane) - begin_ms;
}

/* Runs `work` on all hosts. Returns -1 with the first failing host's error (in configuration order);
 * how many more failed is added to it. */
static int sweep_hosts(struct effects *fx, struct sweep *sweep, struct err *err)
{
	const struct config_service *service = sweep->job->service;
	char **lanes = mem_array(char *, service->host_count);
	sweep->runs = mem_array(struct host_run, service->host_count);
	for (size_t i = 0; i < service->host_count; i++)
		lanes[i] = str_format("host/%s",
				      service->hosts[i]->name); /* keeps its link */
	effects_fan_out(fx, service->host_count, (const char *const *)lanes, sweep_one,
			sweep);

	size_t failed = 0;
	const struct host_run *first = NULL;
	for (size_t i = 0; i < service->host_count; i++) {
		free(lanes[i]);
		if (sweep->runs[i].result == 0)
			continue;
		failed++;
		if (!first)
			first = &sweep->runs[i];
	}
	free(lanes);
	if (!first)
		return 0;
	*err = first->err;
	if (failed > 1) {
		size_t used = strlen(err->message);
		snprintf(err->message + used, sizeof err->message - used,
			 " (and %zu more host%s)", failed - 1, failed > 2 ? "s" : "");
	}
	return -1;
}

static void sweep_release(struct sweep *sweep)
{
	for (size_t i = 0; sweep->runs && i < sweep->job->service->host_count; i++)
		json_decref(sweep->runs[i].value);
	free(sweep->runs);
}

/* --- plan ---------------------------------------------------------------------------------- */

static json_t *ssh_plan(const struct driver_job *job)
{
	json_t *plan = json_array();
	const char *root = json_get_string(job->service->settings, "path", "");
	const json_t *hooks = json_object_get(job->service->settings, "hooks");
	const char *prepare = json_get_string(hooks, "prepare", NULL);
	const char *switched = json_get_string(hooks, "switched", NULL);
	for (size_t i = 0; i < job->service->host_count; i++) {
		const char *host = job->service->hosts[i]->name;
		if (!job->going_back)
			plan_add(
				plan, "prepare", host,
				"upload %s, check its SHA-256, unpack into %s/releases/%s",
				job->artifact ? job->artifact : "the artifact", root,
				job->release);
		if (!job->going_back && prepare)
			plan_add(plan, "prepare", host, "run hook prepare: %s", prepare);
		plan_add(plan, "switch", host, "point %s/current at releases/%s", root,
			 job->release);
		if (switched)
			plan_add(plan, "switch", host, "run hook switched: %s", switched);
	}
	return plan;
}

/* --- capture ------------------------------------------------------------------------------- */

/* Said before anything is touched where it can be known: the disk is too small for the release. */
static int check_space(const struct driver_job *job, const struct config_host *host,
		       const json_t *captured, struct err *err)
{
	int64_t need_kb = ssh_step_need_kb(job);
	int64_t free_kb =
		json_get_int(json_object_get(captured, "disk"), "free_kb", need_kb);
	if (free_kb >= need_kb)
		return 0;
	err_set(err, ERR_CONFIG,
		"%s: no space: %s needs %lld KiB and %s has %lld KiB free", host->name,
		job->artifact, (long long)need_kb,
		json_get_string(job->service->settings, "path", ""), (long long)free_kb);
	return err_hint(err, "free space on %s, or lower 'keep' of service '%s'",
			host->name, job->service->name);
}

static int capture_host(struct effects *fx, const struct driver_job *job,
			const struct config_host *host, json_t **ret_value,
			struct err *err)
{
	const struct ssh_step step = {.name = "capture", .mode = EFFECT_OBSERVE};
	_cleanup_json_ json_t *answer = NULL;
	if (ssh_step_run(fx, job, host, &step, &answer, err) < 0)
		return -1;
	_cleanup_json_ json_t *captured =
		ssh_capture_parse(json_get_string(answer, "stdout", ""));
	if (check_space(job, host, captured, err) < 0)
		return -1;
	*ret_value = TAKE_PTR(captured);
	return 0;
}

static int ssh_capture(struct effects *fx, const struct driver_job *job, json_t **ret,
		       struct err *err)
{
	struct sweep sweep = {.job = job, .work = capture_host};
	int result = sweep_hosts(fx, &sweep, err);
	if (result == 0) {
		json_t *hosts = json_object();
		for (size_t i = 0; i < job->service->host_count; i++)
			json_object_set(hosts, job->service->hosts[i]->name,
					sweep.runs[i].value);
		*ret = json_pack("{s:o}", "hosts", hosts);
	}
	sweep_release(&sweep);
	return result;
}

static const json_t *captured_of(const struct driver_job *job,
				 const struct config_host *host)
{
	return json_object_get(json_object_get(job->captured, "hosts"), host->name);
}

/* --- prepare ------------------------------------------------------------------------------- */

static int upload_host(struct effects *fx, const struct driver_job *job,
		       const struct config_host *host, struct err *err)
{
	_cleanup_free_ char *receive = str_format("upload %s to %s and check its SHA-256",
						  job->artifact, host->name);
	_cleanup_free_ char *unpack = str_format(
		"unpack it into %s/releases/%s",
		json_get_string(job->service->settings, "path", ""), job->release);
	const struct ssh_step steps[] = {
		{.name = "receive",
		 .mode = EFFECT_ACT,
		 .summary = receive,
		 .sends_artifact = true},
		{.name = "unpack", .mode = EFFECT_ACT, .summary = unpack},
	};
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (ssh_step_run(fx, job, host, &steps[i], NULL, err) < 0)
			return -1;
	return 0;
}

/* A release that is to be switched on again has to be there, complete. */
static int require_release(const struct driver_job *job, const struct config_host *host,
			   struct err *err)
{
	const json_t *captured = captured_of(job, host);
	if (json_object_get(json_object_get(captured, "releases"), job->release))
		return 0;
	err_set(err, ERR_FAIL, "%s: release %s of %s is not on the host any more",
		host->name, job->release, job->service->name);
	return err_hint(
		err,
		"deploy version %s again, or choose another one with 'belay rollback --list'",
		job->version);
}

static int prepare_host(struct effects *fx, const struct driver_job *job,
			const struct config_host *host, json_t **ret_value,
			struct err *err)
{
	(void)ret_value;
	return job->going_back ? require_release(job, host, err)
			       : upload_host(fx, job, host, err);
}

static int ssh_prepare(struct effects *fx, const struct driver_job *job, struct err *err)
{
	struct sweep sweep = {.job = job, .work = prepare_host};
	int result = sweep_hosts(fx, &sweep, err);
	sweep_release(&sweep);
	return result;
}

/* --- activate and undo ---------------------------------------------------------------------- */

static int activate_host(struct effects *fx, const struct driver_job *job,
			 const struct config_host *host, json_t **ret_value,
			 struct err *err)
{
	(void)ret_value;
	_cleanup_free_ char *summary = str_format(
		"point %s/current at releases/%s",
		json_get_string(job->service->settings, "path", ""), job->release);
	const struct ssh_step step = {
		.name = "activate", .mode = EFFECT_ACT, .summary = summary};
	return ssh_step_run(fx, job, host, &step, NULL, err);
}

static int undo_host(struct effects *fx, const struct driver_job *job,
		     const struct config_host *host, json_t **ret_value, struct err *err)
{
	const char *link = json_get_string(captured_of(job, host), "link", NULL);
	_cleanup_free_ char *summary =
		str_format("point %s/current back at %s",
			   json_get_string(job->service->settings, "path", ""),
			   job->previous_release ? job->previous_release
			   : link                ? link
						 : "nothing");
	const struct ssh_step step = {.name = "undo",
				      .mode = EFFECT_ACT,
				      .summary = summary,
				      .back_release = job->previous_release,
				      .back_link = link};
	_cleanup_json_ json_t *answer = NULL;
	if (ssh_step_run(fx, job, host, &step, &answer, err) < 0)
		return -1;
	bool unchanged =
		str_has_prefix(json_get_string(answer, "stdout", ""), "unchanged");
	*ret_value = json_pack("{s:b}", "unchanged", unchanged);
	return 0;
}

static int move_hosts(struct effects *fx, const struct driver_job *job,
		      int (*work)(struct effects *, const struct driver_job *,
				  const struct config_host *, json_t **, struct err *),
		      json_t **ret, struct err *err)
{
	struct sweep sweep = {.job = job, .work = work};
	int result = sweep_hosts(fx, &sweep, err);
	json_t *hosts = json_object();
	for (size_t i = 0; i < job->service->host_count; i++) {
		const struct host_run *run = &sweep.runs[i];
		json_t *row = json_pack("{s:b, s:I}", "switched", run->result == 0, "ms",
					(json_int_t)run->ms);
		if (run->result < 0)
			json_object_set_new(row, "error", json_string(run->err.message));
		if (json_get_bool(run->value, "unchanged", false))
			json_object_set_new(row, "unchanged", json_true());
		json_object_set_new(hosts, job->service->hosts[i]->name, row);
	}
	*ret = json_pack("{s:o}", "hosts", hosts);
	sweep_release(&sweep);
	return result;
}

static int ssh_activate(struct effects *fx, const struct driver_job *job, json_t **ret,
			struct err *err)
{
	return move_hosts(fx, job, activate_host, ret, err);
}

static int ssh_undo(struct effects *fx, const struct driver_job *job, json_t **ret,
		    struct err *err)
{
	return move_hosts(fx, job, undo_host, ret, err);
}

/* --- restart --------------------------------------------------------------------------------- */

static int restart_host(struct effects *fx, const struct driver_job *job,
			const struct config_host *host, json_t **ret_value,
			struct err *err)
{
	(void)ret_value;
	_cleanup_free_ char *summary =
		str_format("run the hook 'switched' of %s again", job->service->name);
	const struct ssh_step step = {
		.name = "restart", .mode = EFFECT_ACT, .summary = summary};
	return ssh_step_run(fx, job, host, &step, NULL, err);
}

/* What runs a release is not known to belay but for the hook that a switch ends with. */
static int ssh_restart(struct effects *fx, const struct driver_job *job,
		       const json_t *components, json_t **ret, struct err *err)
{
	const json_t *hooks = json_object_get(job->service->settings, "hooks");
	if (!json_get_string(hooks, "switched", NULL)) {
		err_set(err, ERR_CONFIG, "%s: there is no hook that would restart it",
			job->service->name);
		return err_hint(err, "add 'hooks: {switched: …}' to service '%s'",
				job->service->name);
	}
	if (json_array_size(components) > 0)
		return err_set(err, ERR_CONFIG,
			       "%s: the driver 'ssh-release' knows no components",
			       job->service->name);
	return move_hosts(fx, job, restart_host, ret, err);
}

/* --- finish ---------------------------------------------------------------------------------- */

static int prune_host(struct effects *fx, const struct driver_job *job,
		      const struct config_host *host, json_t **ret_value, struct err *err)
{
	(void)ret_value;
	_cleanup_free_ char *summary =
		str_format("keep the newest %d releases",
			   (int)json_get_int(job->service->settings, "keep", 5));
	const struct ssh_step step = {
		.name = "prune", .mode = EFFECT_ACT, .summary = summary};
	return ssh_step_run(fx, job, host, &step, NULL, err);
}

static int ssh_finish(struct effects *fx, const struct driver_job *job, struct err *err)
{
	struct sweep sweep = {.job = job, .work = prune_host};
	int result = sweep_hosts(fx, &sweep, err);
	sweep_release(&sweep);
	return result;
}

const struct driver driver_ssh_release = {
	.name = "ssh-release",
	.summary = "release directories on hosts over SSH, switched by an atomic link",
	.needs_artifact = true,
	.plan = ssh_plan,
	.capture = ssh_capture,
	.prepare = ssh_prepare,
	.activate = ssh_activate,
	.undo = ssh_undo,
	.restart = ssh_restart,
	.finish = ssh_finish,
};
