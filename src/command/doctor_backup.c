/* Backups, before they are needed: certificates that can be read from here, secrets of those that are not made
 * by a deployment (those are looked at with the services). */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "doctor.h"

#define CERTIFICATE_MAX_BYTES ((size_t)1 << 20)
#define HIDDEN "***" /* what the effects show of a private key */

struct look {
	struct doctor *doctor;
	json_t *seen; /* paths */
	size_t good;
};

static void look_at_certificate(struct look *look, const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	if (!path || json_object_get(look->seen, path))
		return;
	json_object_set_new(look->seen, path, json_true());
	if (effects_read_file(look->doctor->context->fx, path, CERTIFICATE_MAX_BYTES,
			      &text, &err) < 0) {
		doctor_find(look->doctor, "backup certificate", "fail", err.message,
			    "write the path as seen from the directory belay runs in; "
			    "'belay backup keygen' makes a key and its certificate");
		return;
	}
	if (strstr(text, "-----BEGIN CERTIFICATE-----")) {
		look->good++;
		return;
	}
	_cleanup_free_ char *detail = str_format("'%s' holds no certificate (PEM)", path);
	doctor_find(look->doctor, "backup certificate", "fail", detail,
		    str_has_prefix(text, HIDDEN)
			    ? "this seems to be a private key: name the certificate that "
			      "belongs to it, and take the key out of the repository"
			    : NULL);
}

static bool is_wanted(const struct doctor *doctor, const struct config_backup *backup)
{
	return !doctor->environment ||
	       str_equal(doctor->environment->name, backup->environment);
}

void doctor_backup_certificates(struct doctor *doctor)
{
	const struct config *config = doctor->config;
	_cleanup_json_ json_t *seen = json_object();
	struct look look = {.doctor = doctor, .seen = seen};
	for (size_t i = 0; i < config->backup_count; i++) {
		const struct config_backup *backup = &config->backups[i];
		if (!is_wanted(doctor, backup))
			continue;
		for (size_t k = 0; k < backup->seal.recipients.count; k++)
			look_at_certificate(&look, backup->seal.recipients.items[k]);
		look_at_certificate(&look,
				    json_get_string(backup->open, "certificate", NULL));
		look_at_certificate(&look, backup->sign.certificate);
	}
	if (!look.good)
		return;
	_cleanup_free_ char *detail = str_format("%zu can be read", look.good);
	doctor_find(doctor, "backup certificates", "ok", detail, NULL);
}

json_t *doctor_backup_secrets(const struct doctor *doctor)
{
	const struct config *config = doctor->config;
	json_t *all = json_array(), *row;
	size_t index;
	for (size_t i = 0; i < config->backup_count; i++) {
		if (!is_wanted(doctor, &config->backups[i]))
			continue;
		_cleanup_json_ json_t *rows =
			config_backup_secrets(&config->backups[i], true);
		/* Whoever deploys need not be who makes backups. */
		json_array_foreach(rows, index, row) {
			json_object_set_new(row, "needed", json_false());
			json_array_append(all, row);
		}
	}
	return all;
}
