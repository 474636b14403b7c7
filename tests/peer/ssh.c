/* The SSH adapter against a real sshd. The environment says where it is:
 *
 *     SSH_HOST SSH_PORT SSH_USER   where to log in
 *     SSH_KEY                      an ed25519 key that is let in; beside it id_rsa, id_encrypted (with the
 *                                  passphrase "correct horse") and id_stranger (not let in)
 *     SSH_KNOWN_HOSTS              the host's keys
 *     SSH_FP                       fingerprint of its ed25519 key (optional)
 *
 * Without them the tests are skipped. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/secret.h"
#include "belay/str.h"
#include "platform/archive.h"
#include "platform/deadline.h"
#include "platform/digest.h"
#include "platform/fs.h"
#include "platform/ssh.h"
#include "test.h"

struct world {
	const char *host, *user, *key_path;
	unsigned port;
	struct secret key;
	char *known_hosts;
};

static char *read_text(const char *path)
{
	struct err err = {0};
	char *text = NULL;
	size_t len;
	if (fs_read(path, 1 << 20, &text, &len, &err) < 0)
		test_skip("%s", err.message);
	return text;
}

static void world_init(struct world *world)
{
	const char *port = getenv("SSH_PORT"), *known_hosts = getenv("SSH_KNOWN_HOSTS");
	*world = (struct world){.host = getenv("SSH_HOST"),
				.user = getenv("SSH_USER"),
				.key_path = getenv("SSH_KEY")};
	if (!world->host || !world->user || !world->key_path || !port || !known_hosts)
		test_skip(
			"SSH_HOST, SSH_PORT, SSH_USER, SSH_KEY, SSH_KNOWN_HOSTS are not all set");
	signal(SIGPIPE, SIG_IGN);
	world->port = (unsigned)strtoul(port, NULL, 10);
	world->known_hosts = read_text(known_hosts);
	world->key.data = read_text(world->key_path);
	world->key.len = strlen(world->key.data);
}

static void world_release(struct world *world)
{
	secret_release(&world->key);
	free(world->known_hosts);
}

#define _cleanup_world_ __attribute__((cleanup(world_release)))
#define _cleanup_link_ __attribute__((cleanup(ssh_link_closep)))

static struct ssh_target target_of(const struct world *world)
{
	return (struct ssh_target){
		.name = "web1",
		.address = world->host,
		.port = world->port,
		.user = world->user,
		.key = &world->key,
		.known_hosts = world->known_hosts,
		.known_hosts_from = "$KNOWN_HOSTS",
		.connect_timeout_ms = 10000,
		.stop = STOP_NEVER,
	};
}

/* A key file beside SSH_KEY. */
static void other_key(const struct world *world, const char *name, struct secret *ret)
{
	const char *slash = strrchr(world->key_path, '/');
	char *path = str_format("%.*s/%s", (int)(slash - world->key_path),
				world->key_path, name);
	ret->data = read_text(path);
	ret->len = strlen(ret->data);
	free(path);
}

static struct ssh_link *must_open(const struct world *world)
{
	struct ssh_target target = target_of(world);
	struct ssh_link *link = NULL;
	struct err err = {0};
	CHECK_OK(ssh_link_open(&target, &link, &err), &err);
	return link;
}

static size_t open_descriptors(void)
{
	size_t count = 0;
	DIR *directory = opendir("/proc/self/fd");
	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

/* --- commands ------------------------------------------------------------------------------ */

static const struct command_row {
	const char *name, *command, *input;
	bool exited;
	int exit;
	const char *signal, *out, *err;
} command_rows[] = {
	{"output", "echo hello", NULL, true, 0, "", "hello\n", ""},
	{"both streams", "echo out; echo err >&2", NULL, true, 0, "", "out\n", "err\n"},
	{"exit status", "exit 37", NULL, true, 37, "", "", ""},
	{"signal", "kill -KILL $$", NULL, false, 0, "KILL", "", ""},
	{"input", "tr a-z A-Z", "quiet", true, 0, "", "QUIET", ""},
	{"empty input", "cat; echo end", NULL, true, 0, "", "end\n", ""},
	{"input that is not wanted", "exec <&-; echo no thanks", "text", true, 0, "",
	 "no thanks\n", ""},
	{"no such command", "no-such-command-here 2>/dev/null", NULL, true, 127, "", "",
	 ""},
};

TEST(runs_commands_on_one_connection)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	_cleanup_link_ struct ssh_link *link = must_open(&world);
	if (!link)
		return;
	FOR_ROWS(row, command_rows) {
		struct feed_memory memory = {.data = row->input,
					     .len = row->input ? strlen(row->input) : 0};
		struct ssh_run run = {
			.command = row->command,
			.input = row->input ? feed_from_memory(&memory) : FEED_NONE,
			.timeout_ms = 10000,
			.max_output_bytes = 65536,
			.stop = STOP_NEVER,
		};
		struct run_outcome outcome;
		struct err err = {0};
		bool sent = false;
		CHECK(ssh_link_usable(link));
		CHECK_OK(ssh_link_run(link, &run, &outcome, &sent, &err), &err);
		CHECK(sent);
		CHECK_INT_EQ(outcome.exited, row->exited);
		CHECK_INT_EQ(outcome.exit, row->exit);
		CHECK_STR_EQ(outcome.signal, row->signal);
		CHECK_STR_EQ(str_text(&outcome.out.head), row->out);
		CHECK_STR_EQ(str_text(&outcome.err.head), row->err);
		run_outcome_release(&outcome);
	}
}

static struct run_outcome run_simply(struct ssh_link *link, const char *command,
				     int64_t timeout_ms, size_t max_output,
				     int *ret_result, struct err *err)
{
	struct ssh_run run = {.command = command,
			      .timeout_ms = timeout_ms,
			      .max_output_bytes = max_output,
			      .stop = STOP_NEVER};
	struct run_outcome outcome;
	*ret_result = ssh_link_run(link, &run, &outcome, NULL, err);
	return outcome;
}

TEST(output_is_bounded)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	_cleanup_link_ struct ssh_link *link = must_open(&world);
	if (!link)
		return;
	struct err err = {0};
	int result;
	_cleanup_outcome_ struct run_outcome outcome = run_simply(
		link,
		"echo first; head -c 30000000 /dev/zero | tr '\\0' 'x'; echo; echo last",
		60000, 1000, &result, &err);
	CHECK_OK(result, &err);
	struct str text = STR_INIT;
	capture_text(&outcome.out, &text);
	CHECK(str_has_prefix(str_text(&text), "first\n"));
	CHECK(str_has_suffix(str_text(&text), "last\n"));
	CHECK_STR_HAS(str_text(&text), "bytes left out");
	CHECK(text.len < 1200);
	CHECK(ssh_link_usable(link));
	str_release(&text);
}

TEST(deadline_is_an_outcome)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	_cleanup_link_ struct ssh_link *link = must_open(&world);
	if (!link)
		return;
	struct err err = {0};
	int result;
	int64_t started = deadline_now_ms();
	_cleanup_outcome_ struct run_outcome outcome =
		run_simply(link, "echo begun; sleep 30", 500, 1000, &result, &err);
	CHECK_OK(result, &err);
	CHECK(outcome.timed_out);
	CHECK(!outcome.exited);
	CHECK_STR_EQ(str_text(&outcome.out.head), "begun\n");
	CHECK(deadline_now_ms() - started < 3000);
	CHECK(!ssh_link_usable(link));
}

TEST(background_process_may_stay)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	_cleanup_link_ struct ssh_link *link = must_open(&world);
	if (!link)
		return;
	struct err err = {0};
	int result;
	_cleanup_outcome_ struct run_outcome outcome =
		run_simply(link, "sleep 7 & echo $!", 20000, 1000, &result, &err);
	CHECK_OK(result, &err);
	CHECK(outcome.exited);
	CHECK(outcome.duration_ms < 5000);
	char *alive = str_format("kill -0 %s", str_text(&outcome.out.head));
	_cleanup_outcome_ struct run_outcome after =
		run_simply(link, alive, 10000, 1000, &result, &err);
	CHECK_OK(result, &err);
	CHECK_INT_EQ(after.exit, 0);
	free(alive);
}

/* --- streams of data ----------------------------------------------------------------------- */

struct pattern {
	uint64_t left;
	uint32_t state;
	struct digest *digest;
};

static ssize_t read_pattern(void *context, void *buffer, size_t size, struct err *err)
{
	(void)err;
	struct pattern *pattern = context;
	size_t count = pattern->left < size ? (size_t)pattern->left : size;
	unsigned char *bytes = buffer;
	for (size_t i = 0; i < count; i++) {
		pattern->state = pattern->state * 1664525U + 1013904223U;
		bytes[i] = (unsigned char)(pattern->state >> 24);
	}
	digest_add(pattern->digest, buffer, count);
	pattern->left -= count;
	return (ssize_t)count;
}

TEST(uploads_20_mib)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	_cleanup_link_ struct ssh_link *link = must_open(&world);
	if (!link)
		return;
	struct pattern pattern = {.left = 20 << 20, .state = 1, .digest = digest_new()};
	struct ssh_run run = {
		.command = "sha256sum",
		.input = {read_pattern, &pattern},
		.timeout_ms = 60000,
		.max_output_bytes = 1000,
		.stop = STOP_NEVER,
	};
	_cleanup_outcome_ struct run_outcome outcome;
	struct err err = {0};
	CHECK_OK(ssh_link_run(link, &run, &outcome, NULL, &err), &err);
	char *sum = digest_hex(pattern.digest);
	CHECK(str_has_prefix(str_text(&outcome.out.head), sum));
	free(sum);
	digest_free(pattern.digest);
}

TEST(uploads_a_directory_as_described)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	_cleanup_link_ struct ssh_link *link = must_open(&world);
	if (!link)
		return;
	char *file = str_format("%s/tree/a/hello", test_directory());
	char *tree = str_format("%s/tree", test_directory());
	struct fs_write write = {.data = "hello\n", .len = 6, .mode = 0644};
	struct err err = {0};
	struct stop never = STOP_NEVER;
	struct archive_summary summary = {0};
	CHECK_OK(fs_write(file, &write, &err), &err);
	CHECK_OK(archive_inspect(tree, &never, &summary, &err), &err);
	struct archive_stream *stream = NULL;
	CHECK_OK(archive_stream_open(tree, &stream, &err), &err);
	struct ssh_run run = {
		.command =
			"cat >/tmp/belay-peer-ssh.$$; sha256sum </tmp/belay-peer-ssh.$$; "
			"tar -xOf /tmp/belay-peer-ssh.$$ a/hello; rm /tmp/belay-peer-ssh.$$",
		.input = feed_from_archive(stream),
		.timeout_ms = 60000,
		.max_output_bytes = 1000,
		.stop = STOP_NEVER,
	};
	_cleanup_outcome_ struct run_outcome outcome;
	CHECK_OK(ssh_link_run(link, &run, &outcome, NULL, &err), &err);
	CHECK(str_has_prefix(str_text(&outcome.out.head), summary.sha256));
	CHECK_STR_HAS(str_text(&outcome.out.head), "-\nhello\n");
	archive_stream_close(stream);
	archive_summary_release(&summary);
	free(file);
	free(tree);
}

TEST(raw_stream)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	_cleanup_link_ struct ssh_link *link = must_open(&world);
	if (!link)
		return;
	struct err err = {0};
	struct ssh_stream *stream = NULL;
	if (!CHECK_OK(ssh_stream_open(link, "echo why >&2; cat; exit 3", 10000,
				      STOP_NEVER, &stream, &err),
		      &err))
		return;
	size_t size = 3 << 20, got = 0;
	char *sent = mem_alloc(size), *received = mem_alloc(size);
	memset(sent, 'p', size);
	/* In turns, as git does: cat gives back what it gets. */
	for (size_t at = 0; at < size; at += 1 << 20) {
		CHECK_OK(ssh_stream_write(stream, sent + at, 1 << 20, &err), &err);
		while (got < at + (1 << 20)) {
			ssize_t count =
				ssh_stream_read(stream, received + got, size - got, &err);
			if (!CHECK(count > 0))
				break;
			got += (size_t)count;
		}
	}
	CHECK_OK(ssh_stream_finish_input(stream, &err), &err);
	char last;
	CHECK_INT_EQ(ssh_stream_read(stream, &last, 1, &err), 0);
	CHECK(memcmp(sent, received, size) == 0);
	CHECK_STR_EQ(ssh_stream_stderr(stream), "why\n");
	int status = -1;
	ssh_stream_close(stream, &status);
	CHECK_INT_EQ(status, 3);
	CHECK(ssh_link_usable(link));
	free(sent);
	free(received);
}

TEST(stream_deadline)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	_cleanup_link_ struct ssh_link *link = must_open(&world);
	if (!link)
		return;
	struct err err = {0};
	struct ssh_stream *stream = NULL;
	char byte;
	CHECK_OK(ssh_stream_open(link, "sleep 30", 300, STOP_NEVER, &stream, &err), &err);
	CHECK_FAILS((int)ssh_stream_read(stream, &byte, 1, &err), &err, ERR_TIMEOUT,
		    "web1");
	ssh_stream_close(stream, NULL);
	CHECK(!ssh_link_usable(link));
}

/* --- keys ---------------------------------------------------------------------------------- */

static const struct key_row {
	const char *name, *file, *passphrase;
	enum err_code code; /* ERR_NONE: let in */
	const char *message;
} key_rows[] = {
	{"ed25519", "id_ed25519", NULL, ERR_NONE, NULL},
	{"rsa", "id_rsa", NULL, ERR_NONE, NULL},
	{"ecdsa", "id_ecdsa", NULL, ERR_NONE, NULL},
	{"encrypted", "id_encrypted", "correct horse", ERR_NONE, NULL},
	{"needless passphrase", "id_ed25519", "correct horse", ERR_NONE, NULL},
	{"no passphrase", "id_encrypted", NULL, ERR_CONFIG, "encrypted"},
	{"wrong passphrase", "id_encrypted", "guess", ERR_CONFIG, "wrong passphrase"},
	{"not authorized", "id_stranger", NULL, ERR_AUTH, "was refused with key SHA256:"},
	{"no key at all", "authorized_keys", NULL, ERR_CONFIG, "cannot be read"},
};

TEST(keys)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	FOR_ROWS(row, key_rows) {
		struct secret key = {0};
		char *path = str_format(
			"%.*s/%s", (int)(strrchr(world.key_path, '/') - world.key_path),
			world.key_path, row->file);
		bool there = access(path, R_OK) == 0;
		free(path);
		if (!there)
			continue;
		other_key(&world, row->file, &key);
		struct secret passphrase = {0};
		if (row->passphrase)
			secret_set(&passphrase, row->passphrase, strlen(row->passphrase));
		struct ssh_target target = target_of(&world);
		target.key = &key;
		target.passphrase = row->passphrase ? &passphrase : NULL;
		struct ssh_link *link = NULL;
		struct err err = {0};
		size_t before = open_descriptors();
		int result = ssh_link_open(&target, &link, &err);
		if (row->code == ERR_NONE)
			CHECK_OK(result, &err);
		else
			CHECK_FAILS(result, &err, row->code, row->message);
		ssh_link_close(link);
		CHECK_INT_EQ(open_descriptors(), before);
		secret_release(&key);
		secret_release(&passphrase);
	}
}

/* As it comes out of a web form or an environment variable. */
TEST(keys_in_odd_clothes)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	static const char *const ends[] = {"\r\n", "\\n"};
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		test_row("line ends %zu", i);
		struct str odd = STR_INIT;
		for (const char *c = world.key.data; *c; c++) {
			if (*c == '\n')
				str_add(&odd, ends[i]);
			else
				str_add_char(&odd, *c);
		}
		odd.len -= strlen(ends[i]);
		struct secret key = {0};
		secret_set(&key, str_text(&odd), odd.len);
		struct ssh_target target = target_of(&world);
		target.key = &key;
		_cleanup_link_ struct ssh_link *link = NULL;
		struct err err = {0};
		CHECK_OK(ssh_link_open(&target, &link, &err), &err);
		secret_release(&key);
		str_release(&odd);
	}
}

/* --- host keys ----------------------------------------------------------------------------- */

/* Known hosts with the type in `keep` only, and its key exchanged for another. */
static char *known_type(const struct world *world, const char *keep)
{
	struct str out = STR_INIT;
	for (const char *at = world->known_hosts; *at;) {
		size_t len = strcspn(at, "\n");
		const char *type = memchr(at, ' ', len);
		if (type && strncmp(type + 1, keep, strlen(keep)) == 0) {
			str_add_bytes(&out, at, len);
			str_add_char(&out, '\n');
		}
		at += len + (at[len] == '\n');
	}
	return str_take(&out);
}

TEST(known_type_wins_over_server_preference)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	static const char *const types[] = {"ssh-ed25519", "ssh-rsa",
					    "ecdsa-sha2-nistp256"};
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		test_row("%s", types[i]);
		char *known = known_type(&world, types[i]);
		struct ssh_target target = target_of(&world);
		target.known_hosts = known;
		_cleanup_link_ struct ssh_link *link = NULL;
		struct err err = {0};
		if (*known)
			CHECK_OK(ssh_link_open(&target, &link, &err), &err);
		free(known);
	}
}

TEST(unknown_and_changed_host_keys)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	const char *fingerprint = getenv("SSH_FP");
	struct ssh_target target = target_of(&world);
	struct ssh_link *link = NULL;
	struct err err = {0};

	test_row("unknown");
	target.known_hosts =
		"other.example.com ssh-ed25519 "
		"AAAAC3NzaC1lZDI1NTE5AAAAIBbzp0kEsqI6B2RZ2SAMTuVNJmCmK7LSqmEMXjTqgZ1V\n";
	CHECK_FAILS(ssh_link_open(&target, &link, &err), &err, ERR_AUTH, "is unknown");
	CHECK_STR_HAS(err.message, fingerprint ? fingerprint : "SHA256:");
	CHECK_STR_HAS(err.hint, "ssh-keyscan");

	test_row("changed");
	char *changed = str_format(
		"[%s]:%u ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbzp0kEsqI6B2RZ2SAM"
		"TuVNJmCmK7LSqmEMXjTqgZ1V\n",
		world.host, world.port);
	target.known_hosts = changed;
	err_clear(&err);
	CHECK_FAILS(ssh_link_open(&target, &link, &err), &err, ERR_AUTH, "changed");
	CHECK_STR_HAS(err.message, fingerprint ? fingerprint : "SHA256:");
	CHECK_STR_HAS(err.message, "expects SHA256:");

	test_row("revoked");
	struct str revoked = STR_INIT;
	for (const char *at = world.known_hosts; *at;
	     at += strcspn(at, "\n"), at += *at == '\n')
		str_addf(&revoked, "@revoked * %.*s\n",
			 (int)(strcspn(at, "\n") - (strcspn(at, " ") + 1)),
			 at + strcspn(at, " ") + 1);
	str_add(&revoked, world.known_hosts);
	target.known_hosts = str_text(&revoked);
	err_clear(&err);
	CHECK_FAILS(ssh_link_open(&target, &link, &err), &err, ERR_AUTH, "@revoked");

	test_row("authority");
	target.known_hosts =
		"@cert-authority * ssh-ed25519 "
		"AAAAC3NzaC1lZDI1NTE5AAAAIBbzp0kEsqI6B2RZ2SAMTuVNJmCmK7LSqmEMXjTqgZ1V\n";
	err_clear(&err);
	CHECK_FAILS(ssh_link_open(&target, &link, &err), &err, ERR_AUTH,
		    "host certificates");
	CHECK_NULL(link);
	str_release(&revoked);
	free(changed);
}

/* --- trouble ------------------------------------------------------------------------------- */

TEST(nobody_listens)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	struct ssh_target target = target_of(&world);
	target.port = 1;
	struct ssh_link *link = NULL;
	struct err err = {0};
	CHECK_FAILS(ssh_link_open(&target, &link, &err), &err, ERR_NET, "port 1");
}

static bool yes(const void *context)
{
	(void)context;
	return true;
}

TEST(cancelled)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	struct ssh_target target = target_of(&world);
	struct ssh_link *link = NULL;
	struct err err = {0};
	target.stop = (struct stop){.asked = yes, .wake_fd = -1};
	CHECK_FAILS(ssh_link_open(&target, &link, &err), &err, ERR_CANCELLED, "");

	link = must_open(&world);
	struct ssh_run run = {
		.command = "sleep 30", .stop = target.stop, .max_output_bytes = 10};
	_cleanup_outcome_ struct run_outcome outcome;
	err_clear(&err);
	if (link)
		CHECK_FAILS(ssh_link_run(link, &run, &outcome, NULL, &err), &err,
			    ERR_CANCELLED, "");
	ssh_link_close(link);
}

/* --- the effect ---------------------------------------------------------------------------- */

static int ssh_effect(struct effects *fx, const struct world *world, const char *command,
		      json_t **ret_answer, struct err *err)
{
	_cleanup_json_ json_t *args = json_pack(
		"{s:{s:s, s:s, s:s, s:i, s:{s:{s:s}}, s:{s:s}, s:i}, s:s, s:i, s:i}",
		"host", "name", "web1", "user", world->user, "address", world->host,
		"port", (int)world->port, "key", "$secret", "file", world->key_path,
		"known_hosts", "file", getenv("SSH_KNOWN_HOSTS"), "connect_timeout_ms",
		10000, "command", command, "timeout_ms", 10000, "max_output_bytes", 1000);
	struct effect effect = {.kind = "ssh.run", .args = args, .subject = "web1"};
	return effects_perform(fx, &effect, ret_answer, err);
}

struct lane_look {
	const struct world *world;
	char *session;
};

static void look(struct effects *lane, size_t index, void *context)
{
	struct lane_look *looks = context;
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	CHECK_OK(ssh_effect(lane, looks[index].world, "echo $PPID", &answer, &err), &err);
	looks[index].session = mem_strdup(json_get_string(answer, "stdout", ""));
}

/* The parent of a remote shell is the server's process for the connection. */
TEST(connections_are_kept_for_a_lane_and_opened_again)
{
	_cleanup_world_ struct world world;
	world_init(&world);
	_cleanup_(effects_freep) struct effects *fx =
		effects_new(effects_redact_new(effects_live_new()));
	_cleanup_json_ json_t *first = NULL, *second = NULL, *third = NULL;
	struct err err = {0};
	CHECK_OK(ssh_effect(fx, &world, "echo $PPID", &first, &err), &err);
	CHECK_OK(ssh_effect(fx, &world, "echo $PPID", &second, &err), &err);
	CHECK_STR_EQ(json_get_string(second, "stdout", "2"),
		     json_get_string(first, "stdout", "1"));

	struct lane_look looks[2] = {{.world = &world}, {.world = &world}};
	static const char *const names[] = {"host/a", "host/b"};
	effects_fan_out(fx, 2, names, look, looks);
	CHECK(strcmp(looks[0].session, looks[1].session) != 0);
	free(looks[0].session);
	free(looks[1].session);

	/* Somebody ends the connection while nobody looks. */
	pid_t session = (pid_t)strtol(json_get_string(first, "stdout", "0"), NULL, 10);
	if (session <= 1 || kill(session, SIGKILL) < 0)
		return; /* not this machine */
	usleep(100 * 1000);
	CHECK_OK(ssh_effect(fx, &world, "echo $PPID", &third, &err), &err);
	CHECK(strcmp(json_get_string(third, "stdout", ""),
		     json_get_string(first, "stdout", "")) != 0);
	CHECK_INT_EQ(json_get_int(third, "exit", -1), 0);
}
