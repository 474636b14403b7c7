/* Secrets that a run needs are there before it begins: a run that finds out half way is worse than none.
 */
#include "belay/json.h"
#include "belay/mem.h"
#include "transaction.h"

static int report_no_oidc(const struct engine *engine, const json_t *row, struct err *err)
{
	const char *where = json_get_string(row, "where", "");
	if (!json_get_bool(row, "needed", true)) {
		progress_report(engine->progress, PROGRESS_NOTE, NULL,
				"%s: this job gets no OIDC token; going on without it",
				where);
		return 0;
	}
	err_set(err, ERR_CONFIG, "%s needs an OIDC token, which this job does not get",
		where);
	return err_hint(err, "in a workflow: 'permissions: {id-token: write}'");
}

/* What is said of a secret that is not there: the run goes on without one that only tells people. */
static int report_missing(const struct engine *engine, const json_t *row, struct err *err)
{
	const char *where = json_get_string(row, "where", "");
	const json_t *reference = json_object_get(row, "$secret");
	const char *variable = json_get_string(reference, "env", NULL);
	const char *file = json_get_string(reference, "file", "");
	if (json_object_get(reference, "oidc"))
		return report_no_oidc(engine, row, err);
	if (!json_get_bool(row, "needed", true)) {
		progress_report(engine->progress, PROGRESS_NOTE, NULL,
				variable ? "%s: the variable %s is not set; going on "
					   "without it"
					 : "%s: the file '%s' cannot be read; going on "
					   "without it",
				where, variable ? variable : file);
		return 0;
	}
	if (variable) {
		err_set(err, ERR_CONFIG, "%s needs the variable %s, which is not set",
			where, variable);
		return err_hint(err, "in a workflow: env: {%s: ${{ secrets.%s }}}",
				variable, variable);
	}
	err_set(err, ERR_CONFIG, "%s needs the file '%s', which cannot be read", where,
		file);
	return err_hint(err, "create it, or give the secret as {env: NAME}");
}

int secrets_check(const struct engine *engine, const json_t *secrets, struct err *err)
{
	size_t i;
	const json_t *row;
	json_array_foreach(secrets, i, row) {
		_cleanup_json_ json_t *answer = NULL;
		_cleanup_json_ json_t *args =
			json_pack("{s:O}", "$secret", json_object_get(row, "$secret"));
		const struct effect effect = {
			.kind = "secret", .mode = EFFECT_OBSERVE, .args = args};
		if (effects_perform(engine->fx, &effect, &answer, err) < 0)
			return err_wrap(err, "%s", json_get_string(row, "where", ""));
		if (!json_get_bool(answer, "present", false) &&
		    report_missing(engine, row, err) < 0)
			return -1;
	}
	return 0;
}

int secrets_present(const struct engine *engine, struct err *err)
{
	_cleanup_json_ json_t *secrets =
		config_secrets(engine->config, engine->environment);
	return secrets_check(engine, secrets, err);
}
