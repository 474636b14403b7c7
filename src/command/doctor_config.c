/* What the configuration names, looked at from here: secrets that are present, a state branch that can
 * be read, a clock that agrees with the remote's, hosts that accept our key. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/store.h"
#include "belay/timefmt.h"
#include "doctor.h"

#define PROBE_TIMEOUT_MS 10000
#define PROBE_OUTPUT_BYTES 4096
#define SKEW_WARN_MS 5000
#define SKEW_FAIL_MS 60000

/* --- secrets --------------------------------------------------------------------------------- */

/* "variable DEPLOY_KEY", "file /run/key": what a reference points at, never what is in it. */
static char *reference_text(const json_t *reference)
{
	const char *variable = json_get_string(reference, "env", NULL);
	if (variable)
		return str_format("variable %s", variable);
	if (json_object_get(reference, "oidc"))
		return mem_strdup("OIDC token");
	return str_format("file %s", json_get_string(reference, "file", "?"));
}

/* How it gets there. */
static char *way_to(const json_t *reference)
{
	const char *variable = json_get_string(reference, "env", NULL);
	if (variable)
		return str_format("hand it to the step: env: {%s: ${{ secrets.%s }}}",
				  variable, variable);
	if (json_object_get(reference, "oidc"))
		return mem_strdup("allow it to the job: permissions: {id-token: write}");
	return mem_strdup("write the file before belay runs, readable for this user");
}

/* True when present; a finding when not. */
static bool look_at_secret(struct doctor *doctor, const json_t *row)
{
	const json_t *reference = json_object_get(row, "$secret");
	_cleanup_free_ char *text = reference_text(reference);
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	json_t *args = json_pack("{s:O}", "$secret", reference);
	if (doctor_observe(doctor->context->fx, "secret", text, args, &answer, &err) ==
		    0 &&
	    json_get_bool(answer, "present", false))
		return true;
	_cleanup_free_ char *detail =
		str_format("%s is missing or empty (%s)", text,
			   json_get_string(row, "where", "configuration"));
	_cleanup_free_ char *fix = way_to(reference);
	/* Without a channel's secret somebody hears nothing; that stops no deployment. */
	doctor_find(doctor, "secret",
		    json_get_bool(row, "needed", true) ? "fail" : "warn", detail, fix);
	return false;
}

/* The same reference may stand in several places and environments, and be needed in one of them. */
static void add_new_references(json_t *seen, json_t *rows)
{
	size_t index;
	json_t *row;
	json_array_foreach(rows, index, row) {
		_cleanup_free_ char *key =
			reference_text(json_object_get(row, "$secret"));
		const json_t *known = json_object_get(seen, key);
		if (!known || !json_get_bool(known, "needed", true))
			json_object_set(seen, key, row);
	}
}

void doctor_secrets(struct doctor *doctor)
{
	_cleanup_json_ json_t *seen = json_object();
	for (size_t i = 0; i < doctor->config->environment_count; i++) {
		const struct config_environment *environment =
			&doctor->config->environments[i];
		if (doctor->environment && doctor->environment != environment)
			continue;
		_cleanup_json_ json_t *rows = config_secrets(doctor->config, environment);
		add_new_references(seen, rows);
	}
	_cleanup_json_ json_t *backups = doctor_backup_secrets(doctor);
	add_new_references(seen, backups);
	size_t present = 0;
	const char *key;
	json_t *row;
	json_object_foreach(seen, key, row)
		present += look_at_secret(doctor, row);
	if (present == 0)
		return;
	_cleanup_free_ char *detail = str_format("%zu present", present);
	doctor_find(doctor, "secrets", "ok", detail, NULL);
}

/* --- state branch and clock ------------------------------------------------------------------- */

/* "Sat, 21 Nov 2026 10:11:24 GMT" (RFC 9110, IMF-fixdate). */
static int parse_http_date(const char *text, int64_t *ret_ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	if (!text || strlen(text) != 29 || strcmp(text + 25, " GMT") != 0)
		return -1;
	_cleanup_free_ char *name = mem_strndup(text + 8, 3);
	const char *month = strstr(months, name);
	if (!month || (month - months) % 3 != 0)
		return -1;
	_cleanup_free_ char *rfc3339 =
		str_format("%.4s-%02d-%.2sT%.8sZ", text + 12,
			   (int)(month - months) / 3 + 1, text + 5, text + 17);
	return time_parse(rfc3339, ret_ms);
}

static void add_skew(struct doctor *doctor, const char *host_text, int64_t skew_ms)
{
	int64_t size = skew_ms < 0 ? -skew_ms : skew_ms;
	_cleanup_str_ struct str detail = STR_INIT;
	if (size < SKEW_WARN_MS) {
		str_addf(&detail, "agrees with %s", host_text);
		doctor_find(doctor, "clock", "ok", str_text(&detail), NULL);
		return;
	}
	duration_add(&detail, size);
	str_addf(&detail, " %s of %s", skew_ms > 0 ? "ahead" : "behind", host_text);
	doctor_find(
		doctor, "clock", size < SKEW_FAIL_MS ? "warn" : "fail", str_text(&detail),
		"leases are compared by the clock: switch on time synchronisation (NTP)");
}

/* The Date of any answer will do, also of one that refuses us. */
static void look_at_clock(struct doctor *doctor, const char *url)
{
	struct effects *fx = doctor->context->fx;
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	json_t *args = json_pack("{s:s, s:s, s:{}, s:i, s:i, s:i, s:i}", "method", "HEAD",
				 "url", url, "headers", "timeout_ms", PROBE_TIMEOUT_MS,
				 "max_redirects", 0, "max_body_bytes", PROBE_OUTPUT_BYTES,
				 "max_header_bytes", 65536);
	const char *ca_file = json_get_string(
		doctor->config->state.credentials, "ca_file",
		json_get_string(doctor->config->state.remote, "ca_file", NULL));
	if (ca_file)
		json_object_set_new(args, "tls", json_pack("{s:s}", "ca_file", ca_file));
	if (doctor_observe(fx, "http", url, args, &answer, &err) < 0) {
		doctor_find(doctor, "clock", "warn", err.message, err.hint);
		return;
	}
	int64_t theirs;
	const char *date =
		json_get_string(json_object_get(answer, "headers"), "date", NULL);
	if (parse_http_date(date, &theirs) == 0)
		add_skew(doctor, "the remote", effects_now_ms(fx) - theirs);
	else
		doctor_find(doctor, "clock", "warn",
			    "the remote did not say what time it is", NULL);
}

void doctor_state(struct doctor *doctor)
{
	_cleanup_(store_freep) struct store *store = NULL;
	struct err err = {0};
	const struct config *config = doctor->config;
	const char *environment = doctor->environment ? doctor->environment->name
				  : config->environment_count
					  ? config->environments[0].name
					  : NULL;
	if (store_open(doctor->context->fx, config, environment, &store, &err) < 0) {
		doctor_find(doctor, "state branch", "fail", err.message, err.hint);
		return;
	}
	const char *location = store_location(store);
	const char *tip = store_tip(store);
	_cleanup_free_ char *detail =
		tip ? str_format("%s at %.12s", location, tip)
		    : str_format("%s (the first deployment will create it)", location);
	doctor_find(doctor, "state branch", "ok", detail, NULL);
	if (!str_has_prefix(location, "http://") && !str_has_prefix(location, "https://"))
		return;
	_cleanup_free_ char *url = mem_strndup(location, strcspn(location, " "));
	look_at_clock(doctor, url);
}

/* --- hosts ------------------------------------------------------------------------------------- */

struct host_look {
	const struct config_host *host;
	json_t *answer;
	struct err err;
};

static void look_at_host(struct effects *lane, size_t index, void *context)
{
	struct host_look *look = &((struct host_look *)context)[index];
	json_t *args = json_pack("{s:O, s:s, s:i, s:i}", "host", look->host->connection,
				 "command", "true", "timeout_ms", PROBE_TIMEOUT_MS,
				 "max_output_bytes", PROBE_OUTPUT_BYTES);
	int done = doctor_observe(lane, "ssh.run", look->host->name, args, &look->answer,
				  &look->err);
	if (done == 0 && json_get_int(look->answer, "exit", -1) != 0)
		err_set(&look->err, ERR_FAIL, "logged in, but 'true' did not succeed");
}

static void add_host(struct doctor *doctor, const struct host_look *look)
{
	const struct config_host *host = look->host;
	_cleanup_free_ char *name = str_format("host %s", host->name);
	if (look->err.code != ERR_NONE) {
		doctor_find(doctor, name, "fail", look->err.message, look->err.hint);
		return;
	}
	_cleanup_str_ struct str detail = STR_INIT;
	str_addf(&detail, "%s%s%s:%d, host key known, key accepted, ",
		 host->user ? host->user : "", host->user ? "@" : "", host->address,
		 host->port);
	duration_add(&detail, json_get_int(look->answer, "duration_ms", 0));
	doctor_find(doctor, name, "ok", str_text(&detail), NULL);
}

/* Hosts of the environment that was named, else all of the configuration. */
static bool is_wanted(const struct doctor *doctor, const struct config_host *host)
{
	if (!doctor->environment)
		return true;
	for (size_t s = 0; s < doctor->environment->service_count; s++) {
		const struct config_service *service = &doctor->environment->services[s];
		for (size_t h = 0; h < service->host_count; h++)
			if (service->hosts[h] == host)
				return true;
	}
	return false;
}

void doctor_hosts(struct doctor *doctor)
{
	size_t count = 0;
	const struct config *config = doctor->config;
	_cleanup_free_ struct host_look *looks =
		mem_array(struct host_look, config->host_count + 1);
	_cleanup_free_ const char **names =
		mem_array(const char *, config->host_count + 1);
	for (size_t i = 0; i < config->host_count; i++) {
		if (!is_wanted(doctor, &config->hosts[i]))
			continue;
		looks[count].host = &config->hosts[i];
		names[count++] = config->hosts[i].name;
	}
	effects_fan_out(doctor->context->fx, count, names, look_at_host, looks);
	for (size_t i = 0; i < count; i++) {
		add_host(doctor, &looks[i]);
		json_decref(looks[i].answer);
	}
}
