/* What the capture step of ssh-release prints, as rows. */
#include "driver/ssh_step.h"

#include <stdlib.h>

#include "belay/json.h"
#include "test.h"

static const struct row {
	const char *name;
	const char *output;
	const char *pointer;
	const char *want; /* compact JSON; NULL: absent */
} rows[] = {
	{"nothing at all", "", "/releases", "{}"},
	{"no current", "link\t\n", "/release", "\"\""},
	{"release from link", "link\treleases/20261121T095203Z-3fa2\n", "/release",
	 "\"20261121T095203Z-3fa2\""},
	{"version of the live release",
	 "link\treleases/b\nrelease\ta\tv1\nrelease\tb\tv2\n", "/version", "\"v2\""},
	{"live release unknown", "link\treleases/c\nrelease\ta\tv1\n", "/version", NULL},
	{"disk", "disk\t1000\t250\n", "/disk",
	 "{\"free_kb\":250,\"total_kb\":1000,\"used_percent\":75}"},
	{"more free than there is", "disk\t41\t999999999999999999\n",
	 "/disk/used_percent", "0"},
	{"empty disk", "disk\t0\t0\n", "/disk/used_percent", "0"},
	{"load", "load\t0.50 1.25 2\n", "/load", "[0.5,1.25,2.0]"},
	{"load is not numbers", "load\tnone\n", "/load", "[]"},
	{"generation", "generation\t7\n", "/generation", "7"},
	{"generation is not a number", "generation\tseven\n", "/generation", "0"},
	{"a deployment", "deployment\t2026-11-21T09:52:03Z\td1\tr1\tv1\n",
	 "/recent/0/version", "\"v1\""},
	{"a short deployment line", "deployment\t2026-11-21T09:52:03Z\n",
	 "/recent/0/version", "\"\""},
	{"unknown keys are left out", "colour\tblue\nuptime_s\t12\n", "/uptime_s", "12"},
	{"not UTF-8", "link\t\xff\xfe\n", "/link", "\"\""},
};

TEST(reads_what_the_host_says)
{
	FOR_ROWS(row, rows) {
		_cleanup_json_ json_t *host = ssh_capture_parse(row->output);
		const json_t *value = json_at(host, row->pointer);
		if (!row->want) {
			CHECK(value == NULL);
			continue;
		}
		char *text = value ? json_text_compact(value) : NULL;
		CHECK_STR_EQ(text, row->want);
		free(text);
	}
}
