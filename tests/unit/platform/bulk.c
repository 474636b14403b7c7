/* The two pipelines: round trips through a directory and through depots that fail, hang and refuse; and every kind of
 * damage, none of which ever gives wrong data. */
#include "platform/bulk.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/deadline.h"
#include "platform/depot_directory.h"
#include "platform/digest.h"
#include "platform/fs.h"
#include "platform/keygen.h"
#include "test.h"

#define CHUNK ((size_t)BULK_CHUNK_MIN)
#define OBJECT "nightly/1/data.zst.cms"

static const unsigned char pack_id[PACK_ID_BYTES] = "0123456789abcdef";

/* --- keys ---------------------------------------------------------------------------------- */

struct keys {
	struct sealer *sealer;
	struct opener *opener;
};

static void keys_make(struct keys *keys)
{
	struct err err = {0};
	_cleanup_secret_ struct secret key = SECRET_INIT;
	_cleanup_free_ char *certificate = NULL;
	const char *name = "backup.crt";
	const struct keygen wanted = {.type = "p-256",
				      .name = "belay test",
				      .now_ms = (int64_t)time(NULL) * 1000,
				      .days = 30};
	*keys = (struct keys){0};
	CHECK_OK(keygen_run(&wanted, &key, &certificate, &err), &err);
	const char *pem = certificate;
	CHECK_OK(sealer_new(&pem, &name, 1, &keys->sealer, &err), &err);
	CHECK_OK(opener_new(&key, NULL, certificate, &keys->opener, &err), &err);
}

static void keys_release(struct keys *keys)
{
	sealer_freep(&keys->sealer);
	opener_freep(&keys->opener);
}
#define _cleanup_keys_ __attribute__((cleanup(keys_release)))

/* --- a depot in memory, with a mind of its own ----------------------------------------------- */

struct mood {
	unsigned fail_part; /* the n-th part fails so; 0: none */
	enum err_code fail_as;
	unsigned fail_times; /* and then no more; 0: always */
	bool refuse_begin;
	enum err_code refuse_finish; /* so; ERR_NONE: not */
	unsigned slow_ms;            /* for each part */
};

struct fake {
	struct depot depot;
	pthread_mutex_t lock;
	struct str object; /* once it is finished */
	struct str parts[256];
	size_t part_bytes;
	bool finished, aborted, dropped;

	struct mood mood;
	unsigned failed; /* so often */
	size_t skewed;   /* whole parts that a disk could not take as they stand */
};

static struct fake *fake_of(void *depot)
{
	return depot;
}

static int fake_begin(struct depot *depot, const struct depot_begin *begin,
		      struct depot_upload **ret, struct err *err)
{
	struct fake *fake = fake_of(depot);
	if (fake->mood.refuse_begin)
		return err_set(err, ERR_AUTH, "the fake refuses");
	fake->part_bytes = begin->part_bytes;
	*ret = (struct depot_upload *)fake;
	return 0;
}

static int fake_put_part(struct depot_upload *upload, unsigned number, const void *data,
			 size_t bytes, const unsigned char *sha256, struct err *err)
{
	struct fake *fake = fake_of(upload);
	unsigned char made[DIGEST_SHA256_BYTES];
	digest_sha256(data, bytes, made);
	if (memcmp(sha256, made, sizeof made) != 0)
		return err_set(err, ERR_STATE, "the digest of part %u is another's",
			       number);
	if (fake->mood.slow_ms)
		usleep(fake->mood.slow_ms * 1000);
	pthread_mutex_lock(&fake->lock);
	bool fails = number == fake->mood.fail_part &&
		     (fake->mood.fail_times == 0 || fake->failed < fake->mood.fail_times);
	fake->failed += fails;
	fake->skewed +=
		bytes == fake->part_bytes && (uintptr_t)data % DEPOT_ALIGN_BYTES != 0;
	if (!fails) {
		str_clear(&fake->parts[number]);
		str_add_bytes(&fake->parts[number], data, bytes);
	}
	pthread_mutex_unlock(&fake->lock);
	return fails ? err_set(err, fake->mood.fail_as, "the fake failed at part %u",
			       number)
		     : 0;
}

static int fake_finish(struct depot_upload *upload, struct depot_object *ret,
		       struct err *err)
{
	struct fake *fake = fake_of(upload);
	*ret = (struct depot_object){0};
	if (fake->mood.refuse_finish)
		return err_set(err, fake->mood.refuse_finish, "the fake does not finish");
	for (size_t i = 1; i < ARRAY_SIZE(fake->parts) && fake->parts[i].len; i++)
		str_add_bytes(&fake->object, fake->parts[i].data, fake->parts[i].len);
	fake->finished = true;
	return 0;
}

static int fake_abort(struct depot_upload *upload, struct err *err)
{
	(void)err;
	fake_of(upload)->aborted = true;
	return 0;
}

static void fake_drop(struct depot_upload *upload)
{
	fake_of(upload)->dropped = true;
}

static int fake_get(struct depot *depot, const char *name, int64_t offset, void *buffer,
		    size_t bytes, size_t *ret_count, struct err *err)
{
	struct fake *fake = fake_of(depot);
	(void)name;
	if (fake->mood.refuse_begin)
		return err_set(err, ERR_NET, "the fake is not there");
	if (fake->mood.slow_ms)
		usleep(fake->mood.slow_ms * 1000);
	size_t at = (size_t)offset < fake->object.len ? (size_t)offset : fake->object.len;
	*ret_count = fake->object.len - at < bytes ? fake->object.len - at : bytes;
	if (*ret_count)
		memcpy(buffer, fake->object.data + at, *ret_count);
	return 0;
}

static const struct depot_ops fake_ops = {
	.begin = fake_begin,
	.put_part = fake_put_part,
	.finish = fake_finish,
	.abort = fake_abort,
	.drop = fake_drop,
	.get = fake_get,
};

static void fake_init(struct fake *fake)
{
	*fake = (struct fake){.depot.ops = &fake_ops, .object = STR_INIT};
	for (size_t i = 0; i < ARRAY_SIZE(fake->parts); i++)
		fake->parts[i] = (struct str)STR_INIT;
	pthread_mutex_init(&fake->lock, NULL);
}

static void fake_release(struct fake *fake)
{
	for (size_t i = 0; i < ARRAY_SIZE(fake->parts); i++)
		str_release(&fake->parts[i]);
	str_release(&fake->object);
	pthread_mutex_destroy(&fake->lock);
}
#define _cleanup_fake_ __attribute__((cleanup(fake_release)))

/* --- sources and targets --------------------------------------------------------------------- */

/* Half noise, half text, so that chunks end at places of all kinds. */
static unsigned char *make_data(size_t len)
{
	unsigned char *data = mem_alloc(len + 1);
	unsigned seed = 7;
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525U + 1013904223U;
		data[i] = (i >> 16) % 2 ? (unsigned char)(seed >> 24)
					: (unsigned char)('a' + (seed >> 24) % 5);
	}
	return data;
}

struct data {
	const unsigned char *bytes;
	size_t len;
	size_t fail_at; /* 0: never */
	unsigned pause_ms;
};

static int push_data(void *context, struct drain drain, struct err *err)
{
	const struct data *data = context;
	for (size_t at = 0; at < data->len; at += 50001) {
		size_t left = data->len - at;
		if (data->fail_at && at >= data->fail_at)
			return err_set(err, ERR_FAIL, "the source broke");
		if (data->pause_ms)
			usleep(data->pause_ms * 1000);
		if (drain.take(drain.context, data->bytes + at,
			       left < 50001 ? left : 50001, err) < 0)
			return -1;
	}
	return 0;
}

struct pulled {
	struct str bytes;
	size_t enough; /* stops then; 0: takes all */
	bool fails, ended;
};

static int pull_data(void *context, struct spring spring, struct err *err)
{
	struct pulled *pulled = context;
	const void *data;
	ssize_t got;
	while ((got = spring.next(spring.context, &data, err)) > 0) {
		str_add_bytes(&pulled->bytes, data, (size_t)got);
		if (pulled->fails)
			return err_set(err, ERR_LIMIT, "the target is full");
		if (pulled->enough && pulled->bytes.len >= pulled->enough)
			return 0;
	}
	pulled->ended = got == 0;
	return got < 0 ? -1 : 0;
}

static void pulled_release(struct pulled *pulled)
{
	str_release(&pulled->bytes);
}
#define _cleanup_pulled_ __attribute__((cleanup(pulled_release)))
#define _cleanup_written_ __attribute__((cleanup(bulk_written_release)))

static struct bulk_write write_of(const struct keys *keys, struct data *data,
				  struct depot **depots, size_t depot_count)
{
	struct bulk_write write = {
		.source = push_data,
		.source_context = data,
		.pack = {.chunk_bytes = CHUNK, .level = 1, .threads = 2},
		.sealer = keys->sealer,
		.depots = depots,
		.depot_count = depot_count,
		.object = OBJECT,
		.mark = "mark-1",
		.stop = STOP_NEVER,
	};
	memcpy(write.pack.id, pack_id, sizeof pack_id);
	return write;
}

/* The digests of a backup as bulk_read() wants them. */
struct listed {
	const char **chunks;
};

static struct bulk_read read_of(const struct keys *keys, struct depot *depot,
				const struct bulk_written *written, struct listed *listed)
{
	listed->chunks = mem_array(const char *, written->chunks.count + 1);
	for (size_t i = 0; i < written->chunks.count; i++)
		listed->chunks[i] = written->chunks.items[i];
	struct bulk_read read = {
		.depot = depot,
		.object = OBJECT,
		.chunk_bytes = written->chunk_bytes,
		.chunks = listed->chunks,
		.chunk_count = written->chunks.count,
		.sealed_bytes = written->sealed_bytes,
		.chunks_sha256 = written->chunks_sha256,
		.open_bytes = written->open_bytes,
		.open_sha256 = written->open_sha256,
		.opener = keys->opener,
		.stop = STOP_NEVER,
	};
	memcpy(read.pack_id, pack_id, sizeof pack_id);
	return read;
}

static void listed_release(struct listed *listed)
{
	free(listed->chunks);
}
#define _cleanup_listed_ __attribute__((cleanup(listed_release)))

/* --- round trips ----------------------------------------------------------------------------- */

static const struct row {
	const char *name;
	size_t len;
} rows[] = {
	{"nothing", 0},
	{"one byte", 1},
	{"less than a chunk", 100000},
	{"about a chunk", CHUNK},
	{"many chunks", 12000000},
};

TEST(what_was_written_is_read)
{
	_cleanup_keys_ struct keys keys;
	keys_make(&keys);
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_free_ unsigned char *bytes = make_data(row->len);
		struct data data = {.bytes = bytes, .len = row->len};
		_cleanup_free_ char *path =
			str_format("%s/%zu", test_directory(), row->len);
		_cleanup_(depot_freep) struct depot *depot = NULL;
		_cleanup_written_ struct bulk_written written = {0};
		_cleanup_listed_ struct listed listed = {0};
		_cleanup_pulled_ struct pulled pulled = {.bytes = STR_INIT};
		struct bulk_counts counts;
		CHECK_OK(depot_directory_new(path, 0600, &depot, &err), &err);
		struct bulk_write write = write_of(&keys, &data, &depot, 1);
		CHECK_OK(bulk_write(&write, &written, &err), &err);
		CHECK_INT_EQ(written.open_bytes, row->len);
		CHECK_INT_EQ(written.failures[0].code, ERR_NONE);

		struct bulk_read read = read_of(&keys, depot, &written, &listed);
		read.target = pull_data;
		read.target_context = &pulled;
		CHECK_OK(bulk_read(&read, &counts, &err), &err);
		CHECK(pulled.ended);
		CHECK_MEM_EQ(str_text(&pulled.bytes), pulled.bytes.len, bytes, row->len);
		CHECK_INT_EQ(counts.chunks, written.chunks.count);
		CHECK_INT_EQ(counts.sealed_bytes, written.sealed_bytes);

		/* The same name again is refused before anything is read. */
		_cleanup_written_ struct bulk_written again = {0};
		CHECK_FAILS(bulk_write(&write, &again, &err), &err, ERR_FAIL, "exists");
		CHECK_INT_EQ(err.sys_errno, EEXIST);
	}
}

TEST(only_looking_needs_no_target_and_no_key)
{
	_cleanup_keys_ struct keys keys;
	_cleanup_fake_ struct fake fake;
	_cleanup_written_ struct bulk_written written = {0};
	_cleanup_listed_ struct listed listed = {0};
	_cleanup_free_ unsigned char *bytes = make_data(5000000);
	struct data data = {.bytes = bytes, .len = 5000000};
	struct depot *depot = &fake.depot;
	struct bulk_counts counts;
	struct err err = {0};
	keys_make(&keys);
	fake_init(&fake);
	struct bulk_write write = write_of(&keys, &data, &depot, 1);
	CHECK_OK(bulk_write(&write, &written, &err), &err);
	struct bulk_read read = read_of(&keys, depot, &written, &listed);
	CHECK_OK(bulk_read(&read, &counts, &err), &err);
	CHECK_INT_EQ(counts.open_bytes, 5000000);
	read.opener = NULL;
	CHECK_OK(bulk_read(&read, &counts, &err), &err);
	CHECK(!counts.opened);
	for (size_t sample = 1; sample <= written.chunks.count + 1; sample++) {
		size_t want = sample < 2 ? 2 : sample;
		read.sample = sample;
		read.opener = sample % 2 ? keys.opener : NULL;
		CHECK_OK(bulk_read(&read, &counts, &err), &err);
		CHECK_INT_EQ(counts.chunks,
			     want < written.chunks.count ? want : written.chunks.count);
	}
}

/* --- the size of chunks ---------------------------------------------------------------------- */

static const struct size_row {
	const char *name;
	size_t asked, less; /* that much smaller, at most */
} size_rows[] = {
	{"the least", BULK_CHUNK_MIN, 0},
	{"odd", 1000001, 0},
	{"one MiB", 1 << 20, 0},
	{"as long as three bytes can say", 16 << 20, 0},
	{"where the length of a length grows", (16 << 20) + 5, 8},
};

TEST(chunks_are_as_large_as_was_asked_for)
{
	_cleanup_keys_ struct keys keys;
	keys_make(&keys);
	FOR_ROWS(row, size_rows) {
		_cleanup_fake_ struct fake fake;
		_cleanup_written_ struct bulk_written written = {0};
		size_t len = 2 * row->asked + 100000;
		_cleanup_free_ unsigned char *bytes = make_data(len);
		struct data data = {.bytes = bytes, .len = len};
		struct depot *depot = &fake.depot;
		struct err err = {0};
		fake_init(&fake);
		struct bulk_write write = write_of(&keys, &data, &depot, 1);
		write.pack.chunk_bytes = row->asked;
		CHECK_OK(bulk_write(&write, &written, &err), &err);
		CHECK(written.chunk_bytes <= row->asked);
		CHECK(written.chunk_bytes >= row->asked - row->less);
		CHECK_INT_EQ(fake.part_bytes, written.chunk_bytes);
		CHECK_INT_EQ(fake.skewed, 0);
	}
}

/* --- depots that fail ------------------------------------------------------------------------ */

static const struct failing_row {
	const char *name;
	struct mood first, second;
	int64_t patience_ms;
	bool fails; /* the whole backup */
	bool first_has_it, second_has_it;
	const char *why;
} failing_rows[] = {
	{"both work", {0}, {0}, 0, false, true, true, NULL},
	{"one refuses", {.refuse_begin = true}, {0}, 0, false, false, true, "refuses"},
	{"both refuse",
	 {.refuse_begin = true},
	 {.refuse_begin = true},
	 0,
	 true,
	 false,
	 false,
	 "refuses"},
	{"one fails at part 5",
	 {.fail_part = 5, .fail_as = ERR_FAIL},
	 {0},
	 0,
	 false,
	 false,
	 true,
	 "at part 5"},
	{"one loses its network at part 1",
	 {.fail_part = 1, .fail_as = ERR_NET},
	 {0},
	 0,
	 false,
	 false,
	 true,
	 "at part 1"},
	{"both fail",
	 {.fail_part = 3, .fail_as = ERR_LIMIT},
	 {.fail_part = 5, .fail_as = ERR_FAIL},
	 0,
	 true,
	 false,
	 false,
	 "at part"},
	{"one fails for a while",
	 {.fail_part = 2, .fail_as = ERR_NET, .fail_times = 1},
	 {0},
	 20000,
	 false,
	 true,
	 true,
	 NULL},
	{"one does not finish",
	 {.refuse_finish = ERR_LIMIT},
	 {0},
	 0,
	 false,
	 false,
	 true,
	 "does not finish"},
	{"one loses its network at the end",
	 {.refuse_finish = ERR_NET},
	 {0},
	 0,
	 false,
	 false,
	 true,
	 "does not finish"},
	{"none finishes",
	 {.refuse_finish = ERR_LIMIT},
	 {.refuse_finish = ERR_FAIL},
	 0,
	 true,
	 false,
	 false,
	 "does not finish"},
	{"one is slow", {.slow_ms = 20}, {0}, 0, false, true, true, NULL},
};

TEST(a_depot_that_fails_is_left_behind)
{
	_cleanup_keys_ struct keys keys;
	_cleanup_free_ unsigned char *bytes = make_data(9000000);
	keys_make(&keys);
	FOR_ROWS(row, failing_rows) {
		struct err err = {0};
		_cleanup_fake_ struct fake first, second;
		_cleanup_written_ struct bulk_written written = {0};
		struct data data = {.bytes = bytes, .len = 9000000};
		struct depot *depots[] = {&first.depot, &second.depot};
		fake_init(&first);
		fake_init(&second);
		first.mood = row->first;
		second.mood = row->second;
		struct bulk_write write = write_of(&keys, &data, depots, 2);
		write.patience_ms = row->patience_ms;
		int result = bulk_write(&write, &written, &err);
		CHECK_INT_EQ(result, row->fails ? -1 : 0);
		CHECK_INT_EQ(first.finished, row->first_has_it);
		CHECK_INT_EQ(second.finished, row->second_has_it);
		CHECK_INT_EQ(written.failures[0].code == ERR_NONE, row->first_has_it);
		if (row->why)
			CHECK_STR_HAS(row->fails ? err.message
						 : written.failures[0].message,
				      row->why);
		/* What was begun and is not there was given up, and removed where the depot can be reached. */
		bool unreachable = row->first.fail_as == ERR_NET ||
				   row->first.refuse_finish == ERR_NET;
		if (!first.finished && !row->first.refuse_begin)
			CHECK(unreachable ? first.dropped : first.aborted);
		CHECK(!(first.finished && (first.aborted || first.dropped)));
		if (second.finished)
			CHECK_INT_EQ(second.object.len, written.sealed_bytes);
	}
}

TEST(a_source_that_fails_leaves_nothing)
{
	_cleanup_keys_ struct keys keys;
	_cleanup_fake_ struct fake fake;
	_cleanup_(depot_freep) struct depot *directory = NULL;
	_cleanup_written_ struct bulk_written written = {0};
	_cleanup_free_ unsigned char *bytes = make_data(9000000);
	struct data data = {.bytes = bytes, .len = 9000000, .fail_at = 6000000};
	struct depot_objects objects = {0};
	struct depot_unfinished_list unfinished = {0};
	struct err err = {0};
	keys_make(&keys);
	fake_init(&fake);
	CHECK_OK(depot_directory_new(test_directory(), 0600, &directory, &err), &err);
	struct depot *depots[] = {&fake.depot, directory};
	struct bulk_write write = write_of(&keys, &data, depots, 2);
	CHECK_FAILS(bulk_write(&write, &written, &err), &err, ERR_FAIL,
		    "the source broke");
	CHECK(fake.aborted && !fake.finished);
	err_clear(&err);
	CHECK_OK(directory->ops->list(directory, "", &objects, &err), &err);
	CHECK_OK(directory->ops->unfinished(directory, "", INT64_MAX, &unfinished, &err),
		 &err);
	CHECK_INT_EQ(objects.count, 0);
	CHECK_INT_EQ(unfinished.count, 0);
	depot_objects_release(&objects);
	depot_unfinished_release(&unfinished);
}

static bool asked_after(const void *context)
{
	return deadline_now_ms() >= *(const int64_t *)context;
}

TEST(time_and_signals_end_it)
{
	_cleanup_keys_ struct keys keys;
	_cleanup_free_ unsigned char *bytes = make_data(9000000);
	keys_make(&keys);
	for (int by_signal = 0; by_signal < 2; by_signal++) {
		struct err err = {0};
		_cleanup_fake_ struct fake fake;
		_cleanup_written_ struct bulk_written written = {0};
		struct data data = {.bytes = bytes, .len = 9000000, .pause_ms = 20};
		struct depot *depot = &fake.depot;
		int64_t then = deadline_after_ms(300), begun = deadline_now_ms();
		fake_init(&fake);
		struct bulk_write write = write_of(&keys, &data, &depot, 1);
		if (by_signal)
			write.stop = (struct stop){
				.asked = asked_after, .context = &then, .wake_fd = -1};
		else
			write.timeout_ms = 300;
		int result = bulk_write(&write, &written, &err);
		CHECK_FAILS(result, &err, by_signal ? ERR_CANCELLED : ERR_TIMEOUT,
			    by_signal ? "cancelled" : "did not end within");
		CHECK(fake.aborted && !fake.finished);
		CHECK(deadline_now_ms() - begun < 3000);
	}
}

/* --- damage ---------------------------------------------------------------------------------- */

/* A backup in memory, to be damaged. */
struct victim {
	struct keys keys;
	struct fake fake;
	unsigned char *bytes;
	size_t len;
	struct bulk_written written;
	struct listed listed;
	struct bulk_read read;
};

static void victim_make(struct victim *victim, size_t len)
{
	struct err err = {0};
	struct depot *depot = &victim->fake.depot;
	keys_make(&victim->keys);
	fake_init(&victim->fake);
	victim->len = len;
	victim->bytes = make_data(len);
	struct data data = {.bytes = victim->bytes, .len = len};
	struct bulk_write write = write_of(&victim->keys, &data, &depot, 1);
	CHECK_OK(bulk_write(&write, &victim->written, &err), &err);
	victim->read = read_of(&victim->keys, depot, &victim->written, &victim->listed);
	victim->read.target = pull_data;
}

static void victim_release(struct victim *victim)
{
	bulk_written_release(&victim->written);
	listed_release(&victim->listed);
	fake_release(&victim->fake);
	keys_release(&victim->keys);
	free(victim->bytes);
}
#define _cleanup_victim_ __attribute__((cleanup(victim_release)))

/* Reads it; what the target got has to be the beginning of what was written, and the end is told only when
 * all of it was right. */
static int read_victim(struct victim *victim, struct err *err)
{
	_cleanup_pulled_ struct pulled pulled = {.bytes = STR_INIT};
	struct bulk_counts counts;
	*err = (struct err){0};
	victim->read.target_context = &pulled;
	int result = bulk_read(&victim->read, &counts, err);
	CHECK(pulled.bytes.len <= victim->len);
	if (pulled.bytes.len)
		CHECK(memcmp(pulled.bytes.data, victim->bytes, pulled.bytes.len) == 0);
	CHECK_INT_EQ(pulled.ended, result == 0);
	return result;
}

/* The digests written down are made to agree with what lies there: then only the seal and what is in the chunks
 * can tell. */
static void believe(struct victim *victim)
{
	struct fake *fake = &victim->fake;
	size_t chunk = victim->written.chunk_bytes, count = victim->written.chunks.count;
	struct digest *all = digest_new();
	victim->read.sealed_bytes = (int64_t)fake->object.len;
	victim->read.chunk_count = (fake->object.len + chunk - 1) / chunk;
	for (size_t i = 0; i < count && i < victim->read.chunk_count; i++) {
		unsigned char digest[DIGEST_SHA256_BYTES];
		size_t left = fake->object.len - i * chunk;
		digest_sha256(fake->object.data + i * chunk, left < chunk ? left : chunk,
			      digest);
		digest_add(all, digest, sizeof digest);
		_cleanup_free_ char *one = str_hex(digest, sizeof digest);
		memcpy(victim->written.chunks.items[i], one, 65);
	}
	_cleanup_free_ char *hex = digest_hex(all);
	digest_free(all);
	memcpy(victim->written.chunks_sha256, hex, 65);
}

static void check_damage(struct victim *victim, const char *want)
{
	struct err err;
	int result = read_victim(victim, &err);
	CHECK_FAILS(result, &err, ERR_STATE, want);
}

TEST(every_header_byte_and_a_thousand_bits)
{
	_cleanup_victim_ struct victim victim = {0};
	victim_make(&victim, 700000);
	struct str *object = &victim.fake.object;
	unsigned seed = 3;
	for (size_t i = 0; i < 400 + 1000; i++) {
		/* What stands around the first content, then anything. */
		seed = seed * 1664525U + 1013904223U;
		size_t at = i < 400 ? i : (size_t)(seed >> 3) % object->len;
		unsigned char bit = (unsigned char)(1U << (i % 8));
		object->data[at] = (char)((unsigned char)object->data[at] ^ bit);
		test_row("byte %zu", at);
		check_damage(&victim, "is not what was written");
		object->data[at] = (char)((unsigned char)object->data[at] ^ bit);
	}
	struct err err;
	CHECK_OK(read_victim(&victim, &err), &err);
}

/* As above, by somebody who could change the manifest as well. */
TEST(bits_that_the_manifest_agrees_with)
{
	_cleanup_victim_ struct victim victim = {0};
	victim_make(&victim, 300000);
	struct str *object = &victim.fake.object;
	unsigned seed = 5, opened = 0;
	for (size_t i = 0; i < 400 + 300; i++) {
		struct err err;
		seed = seed * 1664525U + 1013904223U;
		size_t at = i < 400 ? i : (size_t)(seed >> 3) % object->len;
		unsigned char bit = (unsigned char)(1U << (i % 8));
		object->data[at] = (char)((unsigned char)object->data[at] ^ bit);
		believe(&victim);
		test_row("byte %zu", at);
		/* Version numbers are not authenticated: then the data is right all the same. */
		opened += read_victim(&victim, &err) == 0;
		object->data[at] = (char)((unsigned char)object->data[at] ^ bit);
	}
	CHECK(opened < 30);
}

/* How chunks are rearranged: indices into the old ones; OTHER is one of another backup. */
enum { END = -1, OTHER = -2 };

static const struct order_row {
	const char *name;
	int order[10];
	const char *why;
} order_rows[] = {
	{"two swapped", {0, 2, 1, 3, END}, "stands in the place of"},
	{"one dropped", {0, 2, 3, END}, "chunk 2 "},
	{"the first dropped", {1, 2, 3, END}, "stands in the place of"},
	{"one twice", {0, 1, 1, 2, 3, END}, "chunk "},
	{"the last dropped", {0, 1, 2, END}, "the end is missing"},
	{"one of another backup", {0, OTHER, 2, 3, END}, "another backup"},
};

TEST(chunks_that_are_not_where_they_belong)
{
	FOR_ROWS(row, order_rows) {
		_cleanup_victim_ struct victim victim = {0};
		_cleanup_fake_ struct fake other;
		_cleanup_written_ struct bulk_written theirs = {0};
		struct err err = {0};
		victim_make(&victim, 1900000);
		fake_init(&other);
		struct data data = {.bytes = victim.bytes, .len = victim.len};
		struct depot *depot = &other.depot;
		struct bulk_write write = write_of(&victim.keys, &data, &depot, 1);
		write.pack.id[0] ^= 1;
		CHECK_OK(bulk_write(&write, &theirs, &err), &err);
		size_t chunk = victim.written.chunk_bytes;
		struct str mixed = STR_INIT;
		if (!CHECK(victim.written.chunks.count >= 4))
			return;
		/* The backup ends after its fourth chunk only in name: what matters is the order. */
		for (size_t i = 0; row->order[i] != END; i++) {
			const struct str *from = row->order[i] == OTHER
							 ? &other.object
							 : &victim.fake.object;
			size_t index = row->order[i] == OTHER ? i : (size_t)row->order[i];
			size_t left = from->len - index * chunk;
			str_add_bytes(&mixed, from->data + index * chunk,
				      left < chunk ? left : chunk);
		}
		str_release(&victim.fake.object);
		victim.fake.object = mixed;
		check_damage(&victim, ""); /* by the digests */
		believe(&victim);
		check_damage(&victim, row->why); /* by what is in the chunks */
	}
}

TEST(cut_at_each_chunk)
{
	_cleanup_victim_ struct victim victim = {0};
	victim_make(&victim, 1900000);
	struct str *object = &victim.fake.object;
	size_t whole = object->len, chunk = victim.written.chunk_bytes;
	for (size_t i = 0; i <= victim.written.chunks.count; i++)
		for (int by = -1; by <= 1; by++) {
			size_t len = i * chunk + (size_t)by;
			if (i == victim.written.chunks.count)
				len = whole + (size_t)by;
			if (len == whole || len > whole + 1)
				continue;
			test_row("%zu of %zu bytes", len, whole);
			char kept = object->data[whole];
			object->len = len;
			check_damage(&victim,
				     len > whole ? "followed by" : "is cut short");
			object->len = whole;
			object->data[whole] = kept;
		}
}

/* --- targets --------------------------------------------------------------------------------- */

TEST(a_target_may_fail_or_have_had_enough)
{
	_cleanup_victim_ struct victim victim = {0};
	struct bulk_counts counts;
	struct err err = {0};
	victim_make(&victim, 9000000);
	_cleanup_pulled_ struct pulled full = {.bytes = STR_INIT, .fails = true};
	_cleanup_pulled_ struct pulled enough = {.bytes = STR_INIT, .enough = 100};
	victim.read.target_context = &full;
	CHECK_FAILS(bulk_read(&victim.read, &counts, &err), &err, ERR_LIMIT,
		    "the target is full");
	err_clear(&err);
	/* What it does not want is still compared. */
	victim.read.target_context = &enough;
	CHECK_OK(bulk_read(&victim.read, &counts, &err), &err);
	CHECK_INT_EQ(counts.open_bytes, 9000000);
	CHECK(enough.bytes.len < 9000000);
	size_t last = victim.fake.object.len - 1;
	victim.fake.object.data[last] = (char)~victim.fake.object.data[last];
	CHECK_FAILS(bulk_read(&victim.read, &counts, &err), &err, ERR_STATE,
		    "is not what was written");
}

TEST(another_key_and_a_depot_that_is_gone)
{
	_cleanup_victim_ struct victim victim = {0};
	_cleanup_keys_ struct keys others;
	struct err err;
	victim_make(&victim, 600000);
	keys_make(&others);
	victim.read.opener = others.opener;
	int result = read_victim(&victim, &err);
	CHECK_FAILS(result, &err, ERR_AUTH, "not sealed for this certificate");
	victim.read.opener = victim.keys.opener;
	victim.fake.mood.refuse_begin = true;
	result = read_victim(&victim, &err);
	CHECK_FAILS(result, &err, ERR_NET, "is not there");
}

static const struct number_row {
	const char *name;
	int64_t sealed, open;
	size_t chunk, count;
} number_rows[] = {
	{"no chunk", 100, 1, 100, 0},
	{"no size", 100, 1, 0, 1},
	{"more than the chunks hold", 301, 1, 100, 3},
	{"less than the chunks hold", 200, 1, 100, 3},
	{"less than nothing", 100, -1, 100, 1},
	{"chunks larger than there are", 100, 1, (size_t)1 << 40, 1},
};

TEST(digests_that_contradict_each_other)
{
	_cleanup_victim_ struct victim victim = {0};
	victim_make(&victim, 300000);
	char *digit = &victim.written.chunks_sha256[5];
	*digit = *digit == '0' ? '1' : '0';
	check_damage(&victim, "contradict each other");
	victim.read.opener = NULL;
	victim.read.target = NULL;
	victim.read.sample = 2;
	struct bulk_counts counts;
	struct err err = {0};
	CHECK_FAILS(bulk_read(&victim.read, &counts, &err), &err, ERR_STATE,
		    "contradict each other");
}

TEST(numbers_that_contradict_each_other)
{
	FOR_ROWS(row, number_rows) {
		struct err err = {0};
		struct bulk_counts counts;
		struct bulk_read read = {
			.object = OBJECT,
			.sealed_bytes = row->sealed,
			.open_bytes = row->open,
			.chunk_bytes = row->chunk,
			.chunk_count = row->count,
			.stop = STOP_NEVER,
		};
		CHECK_FAILS(bulk_read(&read, &counts, &err), &err, ERR_STATE,
			    "contradict each other");
	}
}
