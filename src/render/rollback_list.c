/* Where a rollback can go back to, newest first. */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "ink.h"

static void add_services(struct str *text, const json_t *services)
{
	size_t index;
	const char *name;
	const json_t *item;
	json_array_foreach(services, index, item)
		str_addf(text, "%s%s", index ? ", " : "",
			 json_string_value(item) ? json_string_value(item) : "");
	json_object_foreach((json_t *)services, name, item)
		str_addf(text, "%s%s", text->len ? ", " : "", name);
}

/* "NAME/ID" of what was saved before it was brought out, each once. */
static void add_backups(struct str *text, const json_t *services)
{
	_cleanup_json_ json_t *said = json_object();
	const char *service;
	json_t *row;
	json_object_foreach((json_t *)services, service, row) {
		const json_t *backup = json_object_get(row, "backup");
		if (!backup)
			continue;
		_cleanup_free_ char *name =
			str_format("%s/%s", json_get_string(backup, "backup", ""),
				   json_get_string(backup, "id", ""));
		if (!json_object_get(said, name))
			str_addf(text, "%s%s", text->len ? ", " : "", name);
		json_object_set_new(said, name, json_true());
	}
}

static bool has_backups(const json_t *list)
{
	size_t i;
	const json_t *candidate;
	json_array_foreach(list, i, candidate) {
		_cleanup_str_ struct str text = STR_INIT;
		add_backups(&text, json_object_get(candidate, "services"));
		if (text.len)
			return true;
	}
	return false;
}

static void add_row(struct table *table, const struct render *render,
		    const json_t *candidate, bool with_backups)
{
	bool live = json_get_bool(candidate, "live", false);
	const char *at = json_get_string(candidate, "at", "");
	int64_t at_ms;
	_cleanup_str_ struct str when = STR_INIT;
	_cleanup_str_ struct str services = STR_INIT;
	if (time_parse(at, &at_ms) == 0)
		time_add_relative(&when, at_ms, render->now_ms);
	add_services(&services, json_object_get(candidate, "services"));
	table_cell(table, 0, live ? INK_GOOD : INK_PLAIN, "%s", live ? "●" : " ");
	table_cell(table, 1, INK_BOLD, "%s", json_get_string(candidate, "version", ""));
	table_cell(table, 2, INK_PLAIN, "%s",
		   json_get_string(candidate, "deployment", ""));
	table_cell(table, 3, INK_DIM, "%s", when.len ? str_text(&when) : at);
	table_cell(table, 4, INK_NAME, "%s", str_text(&services));
	if (with_backups) {
		_cleanup_str_ struct str backups = STR_INIT;
		add_backups(&backups, json_object_get(candidate, "services"));
		table_cell(table, 5, INK_PLAIN, "%s", str_text(&backups));
	}
	table_end_row(table);
}

void render_rollback_list(struct str *out, const struct render *render,
			  const json_t *result)
{
	static const char *const headers[] = {" ",    "VERSION",  "DEPLOYMENT",
					      "WHEN", "SERVICES", "BACKUP BEFORE IT"};
	const json_t *list =
		json_is_array(result) ? result : json_object_get(result, "candidates");
	size_t index;
	const json_t *candidate;
	bool with_backups = has_backups(list);
	if (json_array_size(list) == 0) {
		str_add(out,
			"Nothing to go back to: no deployment has been committed yet.\n");
		return;
	}
	_cleanup_(table_freep) struct table *table =
		table_new(headers, ARRAY_SIZE(headers) - (with_backups ? 0 : 1));
	json_array_foreach(list, index, candidate)
		add_row(table, render, candidate, with_backups);
	table_add_to(out, render, table);
}
