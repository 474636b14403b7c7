/* The table of check types. A new one is a file beside this one, a row here and its keys in
 * schemas/config.schema.json. */
#include "belay/str.h"
#include "types.h"

const struct check_type *const check_types[] = {
	&check_http, &check_tcp, &check_tls, &check_digitalocean, NULL,
};

const struct check_type *check_type_find(const char *name)
{
	for (const struct check_type *const *type = check_types; *type; type++) {
		if (str_equal((*type)->name, name))
			return *type;
	}
	return NULL;
}

void copy_setting(json_t *args, const char *name, const json_t *settings, const char *key)
{
	json_t *value = json_object_get(settings, key);
	if (value)
		json_object_set(args, name, value);
}
