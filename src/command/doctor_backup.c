/* Backups, before they are needed: certificates that can be read from here, directories that are backed up, stores that
 * answer, secrets of those that are not made by a deployment (those are looked at with the services). */
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

/* --- what is read, and where it goes ------------------------------------------------------------ */

/* Only this machine's: what is on a host is looked at by the backup. */
static size_t look_at_sources(struct doctor *doctor, const struct config_backup *backup)
{
	size_t bad = 0, i;
	const json_t *source;
	json_array_foreach(backup->source.list, i, source) {
		const char *path = json_get_string(source, "directory", NULL);
		_cleanup_json_ json_t *stat = NULL;
		struct err err = {0};
		if (!path || json_get_string(source, "run", NULL) ||
		    json_object_get(source, "host") ||
		    doctor_observe(doctor->context->fx, "file.stat", path,
				   json_pack("{s:s}", "path", path), &stat, &err) < 0)
			continue;
		const char *type = json_get_string(stat, "type", "missing");
		if (strcmp(type, "directory") == 0)
			continue;
		_cleanup_free_ char *detail =
			str_format(strcmp(type, "missing") == 0
					   ? "'%s' of backup '%s' is not here"
					   : "'%s' of backup '%s' is no directory",
				   path, backup->name);
		doctor_find(doctor, "backup source", "fail", detail,
			    "write the path as seen from the directory belay runs in");
		bad++;
	}
	return bad;
}

/* STORE to look at: nothing is locked. New. */
static json_t *store_to_read(const struct config_store *store)
{
	json_t *target = json_deep_copy(store->target);
	json_object_del(json_object_get(target, "s3"), "lock");
	return target;
}

/* Who deploys need not be who makes backups: what is missing here alone is a warning. */
static size_t look_at_stores(struct doctor *doctor, const struct config_backup *backup)
{
	size_t bad = 0;
	_cleanup_free_ char *prefix = str_format("%s/", backup->name);
	for (size_t i = 0; i < backup->store_count; i++) {
		const struct config_store *store = &backup->stores[i];
		_cleanup_json_ json_t *answer = NULL;
		struct err err = {0};
		json_t *args = json_pack("{s:o, s:s}", "store", store_to_read(store),
					 "prefix", prefix);
		if (doctor_observe(doctor->context->fx, "object.list", store->name, args,
				   &answer, &err) == 0)
			continue;
		_cleanup_free_ char *detail =
			str_format("backup '%s': %s", backup->name, err.message);
		doctor_find(doctor, "backup store",
			    err.code == ERR_CONFIG ? "warn" : "fail", detail, err.hint);
		bad++;
	}
	return bad;
}

void doctor_backup_places(struct doctor *doctor)
{
	const struct config *config = doctor->config;
	size_t bad = 0, count = 0;
	for (size_t i = 0; i < config->backup_count; i++) {
		const struct config_backup *backup = &config->backups[i];
		if (!is_wanted(doctor, backup))
			continue;
		bad += look_at_sources(doctor, backup) + look_at_stores(doctor, backup);
		count += backup->store_count;
	}
	if (bad || !count)
		return;
	_cleanup_free_ char *detail =
		str_format("%zu %s", count, count == 1 ? "answers" : "answer");
	doctor_find(doctor, "backup stores", "ok", detail, NULL);
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
