/* Subject lines about backups. */
#include "event_backup.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"

static const char *text_of(const json_t *data, const char *key)
{
	return json_get_string(data, key, "?");
}

/* "s3, local": texts of a list, or a member of each of its rows. */
static void add_list(struct str *out, const json_t *list, const char *member)
{
	size_t i;
	const json_t *row;
	json_array_foreach(list, i, row) {
		const char *text = member ? json_get_string(row, member, NULL)
					  : json_string_value(row);
		str_addf(out, "%s%s", i ? ", " : "", text ? text : "?");
	}
}

static void add_reason(struct str *out, const json_t *data)
{
	const char *reason = json_get_string(data, "reason", NULL);
	if (reason && *reason)
		str_addf(out, ": %s", reason);
}

void say_backup_begun(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	const char *abandoned = json_get_string(data, "abandoned", NULL);
	str_addf(out, "backing up %s to ", text_of(data, "backup"));
	add_list(out, json_object_get(data, "stores"), NULL);
	if (abandoned)
		str_addf(out, ", %s was abandoned", abandoned);
}

/* "backed up nightly-db (1.2 GiB to s3, local)". */
void say_backup_made(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	const json_t *failed = json_object_get(data, "failed");
	str_addf(out, "backed up %s (", text_of(data, "backup"));
	size_add(out, json_get_int(data, "stored_bytes", 0));
	str_add(out, " to ");
	add_list(out, json_object_get(data, "stores"), NULL);
	str_add_char(out, ')');
	if (json_array_size(failed) == 0)
		return;
	str_add(out, ", NOT to ");
	add_list(out, failed, "store");
}

void say_backup_failed(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "did not back up %s", text_of(data, "backup"));
	add_reason(out, data);
}

void say_backup_abandoned(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "removed what was left of backup %s %s", text_of(data, "backup"),
		 text_of(data, "id"));
}

/* "backup nightly-db 20261121T020000Z-1a2b is good in s3 (sampled)". */
void say_backup_verified(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	bool good = strcmp(text_of(data, "outcome"), "good") == 0;
	str_addf(out, "backup %s %s is %s in %s (%s)", text_of(data, "backup"),
		 text_of(data, "id"), good ? "good" : "BAD", text_of(data, "store"),
		 text_of(data, "how"));
	add_reason(out, data);
}

void say_backup_restored(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	bool good = strcmp(text_of(data, "outcome"), "good") == 0;
	str_addf(out, "%s %s %s to %s", good ? "restored" : "did NOT restore",
		 text_of(data, "backup"), text_of(data, "id"), text_of(data, "to"));
	add_reason(out, data);
}

/* "drill of nightly-db passed in 3m 5s". */
void say_backup_drilled(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	bool passed = strcmp(text_of(data, "outcome"), "pass") == 0;
	str_addf(out, "drill of %s %s", text_of(data, "backup"),
		 passed ? "passed" : "FAILED");
	if (json_is_integer(json_object_get(data, "rto_ms"))) {
		str_add(out, passed ? " in " : " after ");
		duration_add(out, json_get_int(data, "rto_ms", 0));
	}
	add_reason(out, data);
}

void say_backup_forgotten(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	size_t count = json_array_size(json_object_get(data, "copies"));
	str_addf(out, "removed %zu cop%s of %s in %s", count, count == 1 ? "y" : "ies",
		 text_of(data, "backup"), text_of(data, "store"));
}

void say_backed_up(struct str *out, const json_t *event, const json_t *data)
{
	(void)event;
	str_addf(out, "%s is backed up as %s %s", text_of(data, "service"),
		 text_of(data, "backup"), text_of(data, "id"));
}
