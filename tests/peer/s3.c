/* A depot in a bucket of a real server.
 *
 * Where it is comes from the environment: S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, and S3_KIND, "ceph" or
 * "swift" (tests/peers/s3-rgw.sh, s3-swift.sh); the test skips itself without. What spoils requests is S3_FRONT and
 * S3_CONTROL (tests/peers/store-proxy.py). */
#include "platform/s3.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "front.h"
#include "platform/clock.h"
#include "platform/digest.h"
#include "platform/s3_request.h"
#include "platform/trust.h"
#include "test.h"

#define PART ((size_t)5 << 20)

static struct trust *trust;
static struct secret secret;

static bool is_ceph(void)
{
	return str_equal(getenv("S3_KIND"), "ceph");
}

static struct s3_options ordinary(void)
{
	const char *endpoint = getenv("S3_ENDPOINT");
	const char *key = getenv("S3_SECRET_KEY");
	if (!endpoint || !key)
		test_skip("S3_ENDPOINT is not set: no S3 server (radosgw, swift-proxy)");
	signal(SIGPIPE, SIG_IGN);
	secret_set(&secret, key, strlen(key));
	if (!trust)
		trust = trust_new();
	return (struct s3_options){
		.endpoint = endpoint,
		.bucket = "backups",
		.prefix = "production/db",
		.access_key = getenv("S3_ACCESS_KEY"),
		.secret_key = &secret,
		.first_delay_ms = 50,
		.stop = STOP_NEVER,
	};
}

static struct depot *open_with(const struct s3_options *options)
{
	struct err err = {0};
	struct depot *depot = NULL;
	CHECK_OK(s3_new(trust, options, &depot, &err), &err);
	return depot;
}

static struct depot *open_depot(void)
{
	struct s3_options options = ordinary();
	return open_with(&options);
}

static void make_bucket(const char *name, bool with_lock)
{
	struct s3_options options = ordinary();
	options.bucket = name;
	_cleanup_(depot_freep) struct depot *depot = open_with(&options);
	struct s3_answer answer = {0};
	struct s3_headers headers = {0};
	struct err err = {0};
	if (with_lock)
		s3_headers_add(&headers, "x-amz-bucket-object-lock-enabled", "true");
	struct s3_call call = {
		.action = "s3:CreateBucket", .method = "PUT", .headers = &headers};
	CHECK_OK(s3_call((struct s3 *)depot, &call, &answer, &err), &err);
	s3_headers_release(&headers);
	s3_answer_release(&answer);
}

TEST(the_bucket_is_made)
{
	make_bucket("backups", false);
}

TEST(objects_come_back)
{
	static const struct row {
		const char *name;
		const char *object;
		enum s3_checksum checksum;
	} rows[] = {
		{"plain", "plain", S3_CHECKSUM_SHA256},
		{"in a folder, with MD5", "2026/11/data", S3_CHECKSUM_MD5},
		{"unusual characters", "grö ße+&=?#%41\"'<>;:@!$*(),~", S3_CHECKSUM_NONE},
	};
	FOR_ROWS(row, rows) {
		struct s3_options options = ordinary();
		options.checksum = row->checksum;
		_cleanup_(depot_freep) struct depot *depot = open_with(&options);
		struct depot_object object = {0};
		struct depot_objects objects = {0};
		struct err err = {0};
		char buffer[32] = "";
		size_t count = 0;
		CHECK_OK(depot->ops->put(depot, row->object, "0123456789", 10, &err),
			 &err);
		CHECK_OK(depot->ops->head(depot, row->object, &object, &err), &err);
		CHECK_INT_EQ(object.size_bytes, 10);
		CHECK_STR_EQ(object.etag, "781e5e245d69b566979b86e28d23f2c7");
		CHECK_STR_EQ(object.mark,
			     "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f"
			     "96bedb9f882f7882");
		CHECK_NEAR((double)object.modified_ms, (double)clock_wall_ms(), 600000.0);
		CHECK_OK(depot->ops->list(depot, row->object, &objects, &err), &err);
		if (CHECK_INT_EQ(objects.count, 1)) {
			CHECK_STR_EQ(objects.items[0].name, row->object);
			CHECK_INT_EQ(objects.items[0].size_bytes, 10);
			CHECK_STR_EQ(objects.items[0].etag, object.etag);
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
		CHECK_OK(depot->ops->remove(depot, row->object, &err), &err);
		CHECK_OK(depot->ops->remove(depot, row->object, &err), &err);
		depot_object_release(&object);
		CHECK_FAILS(depot->ops->head(depot, row->object, &object, &err), &err,
			    ERR_NOT_FOUND, "does not exist");
		depot_objects_release(&objects);
		depot_object_release(&object);
	}
}

TEST(refusals_are_explained)
{
	static const struct row {
		const char *name;
		const char *access_key, *secret_key, *bucket, *region;
		const char *only; /* the kind of server that notices */
		enum err_code code;
		const char *part;
	} rows[] = {
		{"wrong secret", NULL, "wrong", NULL, NULL, NULL, ERR_AUTH,
		 "the secret key does not belong to the access key"},
		{"unknown key", "NOBODY", NULL, NULL, NULL, "ceph", ERR_AUTH,
		 "the access key is unknown"},
		{"no such bucket", NULL, NULL, "nothing-here", NULL, NULL, ERR_NOT_FOUND,
		 "there is no bucket 'nothing-here'"},
		{"wrong region", NULL, NULL, NULL, "eu-west-7", "swift", ERR_CONFIG,
		 "is not in region 'eu-west-7'"},
	};
	FOR_ROWS(row, rows) {
		struct s3_options options = ordinary();
		struct secret key = {0};
		struct depot_objects objects = {0};
		struct err err = {0};
		if (row->only && !str_equal(row->only, getenv("S3_KIND")))
			continue;
		secret_set(&key, row->secret_key ? row->secret_key : secret.data,
			   strlen(row->secret_key ? row->secret_key : secret.data));
		options.secret_key = &key;
		options.access_key =
			row->access_key ? row->access_key : options.access_key;
		options.bucket = row->bucket ? row->bucket : options.bucket;
		options.region = row->region;
		_cleanup_(depot_freep) struct depot *depot = open_with(&options);
		CHECK_FAILS(depot->ops->list(depot, "", &objects, &err), &err, row->code,
			    row->part);
		CHECK_NULL(strstr(err.message, "wrong-"));
		err_clear(&err);
		CHECK_INT_EQ(depot->ops->put(depot, "x", "1", 1, &err), -1);
		CHECK_INT_EQ(err.code, row->code);
		secret_release(&key);
	}
}

/* --- making once --------------------------------------------------------------------------- */

TEST(nothing_is_overwritten)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_upload *upload = NULL;
	struct depot_begin begin = {.name = "once", .mark = "b1", .part_bytes = PART};
	struct err err = {0};
	char buffer[8];
	size_t count = 0;
	CHECK_OK(depot->ops->put(depot, "once", "first", 5, &err), &err);
	/* Swift answers 501 to the condition: the name is looked up first, and that is said. */
	CHECK_INT_EQ(depot->ops->warning(depot) != NULL, !is_ceph());
	CHECK_FAILS(depot->ops->put(depot, "once", "second", 6, &err), &err, ERR_FAIL,
		    "exists already");
	CHECK_INT_EQ(err.sys_errno, EEXIST);
	err_clear(&err);
	CHECK_FAILS(depot->ops->begin(depot, &begin, &upload, &err), &err, ERR_FAIL,
		    "exists already");
	CHECK_OK(depot->ops->get(depot, "once", 0, buffer, sizeof buffer, &count, &err),
		 &err);
	CHECK_MEM_EQ(buffer, count, "first", 5);
	CHECK_OK(depot->ops->remove(depot, "once", &err), &err);
}

enum { RACERS = 8 };
struct worker {
	pthread_t thread;
	struct depot *depot;
	int index;
	int result;
	struct err err;
};

static void *race(void *context)
{
	struct worker *worker = context;
	char text[32];
	int len = snprintf(text, sizeof text, "racer %d", worker->index);
	worker->result = worker->depot->ops->put(worker->depot, "race", text, (size_t)len,
						 &worker->err);
	return NULL;
}

TEST(a_race_has_one_winner)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct worker workers[RACERS] = {0};
	struct err err = {0};
	int winners = 0;
	if (!is_ceph()) /* a store without conditions cannot promise it: see warning() */
		return;
	for (int i = 0; i < RACERS; i++) {
		workers[i].depot = depot;
		workers[i].index = i;
		pthread_create(&workers[i].thread, NULL, race, &workers[i]);
	}
	for (int i = 0; i < RACERS; i++) {
		pthread_join(workers[i].thread, NULL);
		winners += workers[i].result == 0;
		if (workers[i].result < 0)
			CHECK_INT_EQ(workers[i].err.sys_errno, EEXIST);
	}
	CHECK_INT_EQ(winners, 1);
	CHECK_OK(depot->ops->remove(depot, "race", &err), &err);
}

/* --- in parts ------------------------------------------------------------------------------ */

static void fill(char *part, unsigned number)
{
	for (size_t i = 0; i < PART; i++)
		part[i] = (char)(i * 31 + number);
}

static size_t count_unfinished(struct depot *depot, const char *prefix, int64_t before_ms)
{
	struct depot_unfinished_list list = {0};
	struct err err = {0};
	CHECK_OK(depot->ops->unfinished(depot, prefix, before_ms, &list, &err), &err);
	size_t count = list.count;
	depot_unfinished_release(&list);
	return count;
}

static void upload_and_compare(enum s3_checksum checksum)
{
	struct s3_options options = ordinary();
	options.checksum = checksum;
	options.storage_class = "STANDARD";
	_cleanup_(depot_freep) struct depot *depot = open_with(&options);
	struct depot_begin begin = {.name = "parts", .mark = "b1", .part_bytes = PART};
	struct depot_upload *upload = NULL;
	struct depot_object object = {0};
	struct err err = {0};
	_cleanup_free_ char *part = mem_alloc(PART);
	_cleanup_free_ char *back = mem_alloc(PART);
	if (!CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err))
		return;
	fill(part, 1);
	CHECK_OK(depot->ops->put_part(upload, 1, part, PART, NULL, &err), &err);
	CHECK_INT_EQ(count_unfinished(depot, "pa", INT64_MAX), 1);
	fill(part, 3);
	CHECK_OK(depot->ops->put_part(upload, 3, part, 1000, NULL, &err), &err);
	fill(part, 2);
	CHECK_OK(depot->ops->put_part(upload, 2, part, PART, NULL, &err), &err);
	CHECK_OK(depot->ops->finish(upload, &object, &err), &err);
	CHECK_INT_EQ(object.size_bytes, 2 * PART + 1000);
	CHECK(strlen(object.etag) > 32);
	CHECK_STR_EQ(object.mark, "b1");

	size_t count = 0;
	CHECK_OK(depot->ops->get(depot, "parts", PART, back, PART, &count, &err), &err);
	CHECK(count == PART && memcmp(back, part, PART) == 0);
	CHECK_INT_EQ(count_unfinished(depot, "", INT64_MAX), 0);
	CHECK_OK(depot->ops->remove(depot, "parts", &err), &err);
	depot_object_release(&object);
}

TEST(a_large_object)
{
	static const struct row {
		const char *name;
		enum s3_checksum checksum;
	} rows[] = {{"SHA-256", S3_CHECKSUM_SHA256}, {"MD5", S3_CHECKSUM_MD5}};
	FOR_ROWS(row, rows)
		upload_and_compare(row->checksum);
}

TEST(an_upload_ends_where_another_was_first)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_begin begin = {.name = "late", .mark = "b1", .part_bytes = PART};
	struct depot_upload *upload = NULL;
	struct depot_object object = {0};
	struct err err = {0};
	CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err);
	CHECK_OK(depot->ops->put_part(upload, 1, "late", 4, NULL, &err), &err);
	CHECK_OK(depot->ops->put(depot, "late", "first", 5, &err), &err);
	CHECK_FAILS(depot->ops->finish(upload, &object, &err), &err, ERR_FAIL,
		    "exists already");
	err_clear(&err);
	CHECK_OK(depot->ops->head(depot, "late", &object, &err), &err);
	CHECK_INT_EQ(object.size_bytes, 5);
	CHECK_INT_EQ(count_unfinished(depot, "late", INT64_MAX), 1);
	CHECK_OK(depot->ops->abort(upload, &err), &err);
	CHECK_INT_EQ(count_unfinished(depot, "late", INT64_MAX), 0);
	CHECK_OK(depot->ops->remove(depot, "late", &err), &err);
	depot_object_release(&object);
}

TEST(what_is_left_behind_is_abandoned)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_unfinished_list list = {0};
	struct err err = {0};
	static const char *const names[] = {"left/a", "left/b", "other/c"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct depot_begin begin = {
			.name = names[i], .mark = "b1", .part_bytes = PART};
		struct depot_upload *upload = NULL;
		if (!CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err))
			return;
		CHECK_OK(depot->ops->put_part(upload, 1, "x", 1, NULL, &err), &err);
		depot->ops->drop(upload);
	}
	CHECK_INT_EQ(count_unfinished(depot, "left/", clock_wall_ms() - 3600000), 0);
	CHECK_INT_EQ(count_unfinished(depot, "left/", INT64_MAX), 2);
	CHECK_OK(depot->ops->unfinished(depot, "", INT64_MAX, &list, &err), &err);
	CHECK_INT_EQ(list.count, 3);
	for (size_t i = 0; i < list.count; i++) {
		CHECK_OK(depot->ops->abandon(depot, &list.items[i], &err), &err);
		CHECK_OK(depot->ops->abandon(depot, &list.items[i], &err), &err);
	}
	CHECK_INT_EQ(count_unfinished(depot, "", INT64_MAX), 0);
	depot_unfinished_release(&list);
}

/* --- many ---------------------------------------------------------------------------------- */

enum { MANY = 1050, WORKERS = 4 };

static void *make_many(void *context)
{
	struct worker *worker = context;
	for (int i = worker->index; i < MANY && worker->result == 0; i += WORKERS) {
		char name[32];
		snprintf(name, sizeof name, "many+/%04d+", i);
		worker->result = worker->depot->ops->put(worker->depot, name, "x", 1,
							 &worker->err);
	}
	return NULL;
}

/* Plus signs stand in the prefix and at the end of the page. */
TEST(a_listing_of_more_than_a_page)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct worker workers[WORKERS] = {0};
	struct depot_objects objects = {0};
	struct err err = {0};
	for (int i = 0; i < WORKERS; i++) {
		workers[i].depot = depot;
		workers[i].index = i;
		pthread_create(&workers[i].thread, NULL, make_many, &workers[i]);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		CHECK_OK(workers[i].result, &workers[i].err);
	}
	CHECK_OK(depot->ops->list(depot, "many+/", &objects, &err), &err);
	if (CHECK_INT_EQ(objects.count, MANY)) {
		CHECK_STR_EQ(objects.items[0].name, "many+/0000+");
		CHECK_STR_EQ(objects.items[MANY - 1].name, "many+/1049+");
	}
	depot_objects_release(&objects);
}

/* --- asked for ----------------------------------------------------------------------------- */

TEST(a_locked_object_stays)
{
	if (!is_ceph())
		return;
	make_bucket("locked", true);
	struct s3_options options = ordinary();
	options.bucket = "locked";
	options.lock_mode = "GOVERNANCE";
	options.lock_until_ms = clock_wall_ms() + 86400000;
	_cleanup_(depot_freep) struct depot *depot = open_with(&options);
	struct depot_upload *upload = NULL;
	struct depot_begin begin = {.name = "parts", .mark = "b1", .part_bytes = PART};
	struct depot_object object = {0};
	struct s3_answer answer = {0};
	struct err err = {0};
	CHECK_OK(depot->ops->put(depot, "kept", "1", 1, &err), &err);
	struct s3_call call = {.action = "s3:GetObjectRetention",
			       .method = "GET",
			       .name = "kept",
			       .query = "retention="};
	CHECK_OK(s3_call((struct s3 *)depot, &call, &answer, &err), &err);
	CHECK_STR_HAS(str_text(&answer.http.body), "<Mode>GOVERNANCE</Mode>");
	s3_answer_release(&answer);
	CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err);
	CHECK_OK(depot->ops->put_part(upload, 1, "x", 1, NULL, &err), &err);
	CHECK_OK(depot->ops->finish(upload, &object, &err), &err);
	depot_object_release(&object);
}

TEST(the_bucket_as_part_of_the_host_name)
{
	struct s3_options options = ordinary();
	options.endpoint = getenv("S3_HOST_ENDPOINT");
	if (!options.endpoint) /* the server knows no name of its own */
		return;
	options.virtual_host = true;
	_cleanup_(depot_freep) struct depot *depot = open_with(&options);
	struct depot_objects objects = {0};
	struct err err = {0};
	CHECK_OK(depot->ops->put(depot, "by host", "1", 1, &err), &err);
	CHECK_OK(depot->ops->list(depot, "by", &objects, &err), &err);
	CHECK_INT_EQ(objects.count, 1);
	depot_objects_release(&objects);
}

/* --- more than a page of parts ------------------------------------------------------------- */

enum { MANY_PARTS = 1050 };

static void *put_many_parts(void *context)
{
	struct worker *worker = context;
	struct depot_upload *upload = (struct depot_upload *)worker->depot;
	for (unsigned i = (unsigned)worker->index; i < MANY_PARTS && worker->result == 0;
	     i += WORKERS) {
		char part[1000];
		memset(part, (int)('a' + i % 26), sizeof part);
		worker->result =
			s3_put_part(upload, i + 1, part, sizeof part, NULL, &worker->err);
	}
	return NULL;
}

static void put_parts_at_once(struct depot_upload *upload)
{
	struct worker workers[WORKERS] = {0};
	for (int i = 0; i < WORKERS; i++) {
		workers[i].depot = (struct depot *)upload;
		workers[i].index = i;
		pthread_create(&workers[i].thread, NULL, put_many_parts, &workers[i]);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		CHECK_OK(workers[i].result, &workers[i].err);
	}
}

/* Swift takes 1000 parts at most, and none below 5 MiB. */
TEST(an_upload_of_more_than_a_page_of_parts)
{
	if (!is_ceph())
		return;
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_ops small = *depot->ops;
	struct depot_begin begin = {.name = "pages", .mark = "b1", .part_bytes = 1000};
	struct depot_upload *upload = NULL;
	struct depot_object object = {0};
	struct err err = {0};
	char back[1000];
	size_t count = 0;
	small.least_part_bytes = 1000;
	depot->ops = &small;
	if (!CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err))
		return;
	put_parts_at_once(upload);
	CHECK_OK(depot->ops->finish(upload, &object, &err), &err);
	CHECK_INT_EQ(object.size_bytes, MANY_PARTS * 1000);
	CHECK_OK(depot->ops->get(depot, "pages", 1049000, back, 1000, &count, &err),
		 &err);
	CHECK(count == 1000 && back[0] == 'a' + 1049 % 26 && back[999] == back[0]);
	CHECK_OK(depot->ops->remove(depot, "pages", &err), &err);
	depot_object_release(&object);
}

/* --- clocks, encryption, storage classes --------------------------------------------------- */

static int64_t clock_that_is_slow(void)
{
	return clock_wall_ms() - 1200000;
}

TEST(a_wrong_clock)
{
	_cleanup_(depot_freep) struct depot *depot = open_depot();
	struct depot_objects objects = {0};
	struct err err = {0};
	((struct s3 *)depot)->now_ms = clock_that_is_slow;
	CHECK_FAILS(depot->ops->list(depot, "", &objects, &err), &err, ERR_AUTH,
		    "the clocks are apart: this machine says 20");
	CHECK_NULL(strstr(err.message, "unknown"));
	CHECK_STR_HAS(err.hint, "NTP");
}

TEST(encryption_at_the_store)
{
	static const struct row {
		const char *name;
		const char *encryption, *key;
		const char *want; /* NULL: refused */
	} rows[] = {
		{"a key of the store's", "aws:kms", "belay-key", "aws:kms"},
		{"a key that is not there", "aws:kms", "no-key", NULL},
	};
	if (!getenv("S3_KMS_KEY")) /* Swift has none */
		return;
	FOR_ROWS(row, rows) {
		struct s3_options options = ordinary();
		options.encryption = row->encryption;
		options.kms_key = row->key;
		_cleanup_(depot_freep) struct depot *depot = open_with(&options);
		struct s3_answer answer = {0};
		struct err err = {0};
		char back[4];
		size_t count = 0;
		int result = depot->ops->put(depot, "encrypted", "1", 1, &err);
		if (!row->want) {
			CHECK_FAILS(result, &err, ERR_CONFIG, "KMS key");
			continue;
		}
		CHECK_OK(result, &err);
		struct s3_call call = {
			.action = "s3:GetObject", .method = "HEAD", .name = "encrypted"};
		CHECK_OK(s3_call((struct s3 *)depot, &call, &answer, &err), &err);
		CHECK_STR_EQ(http_response_header(&answer.http,
						  "x-amz-server-side-encryption"),
			     row->want);
		s3_answer_release(&answer);
		CHECK_OK(depot->ops->get(depot, "encrypted", 0, back, 4, &count, &err),
			 &err);
		CHECK_MEM_EQ(back, count, "1", 1);
		CHECK_OK(depot->ops->remove(depot, "encrypted", &err), &err);
	}
}

TEST(a_storage_class_that_nobody_knows)
{
	if (!is_ceph()) /* Swift does not look at it */
		return;
	struct s3_options options = ordinary();
	options.storage_class = "ATTIC";
	_cleanup_(depot_freep) struct depot *depot = open_with(&options);
	struct err err = {0};
	CHECK_FAILS(depot->ops->put(depot, "x", "1", 1, &err), &err, ERR_CONFIG,
		    "InvalidArgument");
	CHECK_STR_HAS(err.hint, "storage class 'ATTIC'");
}

/* --- faults -------------------------------------------------------------------------------- */

/* What a run does: begin, two parts, finish. The number of the part that went wrong is its own business. */
static int whole_upload(struct depot *depot, const char *name, struct err *err)
{
	struct depot_begin begin = {.name = name, .mark = "b1", .part_bytes = PART};
	struct depot_upload *upload = NULL;
	struct depot_object object = {0};
	_cleanup_free_ char *part = mem_alloc(PART);
	fill(part, 1);
	if (depot->ops->begin(depot, &begin, &upload, err) < 0)
		return -1;
	if (depot->ops->put_part(upload, 1, part, PART, NULL, err) < 0 ||
	    depot->ops->put_part(upload, 2, part, 1000, NULL, err) < 0 ||
	    depot->ops->finish(upload, &object, err) < 0) {
		depot->ops->drop(upload);
		return -1;
	}
	CHECK_INT_EQ(object.size_bytes, PART + 1000);
	depot_object_release(&object);
	return 0;
}

static void abandon_all(struct depot *depot, const char *prefix)
{
	struct depot_unfinished_list list = {0};
	struct err err = {0};
	CHECK_OK(depot->ops->unfinished(depot, prefix, INT64_MAX, &list, &err), &err);
	/* Only a lost answer to the first request leaves something that nobody knows. */
	CHECK(list.count <= 1);
	for (size_t i = 0; i < list.count; i++)
		CHECK_OK(depot->ops->abandon(depot, &list.items[i], &err), &err);
	depot_unfinished_release(&list);
}

TEST(each_request_of_an_upload_meets_each_fault)
{
	static const char *const faults[] = {"lost", "503", "reset",    "truncated",
					     "429",  "500", "502-after"};
	const size_t fault_count = is_ceph() ? ARRAY_SIZE(faults) : 2; /* slow */
	const char *front = getenv("S3_FRONT");
	if (!front)
		return;
	struct s3_options options = ordinary();
	options.endpoint = front;
	_cleanup_(depot_freep) struct depot *depot = open_with(&options);
	struct err err = {0};
	front_arm("", 0);
	CHECK_OK(whole_upload(depot, "faults/none", &err), &err);
	size_t requests = (size_t)front_count("count");
	CHECK(requests >= 7);
	for (size_t i = 0; i < fault_count; i++) {
		for (size_t at = 1; at <= requests; at++) {
			_cleanup_free_ char *name =
				str_format("faults/%s-%zu", faults[i], at);
			test_row("%s in request %zu", faults[i], at);
			front_arm(faults[i], at);
			err_clear(&err);
			CHECK_OK(whole_upload(depot, name, &err), &err);
			CHECK(front_count("count") >= (int64_t)at);
			front_arm("", 0);
			abandon_all(depot, name);
		}
	}
	test_at_row(NULL);
}

/* A whole put as well: what is lost is known again by its mark. */
TEST(each_fault_in_a_put)
{
	static const char *const faults[] = {"reset", "lost", "truncated", "429",
					     "500",   "503",  "502-after"};
	const char *front = getenv("S3_FRONT");
	if (!front)
		return;
	struct s3_options options = ordinary();
	options.endpoint = front;
	_cleanup_(depot_freep) struct depot *depot = open_with(&options);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct err err = {0};
		char back[8];
		size_t count = 0;
		_cleanup_free_ char *name = str_format("puts/%s", faults[i]);
		test_row("%s", faults[i]);
		front_arm(faults[i], 1);
		CHECK_OK(depot->ops->put(depot, name, "text", 4, &err), &err);
		front_arm(faults[i], 1);
		CHECK_OK(depot->ops->get(depot, name, 0, back, 8, &count, &err), &err);
		CHECK_MEM_EQ(back, count, "text", 4);
		front_arm("", 0);
	}
	test_at_row(NULL);
}
