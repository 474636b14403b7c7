/* Backups of a real host and back to it; the environment is that of ssh.c, and the test skips itself without. */
#include "../unit/effects/backup_world.h"

#include <unistd.h>

/* HOST, with what this test made there removed in the end. */
static json_t *host_json(void)
{
	const char *port = getenv("SSH_PORT"), *known_hosts = getenv("SSH_KNOWN_HOSTS");
	if (!port || !known_hosts)
		test_skip("SSH_PORT, SSH_KNOWN_HOSTS are not set: no host");
	return json_pack("{s:s, s:s, s:s, s:i, s:{s:{s:s}}, s:{s:s}}", "name", "web1",
			 "user", getenv("SSH_USER"), "address", getenv("SSH_HOST"),
			 "port", (int)strtol(port, NULL, 10), "key", "$secret", "file",
			 getenv("SSH_KEY"), "known_hosts", "file", known_hosts);
}

/* A command on the host that has to succeed. */
static void on_host(struct world *world, const json_t *host, const char *command)
{
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	CHECK_OK(ask(world, "ssh.run",
		     json_pack("{s:O, s:s, s:i, s:i}", "host", host, "command", command,
			       "timeout_ms", 20000, "max_output_bytes", 4000),
		     &answer, &err),
		 &err);
	if (json_get_int(answer, "exit", -1) != 0)
		CHECK_STR_EQ(json_get_string(answer, "stderr", "?"), command);
}

TEST(directories_and_files_of_a_host)
{
	_cleanup_json_ json_t *host = host_json();
	_cleanup_world_ struct world world;
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *base = str_format("/tmp/belay-backup-%d", (int)getpid());
	_cleanup_free_ char *one = str_format("%s/conf/one", base);
	_cleanup_free_ char *none = str_format("%s/conf/none", base);
	_cleanup_free_ char *tree = str_format("%s/tree", base);
	_cleanup_free_ char *back = str_format("%s/back", test_directory());
	_cleanup_free_ char *make = str_format(
		"rm -rf %s && mkdir -p %s/tree/a/cache %s/conf && cd %s && echo one > conf/one && "
		"seq 100000 > tree/a/numbers && ln tree/a/numbers tree/hard && ln -s a/numbers tree/link "
		"&& echo x > tree/a/cache/x && echo x > tree/skip.log && chmod 640 tree/a/numbers",
		base, base, base, base);
	_cleanup_free_ char *clean = str_format("rm -rf %s", base);
	world_make(&world);
	on_host(&world, host, make);
	json_t *sources =
		json_pack("[{s:O, s:s, s:s, s:[s, s]}, {s:O, s:[s, s], s:b}, {s:s, s:s}]",
			  "host", host, "directory", tree, "prefix", "srv", "exclude",
			  "*.log", "a/cache", "host", host, "files", one, none,
			  "may_miss", 1, "text", "linux\n", "name", "system.txt");
	CHECK_OK(ask(&world, "backup.write", write_args(&world, "tar", sources),
		     &world.written, &err),
		 &err);
	CHECK_INT_EQ(json_array_size(json_object_get(world.written, "missing")), 1);
	CHECK_STR_HAS(json_get_string(json_object_get(world.written, "tools"), "tar", ""),
		      "tar");
	CHECK_OK(ask(&world, "backup.read",
		     read_args(&world, "tar", json_pack("{s:s}", "directory", back)),
		     &answer, &err),
		 &err);
	_cleanup_free_ char *check = str_format(
		"seq 100000 | cmp - back/srv/a/numbers && test -e back/srv/a/cache && exit 1; "
		"test ! -e back/srv/skip.log && test $(readlink back/srv/link) = a/numbers && "
		"test $(stat -c %%h back/srv/hard) = 2 && test $(stat -c %%a back/srv/hard) = 640 && "
		"test \"$(cat back%s)\" = one && test \"$(cat back/system.txt)\" = linux",
		one);
	sh(check);
	on_host(&world, host, clean);
}

TEST(a_command_of_a_host)
{
	_cleanup_json_ json_t *host = host_json();
	_cleanup_world_ struct world world;
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	world_make(&world);
	json_t *sources =
		json_pack("[{s:O, s:s, s:s, s:{s:s}, s:s}]", "host", host, "run",
			  "seq 300000; pwd; echo \"it's $WORD\"", "name", "app.dump",
			  "env", "WORD", "a 'quoted' $word", "directory", "/usr");
	CHECK_OK(ask(&world, "backup.write", write_args(&world, "stream", sources),
		     &world.written, &err),
		 &err);
	json_t *to = json_pack("{s:O, s:s, s:{s:s}, s:s}", "host", host, "run",
			       "tail -n 2; pwd; echo $TO; exit 4", "env", "TO", "there",
			       "directory", "/usr/lib");
	CHECK_OK(ask(&world, "backup.read", read_args(&world, "stream", to), &answer,
		     &err),
		 &err);
	CHECK_STR_EQ(json_get_string(json_object_get(answer, "run"), "stdout", ""),
		     "/usr\nit's a 'quoted' $word\n/usr/lib\nthere\n");
	CHECK_INT_EQ(json_get_int(json_object_get(answer, "run"), "exit", 0), 4);
}

static const struct failing {
	const char *name, *source;
	enum err_code code;
	const char *why;
} failing[] = {
	{"a command that fails", "{\"run\": \"seq 100000; echo 'no table' >&2; exit 7\"}",
	 ERR_FAIL, "ended with exit status 7: no table"},
	{"a command that prints nothing", "{\"run\": \"true\"}", ERR_FAIL,
	 "printed nothing"},
	{"the first part of a pipeline fails", "{\"run\": \"{ seq 9; exit 5; } | cat\"}",
	 ERR_FAIL, "ended with exit status 5"},
	{"a directory that is not there",
	 "{\"directory\": \"/no/such/place\", \"prefix\": \"\"}", ERR_FAIL,
	 "/no/such/place"},
	{"a file that is not there", "{\"files\": [\"/no/such/file\"]}", ERR_FAIL,
	 "no/such/file"},
	{"include", "{\"directory\": \"/etc\", \"include\": [\"*.conf\"]}", ERR_CONFIG,
	 "'include'"},
	{"a pattern that tar has no words for",
	 "{\"directory\": \"/etc\", \"exclude\": [\"ssl/**/*.pem\"]}", ERR_CONFIG,
	 "cannot be passed on"},
	{"a pattern that is none", "{\"directory\": \"/etc\", \"exclude\": [\"[a\"]}",
	 ERR_CONFIG, "has a '[' without its ']'"},
};

TEST(what_fails_on_a_host_leaves_no_backup)
{
	_cleanup_json_ json_t *host = host_json();
	_cleanup_world_ struct world world;
	world_make(&world);
	FOR_ROWS(row, failing) {
		struct err err = {0};
		json_t *source = json_loads(row->source, 0, NULL);
		bool is_run = json_object_get(source, "run") != NULL;
		json_object_set(source, "host", host);
		json_t *args = write_args(&world, is_run ? "stream" : "tar",
					  json_pack("[o]", source));
		CHECK_FAILS(ask(&world, "backup.write", args, &world.written, &err), &err,
			    row->code, row->why);
		sh("test -z \"$(find store -type f)\"");
	}
}

/* The digest of what was put in is a wrong one: that shows when all of it was sent. */
TEST(a_command_of_a_host_never_sees_the_end_of_a_wrong_backup)
{
	_cleanup_json_ json_t *host = host_json();
	_cleanup_world_ struct world world;
	struct err err = {0};
	json_t *ignored = NULL;
	_cleanup_free_ char *mark = str_format("/tmp/belay-committed-%d", (int)getpid());
	_cleanup_free_ char *command = str_format(
		"trap '' TERM; touch %s.started; cat >/dev/null; touch %s", mark, mark);
	_cleanup_free_ char *none =
		str_format("sleep 1; test -e %s.started && rm %s.started && test ! -e %s",
			   mark, mark, mark);
	world_make(&world);
	json_t *sources = json_pack("[{s:s, s:s}]", "run", "head -c 3000000 /dev/urandom",
				    "name", "app.dump");
	CHECK_OK(ask(&world, "backup.write", write_args(&world, "stream", sources),
		     &world.written, &err),
		 &err);
	json_t *to = json_pack("{s:O, s:s}", "host", host, "run", command);
	json_t *args = read_args(&world, "stream", to);
	json_object_set_new(args, "open_sha256", json_string("0000"));
	CHECK_FAILS(ask(&world, "backup.read", args, &ignored, &err), &err, ERR_STATE,
		    "not the one");
	on_host(&world, host, none);
}

/* More than the windows and the pipes between here and there hold. */
TEST(nor_when_belay_is_killed)
{
	_cleanup_json_ json_t *host = host_json();
	_cleanup_world_ struct world world;
	struct err err = {0};
	_cleanup_free_ char *mark = str_format("/tmp/belay-killed-%d", (int)getpid());
	_cleanup_free_ char *command = str_format(
		"touch %s.started; sleep 3; cat >/dev/null; touch %s", mark, mark);
	_cleanup_free_ char *none =
		str_format("sleep 4; test -e %s.started && rm %s.started && test ! -e %s",
			   mark, mark, mark);
	world_make(&world);
	json_t *sources = json_pack("[{s:s, s:s}]", "run",
				    "head -c 30000000 /dev/urandom", "name", "app.dump");
	CHECK_OK(ask(&world, "backup.write", write_args(&world, "stream", sources),
		     &world.written, &err),
		 &err);
	json_t *to = json_pack("{s:O, s:s}", "host", host, "run", command);
	ask_and_die(&world, read_args(&world, "stream", to));
	on_host(&world, host, none);
}
