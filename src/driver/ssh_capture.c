/* What step_capture of ssh-release.sh printed, as a JSON value: a key and its fields, separated by
 * tabs, on each line.
 */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "ssh_step.h"

#define FIELDS_MAX 6

struct line {
	char *field[FIELDS_MAX]; /* [0] is the key; absent ones are "" */
};

static long long number(const char *text)
{
	long long value;
	return str_to_int64(text, 0, INT64_MAX, &value) == 0 ? value : 0;
}

static void take_link(json_t *host, const struct line *line)
{
	const char *slash = strrchr(line->field[1], '/');
	json_object_set_new(host, "link", json_string(line->field[1]));
	json_object_set_new(host, "release",
			    json_string(slash ? slash + 1 : line->field[1]));
}

static void take_generation(json_t *host, const struct line *line)
{
	json_object_set_new(host, "generation", json_integer(number(line->field[1])));
}

static void take_uptime(json_t *host, const struct line *line)
{
	json_object_set_new(host, "uptime_s", json_integer(number(line->field[1])));
}

static void take_load(json_t *host, const struct line *line)
{
	json_t *load = json_array();
	for (char *at = line->field[1], *end; json_array_size(load) < 3; at = end) {
		double value = strtod(at, &end);
		if (end == at)
			break;
		json_array_append_new(load, json_real(value));
	}
	json_object_set_new(host, "load", load);
}

static void take_disk(json_t *host, const struct line *line)
{
	long long total = number(line->field[1]), free_kb = number(line->field[2]);
	if (free_kb > total)
		free_kb = total; /* a disk cannot have more free than it has */
	double used = total > 0 ? 100.0 * (double)(total - free_kb) / (double)total : 0;
	json_object_set_new(host, "disk",
			    json_pack("{s:I, s:I, s:i}", "total_kb", (json_int_t)total,
				      "free_kb", (json_int_t)free_kb, "used_percent",
				      (int)(used + 0.5)));
}

static void take_release(json_t *host, const struct line *line)
{
	json_object_set_new(json_object_get(host, "releases"), line->field[1],
			    json_string(line->field[2]));
}

static void take_deployment(json_t *host, const struct line *line)
{
	json_array_append_new(json_object_get(host, "recent"),
			      json_pack("{s:s, s:s, s:s, s:s}", "at", line->field[1],
					"deployment", line->field[2], "release",
					line->field[3], "version", line->field[4]));
}

static const struct {
	const char *key;
	void (*take)(json_t *host, const struct line *line);
} keys[] = {
	{"link", take_link},
	{"generation", take_generation},
	{"uptime_s", take_uptime},
	{"load", take_load},
	{"disk", take_disk},
	{"release", take_release},
	{"deployment", take_deployment},
};

static void take_line(json_t *host, char *text)
{
	static char nothing[1] = "";
	struct line line;
	char *rest = text;
	for (size_t i = 0; i < FIELDS_MAX; i++) {
		char *field = strsep(&rest, "\t");
		line.field[i] =
			field && str_is_utf8(field, strlen(field)) ? field : nothing;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].key, line.field[0]) == 0)
			keys[i].take(host, &line);
}

json_t *ssh_capture_parse(const char *output)
{
	json_t *host = json_pack("{s:{}, s:[]}", "releases", "recent");
	_cleanup_free_ char *copy = mem_strdup(output);
	char *rest = copy, *text;
	while ((text = strsep(&rest, "\n")))
		take_line(host, text);

	const char *release = json_get_string(host, "release", "");
	const char *version =
		json_get_string(json_object_get(host, "releases"), release, NULL);
	if (version)
		json_object_set_new(host, "version", json_string(version));
	return host;
}
