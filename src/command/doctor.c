/* `belay doctor`: looks at this machine and at what the configuration needs, and lists what would stand
 * in the way of a deployment, each with what to do. Observes only; every look goes through the seam, so
 * a doctor's report can be recorded and replayed like any other run. */
#include "doctor.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/version.h"

#define PROBE_TIMEOUT_MS 10000
#define PROBE_OUTPUT_BYTES 4096

void doctor_find(struct doctor *doctor, const char *name, const char *status,
		 const char *detail, const char *fix)
{
	json_t *finding = json_pack("{s:s, s:s, s:s}", "name", name, "status", status,
				    "detail", detail);
	if (fix && *fix)
		json_object_set_new(finding, "fix", json_string(fix));
	json_array_append_new(doctor->findings, finding);
}

int doctor_observe(struct effects *fx, const char *kind, const char *subject,
		   json_t *args_taken, json_t **ret_answer, struct err *err)
{
	_cleanup_json_ json_t *args = args_taken;
	const struct effect effect = {
		.kind = kind, .mode = EFFECT_OBSERVE, .args = args, .subject = subject};
	return effects_perform(fx, &effect, ret_answer, err);
}

/* --- this machine ---------------------------------------------------------------------------- */

static void look_at_machine(struct doctor *doctor)
{
	struct err err = {0};
	_cleanup_json_ json_t *facts = NULL;
	if (doctor_observe(doctor->context->fx, "system", NULL, NULL, &facts, &err) < 0) {
		doctor_find(doctor, "belay", "warn", err.message, err.hint);
		return;
	}
	_cleanup_free_ char *detail =
		str_format("%s on %s, %s, %lld cores, as %s", belay_version,
			   json_get_string(facts, "hostname", "?"),
			   json_get_string(facts, "os", "?"),
			   (long long)json_get_int(facts, "cores", 1),
			   json_get_string(facts, "user", "?"));
	doctor_find(doctor, "belay", "ok", detail, NULL);
}

/* The bundle that platform's trust will use: variables first, then the usual places. */
static void look_at_certificates(struct doctor *doctor)
{
	static const char *const variables[] = {"SSL_CERT_FILE", "CURL_CA_BUNDLE",
						"GIT_SSL_CAINFO"};
	static const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
		"/usr/local/share/certs/ca-root-nss.crt",
	};
	struct effects *fx = doctor->context->fx;
	struct err err = {0};
	for (size_t i = 0; i < ARRAY_SIZE(variables) + ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *value = NULL;
		_cleanup_json_ json_t *answer = NULL;
		if (i < ARRAY_SIZE(variables) &&
		    effects_env(fx, variables[i], &value, &err) < 0)
			continue;
		const char *path = i < ARRAY_SIZE(variables)
					   ? value
					   : places[i - ARRAY_SIZE(variables)];
		if (!path || !*path)
			continue;
		if (doctor_observe(fx, "file.stat", path,
				   json_pack("{s:s}", "path", path), &answer, &err) < 0)
			continue;
		if (str_equal(json_get_string(answer, "type", ""), "file")) {
			doctor_find(doctor, "certificates", "ok", path, NULL);
			return;
		}
	}
	doctor_find(doctor, "certificates", "warn",
		    "no bundle of certificate authorities found",
		    "install ca-certificates, or name a bundle in SSL_CERT_FILE");
}

static bool uses_command_driver(const struct doctor *doctor)
{
	for (size_t e = 0; doctor->config && e < doctor->config->environment_count; e++) {
		const struct config_environment *environment =
			&doctor->config->environments[e];
		for (size_t s = 0; s < environment->service_count; s++)
			if (strcmp(environment->services[s].driver, "command") == 0)
				return true;
	}
	return false;
}

/* *ret_exit: of a shell command; -1 with the seam's error when there is no shell. */
static int run_shell(struct doctor *doctor, const char *command, int64_t *ret_exit,
		     struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *args =
		json_pack("{s:s, s:i, s:i}", "shell", command, "timeout_ms",
			  PROBE_TIMEOUT_MS, "max_output_bytes", PROBE_OUTPUT_BYTES);
	if (doctor_observe(doctor->context->fx, "run", "sh", args, &answer, err) < 0)
		return -1;
	*ret_exit = json_get_int(answer, "exit", -1);
	return 0;
}

/* Only the command driver needs a shell on this machine: an image without one is fine otherwise. */
static void look_at_shell(struct doctor *doctor)
{
	struct err err = {0};
	int64_t status = -1;
	const char *bad = uses_command_driver(doctor) ? "fail" : "warn";
	const char *fix = "services with driver: command need /bin/sh on this machine";
	if (run_shell(doctor, "exit 0", &status, &err) < 0)
		doctor_find(doctor, "shell", bad, err.message, fix);
	else if (status != 0)
		doctor_find(doctor, "shell", bad, "/bin/sh does not work here", fix);
	else
		doctor_find(doctor, "shell", "ok", "/bin/sh", NULL);
	if (status != 0)
		return;
	_cleanup_free_ char *directory = NULL;
	if (effects_env(doctor->context->fx, "TMPDIR", &directory, &err) < 0)
		return;
	const char *path = directory && *directory ? directory : "/tmp";
	bool writable =
		run_shell(doctor,
			  "test -d \"${TMPDIR:-/tmp}\" && test -w \"${TMPDIR:-/tmp}\"",
			  &status, &err) == 0 &&
		status == 0;
	_cleanup_free_ char *detail =
		str_format(writable ? "%s can be written" : "%s cannot be written", path);
	doctor_find(doctor, "temporary files", writable ? "ok" : "warn", detail,
		    writable ? NULL
			     : "set TMPDIR to a directory that this user can write to");
}

/* --- the configuration ----------------------------------------------------------------------- */

static void look_at_configuration(struct doctor *doctor)
{
	struct err err = {0};
	struct command_context *context = doctor->context;
	if (context->config(context, &doctor->config, &err) < 0) {
		doctor->config = NULL;
		doctor_find(doctor, "configuration", "fail", err.message, err.hint);
		return;
	}
	if (request_text(context->request, "environment") &&
	    context->environment(context, &doctor->config, &doctor->environment, &err) <
		    0) {
		doctor_find(doctor, "configuration", "fail", err.message, err.hint);
		return;
	}
	const struct config *config = doctor->config;
	_cleanup_free_ char *detail = str_format(
		"%s: %zu environment%s, %zu host%s, %zu check%s", config->file,
		config->environment_count, config->environment_count == 1 ? "" : "s",
		config->host_count, config->host_count == 1 ? "" : "s",
		config->check_count, config->check_count == 1 ? "" : "s");
	doctor_find(doctor, "configuration", "ok", detail, NULL);
}

static int count_status(const json_t *findings, const char *status)
{
	int count = 0;
	size_t index;
	const json_t *finding;
	json_array_foreach(findings, index, finding)
		count += str_equal(json_get_string(finding, "status", ""), status);
	return count;
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	struct doctor doctor = {.context = context, .findings = json_array()};
	look_at_machine(&doctor);
	look_at_configuration(&doctor);
	look_at_certificates(&doctor);
	look_at_shell(&doctor);
	if (doctor.config) {
		doctor_secrets(&doctor);
		doctor_state(&doctor);
		doctor_hosts(&doctor);
		doctor_backup_certificates(&doctor);
		doctor_backup_places(&doctor);
		doctor_templates(&doctor);
	}
	int failed = count_status(doctor.findings, "fail");
	result->value =
		json_pack("{s:o, s:i, s:i, s:i}", "findings", doctor.findings, "ok",
			  count_status(doctor.findings, "ok"), "warned",
			  count_status(doctor.findings, "warn"), "failed", failed);
	result->render = render_doctor;
	result->status = failed ? 1 : 0;
	if (effects_cancelled(context->fx))
		return err_set(err, ERR_CANCELLED, "cancelled");
	return 0;
}

const struct command command_doctor = {
	.name = "doctor",
	.group = "Set up",
	.summary = "look for what would stand in the way of a deployment",
	.details =
		"Looks at this machine, the configuration, the secrets it needs (by name, never by "
		"value), the state branch, the clock, and every host. Changes nothing. Exit status "
		"1 when something has to be put right.",
	.examples =
		"belay doctor\n"
		"belay doctor -e production\n"
		"belay doctor --jq '.findings[] | select(.status != \"ok\") | .name'\n",
	.result_schema = "result.doctor",
	.run = run,
};
