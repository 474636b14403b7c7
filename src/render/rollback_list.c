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

static void add_row(struct table *table, const struct render *render,
		    const json_t *candidate)
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
	table_end_row(table);
}

void render_rollback_list(struct str *out, const struct render *render,
			  const json_t *result)
{
	static const char *const headers[] = {" ", "VERSION", "DEPLOYMENT", "WHEN",
					      "SERVICES"};
	const json_t *list =
		json_is_array(result) ? result : json_object_get(result, "candidates");
	size_t index;
	const json_t *candidate;
	if (json_array_size(list) == 0) {
		str_add(out,
			"Nothing to go back to: no deployment has been committed yet.\n");
		return;
	}
	_cleanup_(table_freep) struct table *table =
		table_new(headers, ARRAY_SIZE(headers));
	json_array_foreach(list, index, candidate)
		add_row(table, render, candidate);
	table_add_to(out, render, table);
}
