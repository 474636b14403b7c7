/* Logs of services: for each its title, and the lines at its end, where the reason usually is.
 */
#include "logs.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"

#define LINES_SHOWN 8

static size_t count_lines(const char *text)
{
	size_t count = 0;
	for (; *text; count++) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return count;
}

static const char *skip_lines(const char *text, size_t count)
{
	while (count--) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return text;
}

static void add_lines(struct str *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *line = mem_strndup(text, len);
		str_add(out, "    ");
		render_add_safe(out, line);
		str_add_char(out, '\n');
		text += len + (text[len] == '\n');
	}
}

static void add_one(struct str *out, const struct render *render, const json_t *log)
{
	const char *text = json_get_string(log, "text", "");
	size_t count = count_lines(text);
	size_t shown = render->verbose || count < LINES_SHOWN ? count : LINES_SHOWN;
	_cleanup_str_ struct str title = STR_INIT;
	render_add_safe(&title, json_get_string(log, "title", ""));
	str_add_char(out, '\n');
	render_inkf(out, render, INK_NAME, "%s: %s", json_get_string(log, "service", ""),
		    str_text(&title));
	if (shown < count)
		render_inkf(out, render, INK_DIM,
			    " (last %zu of %zu lines; --verbose shows all)", shown,
			    count);
	str_add_char(out, '\n');
	add_lines(out, skip_lines(text, count - shown));
}

void logs_add(struct str *out, const struct render *render, const json_t *logs)
{
	size_t i;
	json_t *log;
	json_array_foreach(logs, i, log)
		add_one(out, render, log);
}
