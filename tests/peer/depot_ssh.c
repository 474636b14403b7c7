/* A depot in a directory on a host: a real sshd. The environment says where it is, as for ssh.c: SSH_HOST SSH_PORT
 * SSH_USER SSH_KEY SSH_KNOWN_HOSTS; the test skips itself without. What runs on the host, by itself and with the tools
 * of busybox: tests/unit/platform/depot_ssh.c. */
#include "platform/depot_ssh.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "platform/clock.h"
#include "platform/depot_ssh_parts.h"
#include "platform/fs.h"
#include "platform/ssh.h"
#include "test.h"

#define PART ((size_t)1 << 20)

static atomic_uint connections;

static char *read_text(const char *path)
{
	struct err err = {0};
	char *text = NULL;
	size_t len;
	if (fs_read(path, 1 << 20, &text, &len, &err) < 0)
		test_skip("%s", err.message);
	return text;
}

static int connect_host(void *context, struct ssh_link **ret, struct err *err)
{
	(void)context;
	const char *port = getenv("SSH_PORT");
	_cleanup_free_ char *known_hosts = read_text(getenv("SSH_KNOWN_HOSTS"));
	_cleanup_secret_ struct secret key = SECRET_INIT;
	key.data = read_text(getenv("SSH_KEY"));
	key.len = strlen(key.data);
	struct ssh_target target = {
		.name = "web1",
		.address = getenv("SSH_HOST"),
		.port = (unsigned)strtoul(port, NULL, 10),
		.user = getenv("SSH_USER"),
		.key = &key,
		.known_hosts = known_hosts,
		.known_hosts_from = "$KNOWN_HOSTS",
		.stop = STOP_NEVER,
	};
	atomic_fetch_add(&connections, 1);
	return ssh_link_open(&target, ret, err);
}

/* One directory on the host for all tests. */
static const char *place(void)
{
	static char path[64];
	if (!*path)
		snprintf(path, sizeof path, "/srv/it's a depot-%d", (int)getpid());
	return path;
}

static struct depot *open_depot(void)
{
	struct err err = {0};
	struct depot *depot = NULL;
	static const char *const needed[] = {"SSH_HOST", "SSH_PORT", "SSH_USER",
					     "SSH_KEY", "SSH_KNOWN_HOSTS"};
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!getenv(needed[i]))
			test_skip("%s is not set: no host", needed[i]);
	signal(SIGPIPE, SIG_IGN);
	struct depot_ssh_options options = {.name = "web1",
					    .path = place(),
					    .connect = connect_host,
					    .stop = STOP_NEVER};
	CHECK_OK(depot_ssh_new(&options, &depot, &err), &err);
	return depot;
}

/* Runs a script on the host, with the depot's directory as $1. */
static void on_host(struct depot *depot, const char *script, const char *argument)
{
	struct err err = {0};
	struct host_call call = {
		.what = "a test's script", .script = script, .args = {argument}};
	CHECK_OK(host_do((struct host *)depot, &call, &err), &err);
}

/* --- objects ------------------------------------------------------------------------------- */

TEST(an_empty_depot)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_objects objects = {0};
	struct depot_unfinished_list unfinished = {0};
	struct depot_object object = {0};
	struct err err = {0};
	char buffer[4];
	size_t count = 0;
	CHECK_OK(depot->ops->list(depot, "", &objects, &err), &err);
	CHECK_INT_EQ(objects.count, 0);
	CHECK_OK(depot->ops->unfinished(depot, "", INT64_MAX, &unfinished, &err), &err);
	CHECK_INT_EQ(unfinished.count, 0);
	CHECK_OK(depot->ops->remove(depot, "a/b", &err), &err);
	CHECK_FAILS(depot->ops->head(depot, "a/b", &object, &err), &err, ERR_NOT_FOUND,
		    "there is no 'a/b'");
	err_clear(&err);
	CHECK_FAILS(depot->ops->get(depot, "a/b", 0, buffer, 4, &count, &err), &err,
		    ERR_NOT_FOUND, "there is no 'a/b'");
}

TEST(objects_come_back)
{
	static const struct row {
		const char *name;
		const char *object, *prefix;
	} rows[] = {
		{"plain", "plain", "pl"},
		{"in folders", "2026/11/data", "2026/1"},
		{"blanks", " a  b / c ", " a"},
		{"what a shell would act on", "$(x)`y`$HOME*?[a];|&<>", "$("},
		{"quotes", "it's \"here\"", "it's"},
		{"an option", "-rf", "-"},
		{"an option in a folder", "-p/-n", "-p/"},
		{"a backslash", "a\\nb\\", "a\\"},
		{"other letters", "grö ße", "gr\xc3"},
	};
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	FOR_ROWS(row, rows) {
		struct depot_object object = {0};
		struct depot_objects objects = {0};
		struct err err = {0};
		char buffer[16];
		size_t count = 0;
		CHECK_OK(depot->ops->put(depot, row->object, "0123456789", 10, &err),
			 &err);
		CHECK_OK(depot->ops->head(depot, row->object, &object, &err), &err);
		CHECK_INT_EQ(object.size_bytes, 10);
		CHECK_NEAR((double)object.modified_ms, (double)clock_wall_ms(), 600000.0);
		CHECK_OK(depot->ops->list(depot, row->prefix, &objects, &err), &err);
		if (CHECK_INT_EQ(objects.count, 1)) {
			CHECK_STR_EQ(objects.items[0].name, row->object);
			CHECK_INT_EQ(objects.items[0].size_bytes, 10);
		}
		CHECK_OK(depot->ops->get(depot, row->object, 3, buffer, 4, &count, &err),
			 &err);
		CHECK_MEM_EQ(buffer, count, "3456", 4);
		CHECK_OK(depot->ops->get(depot, row->object, 8, buffer, 9, &count, &err),
			 &err);
		CHECK_MEM_EQ(buffer, count, "89", 2);
		CHECK_OK(depot->ops->get(depot, row->object, 10, buffer, 9, &count, &err),
			 &err);
		CHECK_INT_EQ(count, 0);
		CHECK_FAILS(depot->ops->put(depot, row->object, "other", 5, &err), &err,
			    ERR_FAIL, "exists already");
		CHECK_INT_EQ(err.sys_errno, EEXIST);
		err_clear(&err);
		CHECK_OK(depot->ops->remove(depot, row->object, &err), &err);
		CHECK_OK(depot->ops->remove(depot, row->object, &err), &err);
		depot_objects_release(&objects);
		depot_object_release(&object);
	}
	on_host(depot,
		"[ \"$(ls -A \"$1\")\" = .belay-uploads ] && "
		"[ -z \"$(ls -A \"$1/.belay-uploads\")\" ]",
		NULL);
}

TEST(what_others_left_there)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_objects objects = {0};
	struct err err = {0};
	CHECK_OK(depot->ops->put(depot, "mine/a", "1", 1, &err), &err);
	on_host(depot,
		"cd \"$1\" && mkdir 'mine/b\nc' && : >'mine/b\nc/d' && : >'mine/e\nf' &&"
		" : >mine/$(printf '\\377') && mkdir mine/dir && ln -s a mine/link",
		NULL);
	CHECK_OK(depot->ops->list(depot, "", &objects, &err), &err);
	if (CHECK_INT_EQ(objects.count, 1))
		CHECK_STR_EQ(objects.items[0].name, "mine/a");
	CHECK_FAILS(depot->ops->put(depot, "mine/dir", "1", 1, &err), &err, ERR_FAIL,
		    "exists already");
	err_clear(&err);
	CHECK_FAILS(depot->ops->put(depot, "mine/a/b", "1", 1, &err), &err, ERR_FAIL,
		    "mine/a");
	err_clear(&err);
	on_host(depot, "rm -rf \"$1/mine\"", NULL);
	depot_objects_release(&objects);
}

/* --- once ---------------------------------------------------------------------------------- */

enum { RACERS = 8 };
struct racer {
	pthread_t thread;
	struct depot *depot;
	int index, result;
	struct err err;
};

static void *race(void *context)
{
	struct racer *racer = context;
	char text[32];
	int len = snprintf(text, sizeof text, "racer %d", racer->index);
	racer->result = racer->depot->ops->put(racer->depot, "a/race", text, (size_t)len,
					       &racer->err);
	return NULL;
}

TEST(a_race_has_one_winner)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct racer racers[RACERS] = {0};
	struct err err = {0};
	int winners = 0;
	atomic_store(&connections, 0);
	for (int i = 0; i < RACERS; i++) {
		racers[i].depot = depot;
		racers[i].index = i;
		pthread_create(&racers[i].thread, NULL, race, &racers[i]);
	}
	for (int i = 0; i < RACERS; i++) {
		pthread_join(racers[i].thread, NULL);
		winners += racers[i].result == 0;
		if (racers[i].result < 0)
			CHECK_INT_EQ(racers[i].err.sys_errno, EEXIST);
	}
	CHECK_INT_EQ(winners, 1);
	CHECK(atomic_load(&connections) <= SSH_LINKS_MAX);
	CHECK_OK(depot->ops->remove(depot, "a/race", &err), &err);
}

/* --- in parts ------------------------------------------------------------------------------ */

static void fill(char *part, unsigned number)
{
	for (size_t i = 0; i < PART; i++)
		part[i] = (char)(i * 31 + number);
}

struct sender {
	pthread_t thread;
	struct depot *depot;
	struct depot_upload *upload;
	unsigned number;
	size_t bytes;
	int result;
	struct err err;
};

static void *send_one(void *context)
{
	struct sender *sender = context;
	_cleanup_free_ char *part = mem_alloc(PART);
	fill(part, sender->number);
	sender->result = sender->depot->ops->put_part(
		sender->upload, sender->number, part, sender->bytes, NULL, &sender->err);
	return NULL;
}

static bool has_part(struct depot *depot, const char *name, unsigned number, size_t bytes)
{
	struct err err = {0};
	size_t count = 0;
	_cleanup_free_ char *want = mem_alloc(PART);
	_cleanup_free_ char *got = mem_alloc(PART);
	fill(want, number);
	CHECK_OK(depot->ops->get(depot, name, (int64_t)(number - 1) * (int64_t)PART, got,
				 PART, &count, &err),
		 &err);
	return CHECK_INT_EQ(count, bytes) && CHECK(memcmp(want, got, bytes) == 0);
}

TEST(parts_from_several_threads)
{
	static const unsigned order[] = {4, 2, 6, 1, 3, 5};
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_begin begin = {
		.name = "db/1/data", .mark = "b1", .part_bytes = PART};
	struct depot_upload *upload = NULL;
	struct depot_object object = {0};
	struct sender senders[ARRAY_SIZE(order)] = {0};
	struct err err = {0};
	if (!CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		senders[i] = (struct sender){.depot = depot,
					     .upload = upload,
					     .number = order[i],
					     .bytes = order[i] == 6 ? 1000 : PART};
		pthread_create(&senders[i].thread, NULL, send_one, &senders[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		pthread_join(senders[i].thread, NULL);
		CHECK_OK(senders[i].result, &senders[i].err);
	}
	/* One whose turn is over takes the place of what was there. */
	_cleanup_free_ char *part = mem_alloc(PART);
	fill(part, 2);
	CHECK_OK(depot->ops->put_part(upload, 2, part, PART, NULL, &err), &err);
	CHECK_OK(depot->ops->finish(upload, &object, &err), &err);
	CHECK_INT_EQ(object.size_bytes, 5 * PART + 1000);
	for (unsigned number = 1; number <= 6; number++)
		has_part(depot, "db/1/data", number, number == 6 ? 1000 : PART);
	CHECK_FAILS(depot->ops->begin(depot, &begin, &upload, &err), &err, ERR_FAIL,
		    "exists already");
	err_clear(&err);
	CHECK_OK(depot->ops->remove(depot, "db/1/data", &err), &err);
	depot_object_release(&object);
}

static char *only_upload(struct depot *depot)
{
	struct depot_unfinished_list list = {0};
	struct err err = {0};
	char *id = NULL;
	CHECK_OK(depot->ops->unfinished(depot, "db/", INT64_MAX, &list, &err), &err);
	if (CHECK_INT_EQ(list.count, 1)) {
		CHECK_STR_EQ(list.items[0].name, "db/1/data");
		CHECK_NEAR((double)list.items[0].begun_ms, (double)clock_wall_ms(),
			   600000.0);
		id = mem_strdup(list.items[0].id);
	}
	depot_unfinished_release(&list);
	return id;
}

/* Begins an upload and leaves two parts behind. */
static char *leave_two_parts(struct depot *depot, const struct depot_begin *begin)
{
	struct depot_upload *upload = NULL;
	struct err err = {0};
	_cleanup_free_ char *part = mem_alloc(PART);
	if (!CHECK_OK(depot->ops->begin(depot, begin, &upload, &err), &err))
		return NULL;
	for (unsigned number = 1; number <= 2; number++) {
		fill(part, number);
		CHECK_OK(depot->ops->put_part(upload, number, part, PART, NULL, &err),
			 &err);
	}
	depot->ops->drop(upload);
	return only_upload(depot);
}

TEST(uploads_are_abandoned)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_begin begin = {
		.name = "db/1/data", .mark = "b1", .part_bytes = PART};
	struct depot_unfinished_list list = {0};
	struct err err = {0};
	_cleanup_free_ char *id = leave_two_parts(depot, &begin);
	CHECK(id != NULL);
	CHECK_OK(depot->ops->unfinished(depot, "other/", INT64_MAX, &list, &err), &err);
	CHECK_INT_EQ(list.count, 0);
	CHECK_OK(
		depot->ops->unfinished(depot, "", clock_wall_ms() - 3600000, &list, &err),
		&err);
	CHECK_INT_EQ(list.count, 0);
	/* One whose note was never written. */
	on_host(depot, "touch -d '2020-01-01 00:00' \"$1/.belay-uploads/$2.note\"",
		"00112233445566ff");
	CHECK_OK(depot->ops->unfinished(depot, "db/", INT64_MAX, &list, &err), &err);
	CHECK_INT_EQ(list.count, 2);
	for (size_t i = 0; i < list.count; i++) {
		CHECK_OK(depot->ops->abandon(depot, &list.items[i], &err), &err);
		CHECK_OK(depot->ops->abandon(depot, &list.items[i], &err), &err);
	}
	on_host(depot, "[ -z \"$(ls -A \"$1/.belay-uploads\")\" ]", NULL);
	depot_unfinished_release(&list);
}

/* --- faults -------------------------------------------------------------------------------- */

/* The connection goes down when the script has done its work, the first time. */
#define DIES_ONCE "\n[ -e \"$1/died\" ] || { : >\"$1/died\"; kill -9 $PPID; sleep 5; }\n"

TEST(an_answer_is_lost)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_begin begin = {
		.name = "db/1/data", .mark = "b1", .part_bytes = PART};
	struct depot_object object = {0};
	struct err err = {0};
	static const char first[] = "belay-upload 1 5 put once/a\n";
	struct host_call put = {.what = "once/a",
				.args = {"0011223344556677", first, "once/a", "5", ""},
				.repeated = "again",
				.input = "hello",
				.input_bytes = 5};
	_cleanup_free_ char *put_dies = str_format("%s" DIES_ONCE, host_script_put);
	put.script = put_dies;
	on_host(depot, "mkdir -p \"$1\"", NULL);
	CHECK_OK(host_do((struct host *)depot, &put, &err), &err);
	CHECK_OK(depot->ops->head(depot, "once/a", &object, &err), &err);
	CHECK_INT_EQ(object.size_bytes, 5);
	on_host(depot, "rm \"$1/died\"", NULL);

	/* Somebody else's is not taken for ours. */
	put.input = "HELLO";
	CHECK_FAILS(host_do((struct host *)depot, &put, &err), &err, ERR_FAIL,
		    "exists already");
	err_clear(&err);

	_cleanup_free_ char *id = leave_two_parts(depot, &begin);
	struct host_call finish = {.what = "db/1/data",
				   .args = {id, "2097152", "db/1/data"}};
	_cleanup_free_ char *finish_dies = str_format("%s" DIES_ONCE, host_script_finish);
	finish.script = finish_dies;
	CHECK_OK(host_do((struct host *)depot, &finish, &err), &err);
	has_part(depot, "db/1/data", 2, PART);
	on_host(depot, "rm -rf \"$1\"", NULL);
	depot_object_release(&object);
}

/* In the middle of a part: what arrived of it goes, the rest of the upload stays. */
TEST(a_connection_breaks_in_a_part)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_begin begin = {
		.name = "db/1/data", .mark = "b1", .part_bytes = PART};
	struct err err = {0};
	_cleanup_free_ char *part = mem_alloc(PART);
	_cleanup_free_ char *id = leave_two_parts(depot, &begin);
	_cleanup_free_ char *script = str_format(
		"[ -e \"$1/died\" ] || { : >\"$1/died\"; head -c 300000 "
		">>\"$1/.belay-uploads/$2.data\"; kill -9 $PPID; sleep 5; }\n%s",
		host_script_part);
	fill(part, 3);
	struct host_call call = {.what = "db/1/data",
				 .script = script,
				 .args = {id, "2097152", "1048576"},
				 .input = part,
				 .input_bytes = PART};
	CHECK_OK(host_do((struct host *)depot, &call, &err), &err);
	struct host_call finish = {.what = "db/1/data",
				   .script = host_script_finish,
				   .args = {id, "3145728", "db/1/data"}};
	CHECK_OK(host_do((struct host *)depot, &finish, &err), &err);
	for (unsigned number = 1; number <= 3; number++)
		has_part(depot, "db/1/data", number, PART);
	on_host(depot, "rm -rf \"$1\"", NULL);
}

/* Whoever waits for a part that cannot arrive does not wait for ever. */
TEST(a_part_that_fails_fails_those_behind_it)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_begin begin = {
		.name = "db/1/data", .mark = "b1", .part_bytes = PART};
	struct depot_upload *upload = NULL;
	struct depot_object object = {0};
	struct err err = {0};
	CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err);
	struct sender second = {
		.depot = depot, .upload = upload, .number = 2, .bytes = 1000};
	struct sender first = {
		.depot = depot, .upload = upload, .number = 1, .bytes = PART};
	on_host(depot, "mv \"$1/.belay-uploads\" \"$1/away\"", NULL);
	pthread_create(&second.thread, NULL, send_one, &second);
	usleep(300000);
	send_one(&first);
	pthread_join(second.thread, NULL);
	CHECK_FAILS(first.result, &first.err, ERR_NOT_FOUND, "part 1");
	CHECK_FAILS(second.result, &second.err, ERR_NET, "has to wait for part 1");
	on_host(depot, "mv \"$1/away\" \"$1/.belay-uploads\"", NULL);
	err_clear(&first.err);
	err_clear(&second.err);
	pthread_create(&second.thread, NULL, send_one, &second);
	send_one(&first);
	pthread_join(second.thread, NULL);
	CHECK_OK(first.result, &first.err);
	CHECK_OK(second.result, &second.err);
	CHECK_OK(depot->ops->finish(upload, &object, &err), &err);
	CHECK_INT_EQ(object.size_bytes, PART + 1000);
	on_host(depot, "rm -rf \"$1\"", NULL);
	depot_object_release(&object);
}

TEST(the_disk_is_full)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct err err = {0};
	_cleanup_free_ char *part = mem_alloc(PART);
	struct host_call mount = {.what = "a small disk",
				  .script = "mkdir -p \"$1\" && mount -t tmpfs -o "
					    "size=512k tmpfs \"$1\""};
	if (host_do((struct host *)depot, &mount, &err) < 0) {
		printf("the host cannot mount a small disk: %s\n", err.message);
		return;
	}
	CHECK_FAILS(depot->ops->put(depot, "large", part, PART, &err), &err, ERR_LIMIT,
		    "No space left");
	CHECK_INT_EQ(err.sys_errno, ENOSPC);
	CHECK_STR_HAS(err.hint, "free space on web1");
	on_host(depot,
		"[ -z \"$(ls -A \"$1/.belay-uploads\")\" ] && umount \"$1\" && "
		"rmdir \"$1\"",
		NULL);
}

/* --- speed --------------------------------------------------------------------------------- */

enum { MANY = 300 };

TEST(many_objects_in_one_listing)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_objects objects = {0};
	struct err err = {0};
	_cleanup_free_ char *count = str_format("%d", MANY);
	on_host(depot,
		"mkdir -p \"$1/many\" && cd \"$1/many\" && n=0 && "
		"while [ $n -lt \"$2\" ]; do echo $n >m$n; n=$((n + 1)); done",
		count);
	int64_t begun_ms = clock_mono_ms();
	CHECK_OK(depot->ops->list(depot, "many/", &objects, &err), &err);
	CHECK_INT_EQ(objects.count, MANY);
	CHECK(clock_mono_ms() - begun_ms < 5000);
	depot_objects_release(&objects);
	on_host(depot, "rm -rf \"$1\"", NULL);
}

/* --- stopping ------------------------------------------------------------------------------ */

static atomic_bool stopped;

static bool is_stopped(const void *context)
{
	(void)context;
	return atomic_load(&stopped);
}

/* Nothing new is begun after that, but what was begun can be given up. */
TEST(a_depot_that_is_asked_to_stop)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_begin begin = {
		.name = "db/1/data", .mark = "b1", .part_bytes = PART};
	struct depot_upload *upload = NULL;
	struct depot_objects objects = {0};
	struct err err = {0};
	((struct host *)depot)->options.stop =
		(struct stop){.asked = is_stopped, .wake_fd = -1};
	CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err);
	struct sender second = {
		.depot = depot, .upload = upload, .number = 2, .bytes = PART};
	pthread_create(&second.thread, NULL, send_one, &second);
	usleep(100000);
	atomic_store(&stopped, true);
	pthread_join(second.thread, NULL);
	CHECK_FAILS(second.result, &second.err, ERR_CANCELLED, "part 2");
	CHECK_FAILS(depot->ops->list(depot, "", &objects, &err), &err, ERR_CANCELLED, "");
	err_clear(&err);
	CHECK_OK(depot->ops->abort(upload, &err), &err);
	atomic_store(&stopped, false);
	on_host(depot, "[ -z \"$(ls -A \"$1/.belay-uploads\")\" ] && rm -rf \"$1\"",
		NULL);
}
