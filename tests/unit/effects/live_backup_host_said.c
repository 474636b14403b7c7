/* What a host's tar said, line by line. */
#include "effects/live_backup_host.h"

#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static const struct said_row {
	const char *name, *origin, *said, *left_out, *missing, *warnings; /* as JSON */
} rows[] = {
	{"nothing", "/srv", "", "[]", "[]", "[]"},
	{"a socket", "/srv", "tar: ./run/app.sock: socket ignored\n",
	 "[{'path': '/srv/run/app.sock', 'reason': 'is a socket'}]", "[]", "[]"},
	{"names as GNU tar writes them", "/srv",
	 "tar: ./a b\\: \\303\\274\\\\\\n\\001: socket ignored\n",
	 "[{'path': '/srv/a b: ü\\\\\\n\\u0001', 'reason': 'is a socket'}]", "[]", "[]"},
	{"no end of line", "", "tar: ./etc/s: socket ignored",
	 "[{'path': '/etc/s', 'reason': 'is a socket'}]", "[]", "[]"},
	{"at home", NULL, "tar: ./s: socket ignored\n",
	 "[{'path': 's', 'reason': 'is a socket'}]", "[]", "[]"},
	{"another file system", "/srv",
	 "tar: ./mnt/: file is on a different filesystem; not dumped\n",
	 "[{'path': '/srv/mnt', 'reason': 'is on another file system'}]", "[]", "[]"},
	{"changed", "/srv", "tar: ./log: file changed as we read it\n", "[]", "[]",
	 "[\"'/srv/log': changed while it was read\"]"},
	{"the directory itself", "/srv", "tar: .: file changed as we read it\n", "[]",
	 "[]", "[\"'/srv': changed while it was read\"]"},
	{"shorter", "/srv", "tar: ./log: File shrank by 9 bytes; padding with zeros\n",
	 "[]", "[]", "[\"'/srv/log': became shorter while it was read\"]"},
	{"vanished", "/srv", "tar: ./tmp: File removed before we read it\n", "[]",
	 "['/srv/tmp']", "[]"},
	{"something else", "/srv",
	 "tar: POSIX ACL support is not available\nmotd\n"
	 "tar: Exiting with failure status due to previous errors\n",
	 "[]", "[]",
	 "[\"the host's tar: POSIX ACL support is not available\", "
	 "\"the host's tar: motd\"]"},
	{"bytes that are no text", "/srv", "tar: ./\\377: socket ignored\n",
	 "[{'path': '/srv/\\ufffd', 'reason': 'is a socket'}]", "[]", "[]"},
};

static void init(struct live_source *source)
{
	*source = (struct live_source){
		.left_out = json_array(),
		.missing = json_array(),
		.warnings = json_array(),
	};
}

TEST(what_a_hosts_tar_said)
{
	FOR_ROWS(row, rows) {
		struct live_source source;
		init(&source);
		live_host_tell_said(&source, row->origin, row->said);
		CHECK_JSON_EQ(source.left_out, row->left_out);
		CHECK_JSON_EQ(source.missing, row->missing);
		CHECK_JSON_EQ(source.warnings, row->warnings);
		json_decref(source.left_out);
		json_decref(source.missing);
		json_decref(source.warnings);
	}
}

/* More than is kept of it. */
TEST(what_was_cut_off_is_told)
{
	struct live_source source;
	_cleanup_str_ struct str said = STR_INIT;
	init(&source);
	while (said.len < 64U << 10)
		str_add(&said, "tar: ./s: socket ignored\n");
	str_add(&said, "tar: ./s: soc");
	live_host_tell_said(&source, "/srv", str_text(&said));
	CHECK_INT_EQ(json_array_size(source.left_out), LIVE_LEFT_OUT_MAX);
	CHECK(source.left_out_count > 2000);
	CHECK_STR_HAS(json_string_value(json_array_get(source.warnings, 0)),
		      "more than is kept");
	json_decref(source.left_out);
	json_decref(source.missing);
	json_decref(source.warnings);
}
