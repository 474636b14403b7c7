/* From text to a bound configuration: YAML → schema → checks across the document → defaults → structs.
 * All problems are collected first; only a document without any is bound. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "belay/config.h"
#include "belay/embedded.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/schema.h"
#include "belay/vec.h"
#include "bind.h"
#include "cross.h"
#include "faults.h"
#include "problems.h"
#include "secrets.h"

json_t *config_schema(void)
{
	struct err err = {0};
	json_t *schema = NULL;
	const struct embedded *file = embedded_find("schemas/config.schema.json");
	/* A build without its schema, or with a broken one, is a programmer's mistake. */
	if (!file || json_parse(file->data, file->size, file->name, &schema, &err) < 0)
		abort();
	return schema;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->environment_count; i++)
		environment_release(&config->environments[i]);
	for (size_t i = 0; i < config->notification_count; i++)
		notification_release(&config->notifications[i]);
	for (size_t i = 0; i < config->backup_count; i++)
		backup_release(&config->backups[i]);
	for (size_t i = 0; i < config->check_count; i++) {
		names_release(&config->checks[i].expect);
		names_release(&config->checks[i].warn);
	}
	for (size_t i = 0; i < config->host_count; i++)
		json_decref(config->hosts[i].connection);
	free(config->environments);
	free(config->notifications);
	free(config->backups);
	free(config->checks);
	free(config->hosts);
	json_decref(config->state.remote);
	json_decref(config->state.credentials);
	json_decref(config->tree);
	yaml_freep(&config->yaml);
	free(config);
}

void config_freep(struct config **config)
{
	config_free(*config);
	*config = NULL;
}

/* "12:" → 12; the number has to be there and above 0. */
static bool take_number(const char **at, unsigned *ret_number)
{
	char *end;
	unsigned long number = strtoul(*at, &end, 10);
	if (end == *at || *end != ':' || number == 0 || number > UINT_MAX)
		return false;
	*ret_number = (unsigned)number;
	*at = end + 1;
	return true;
}

/* A document that is no YAML has one problem; its place stands in the error's message. */
static void keep_yaml_error(const char *file, const struct err *err,
			    struct config_problems *problems)
{
	const char *message = err->message;
	struct yaml_place place = {1, 1};
	if (str_has_prefix(message, file) && message[strlen(file)] == ':')
		message += strlen(file) + 1;
	const char *rest = message;
	if (take_number(&rest, &place.line) && take_number(&rest, &place.column))
		message = rest + (*rest == ' ');
	*vec_push(problems) = (struct config_problem){
		.place = place,
		.message = mem_strdup(message),
		.hint = err->hint[0] ? mem_strdup(err->hint) : NULL,
	};
}

/* The first problem as an error, with the number of the others. */
static int first_problem(const char *file, const struct config_problems *problems,
			 struct err *err)
{
	const struct config_problem *first = &problems->items[0];
	(void)err_set(err, ERR_CONFIG, "%s:%u:%u: %s", file, first->place.line,
		      first->place.column, first->message);
	if (problems->count == 1)
		return first->hint ? err_hint(err, "%s", first->hint) : -1;
	return err_hint(err, "%s%sand %zu more: belay validate lists all",
			first->hint ? first->hint : "", first->hint ? "; " : "",
			problems->count - 1);
}

static void inspect(const struct yaml *yaml, const struct schema *schema,
		    const json_t *document, struct config_problems *problems)
{
	const struct inspection in = {yaml, yaml_value(yaml), problems};
	struct schema_faults faults = {0};
	if (!schema_validate(schema, in.root, &faults))
		faults_report(&in, document, &faults);
	schema_faults_release(&faults);
	cross_check(&in);
	problems_sort(problems);
}

/* "production:" with nothing behind it is an environment with nothing in it. */
static json_t *without_empty_environments(const json_t *root)
{
	json_t *copy = json_deep_copy(root), *value;
	json_t *environments = json_object_get(copy, "environments");
	const char *name;
	json_object_foreach(environments, name, value) {
		if (json_is_null(value))
			json_object_set_new(environments, name, json_object());
	}
	return copy;
}

static void complete(struct config *config, const struct schema *schema,
		     const json_t *document)
{
	_cleanup_json_ json_t *plain =
		without_empty_environments(yaml_value(config->yaml));
	config->tree = schema_with_defaults(schema, plain);
	secrets_wrap(document, config->tree);
	bind_config(config);
}

int config_parse(const char *text, size_t len, const char *file, struct config **ret,
		 struct config_problems *problems, struct err *err)
{
	struct config_problems own = {0};
	struct config_problems *list = problems ? problems : &own;
	_cleanup_(config_freep) struct config *config = mem_new(struct config);
	_cleanup_(schema_freep) struct schema *schema = NULL;
	_cleanup_json_ json_t *document = config_schema();
	if (schema_compile(document, &schema, err) < 0)
		return err_wrap(err, "the embedded schema");
	if (yaml_parse(text, len, file, &config->yaml, err) < 0) {
		keep_yaml_error(file, err, list);
	} else {
		inspect(config->yaml, schema, document, list);
		config->file = yaml_file(config->yaml);
		if (list->count)
			(void)first_problem(file, list, err);
		else
			complete(config, schema, document);
	}
	size_t found = list->count;
	config_problems_release(&own);
	if (found)
		return -1;
	*ret = TAKE_PTR(config);
	return 0;
}
