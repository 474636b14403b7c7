/* Checks across the document, about the stores of a backup: names and places that are there twice, credentials
 * of several kinds, pieces that a store does not take, a policy that would keep nothing. */
#include "backups.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "cross.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define AGE_MAX_MS (36500 * DAY_MS)

/* Bounds of pack.chunk, and what a part of an upload to S3 has at least (Amazon S3: multipart upload limits). */
#define CHUNK_MIN ((int64_t)256 << 10)
#define CHUNK_MAX ((int64_t)64 << 20)
#define CHUNK_MIN_S3 ((int64_t)5 << 20)

/* --- keeping ----------------------------------------------------------------------------------- */

static bool keeps_by_count(const json_t *keep)
{
	static const char *const counts[] = {"last",   "hourly",  "daily",
					     "weekly", "monthly", "yearly"};
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (json_object_get(keep, counts[i]))
			return true;
	}
	return false;
}

static void cross_keep(const struct inspection *in, const struct spot *spot,
		       const json_t *keep)
{
	cross_duration_within(in, spot, keep, "local", 1000, AGE_MAX_MS);
	cross_duration_within(in, spot, keep, "remote", 1000, AGE_MAX_MS);
}

/* `keep` is what holds for the store; a policy that says nothing about it keeps nothing there. */
static void cross_policy(const struct inspection *in, const struct spot *spot,
			 const json_t *keep, const json_t *store, const char *name)
{
	bool local = json_object_get(store, "directory");
	if (!json_is_object(keep) || !json_object_size(keep) || keeps_by_count(keep) ||
	    json_object_get(keep, local ? "local" : "remote"))
		return;
	problem_add(in, spot, true,
		    str_format("add '%s', or how many ('last', 'daily', …)",
			       local ? "local" : "remote"),
		    "'keep' says nothing about store '%s', which is %s", name,
		    local ? "a directory of this machine" : "another place");
}

/* --- one store --------------------------------------------------------------------------------- */

static void cross_s3(const struct inspection *in, const struct spot *store_spot,
		     const json_t *store)
{
	const struct spot spot = AT(store_spot, "s3");
	const json_t *s3 = json_object_get(store, "s3");
	cross_exclusive(in, &spot, s3, "secret_key", "web_identity");
	cross_exclusive(in, &spot, s3, "secret_key", "profile");
	cross_exclusive(in, &spot, s3, "web_identity", "profile");
	cross_duration_within(in, &AT(&spot, "lock"), json_object_get(s3, "lock"), "for",
			      1000, AGE_MAX_MS);
	if (json_object_get(s3, "kms_key") &&
	    !str_equal(json_get_string(s3, "encryption", NULL), "aws:kms"))
		problem_add(in, &AT(&spot, "kms_key"), true,
			    mem_strdup("write 'encryption: aws:kms'"),
			    "'kms_key' only counts with encryption aws:kms");
}

/* Where a store lies on its machine, as it was written; NULL in a bucket. */
static const char *path_of(const json_t *store)
{
	const char *path = json_get_string(store, "directory", NULL);
	return path ? path : json_get_string(store, "path", NULL);
}

/* "st" and "./st//" are one path. Whether an absolute one leads to the same directory is known where belay runs only
 * (src/engine/backup_desk.c). */
static bool is_same_path(const char *a, const char *b)
{
	if (!a || !b || (*a == '/') != (*b == '/'))
		return a == b;
	_cleanup_free_ char *left = backup_source_prefix(a);
	_cleanup_free_ char *right = backup_source_prefix(b);
	return str_equal(left, right);
}

/* Two stores in one place: the second upload would find the names taken. */
static bool is_same_place(const json_t *a, const json_t *b)
{
	static const char *const s3_members[] = {"endpoint", "region", "bucket",
						 "prefix"};
	const json_t *a_s3 = json_object_get(a, "s3"), *b_s3 = json_object_get(b, "s3");
	if (!*backup_store_kind(a) || !a_s3 != !b_s3)
		return false;
	if (!str_equal(backup_store_kind(a), backup_store_kind(b)) ||
	    !str_equal(json_get_string(a, "ssh", NULL),
		       json_get_string(b, "ssh", NULL)) ||
	    !is_same_path(path_of(a), path_of(b)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(s3_members); i++) {
		if (!str_equal(json_get_string(a_s3, s3_members[i], NULL),
			       json_get_string(b_s3, s3_members[i], NULL)))
			return false;
	}
	return true;
}

static void report_same_place(const struct inspection *in, const struct spot *spot,
			      const json_t *store, const char *name, const json_t *other,
			      const char *taken)
{
	const char *path = path_of(store), *its_path = path_of(other);
	_cleanup_free_ char *paths =
		str_equal(path, its_path) ? mem_strdup("")
					  : str_format(" ('%s' is '%s')", path, its_path);
	problem_add(in, spot, false, mem_strdup("take one of the two out"),
		    "store '%s' is the same place as '%s'%s", name, taken, paths);
}

/* Against those before it. */
static void cross_twice(const struct inspection *in, const struct spot *spot,
			const json_t *stores, size_t index)
{
	const json_t *store = listed_at(stores, index);
	_cleanup_free_ char *name = backup_store_name(stores, index);
	for (size_t i = 0; i < index; i++) {
		const json_t *other = listed_at(stores, i);
		_cleanup_free_ char *taken = backup_store_name(stores, i);
		if (*name && str_equal(name, taken))
			problem_add(in, spot, false, mem_strdup("give it another 'name'"),
				    "there are two stores called '%s'", name);
		if (is_same_place(store, other))
			report_same_place(in, spot, store, name, other, taken);
	}
}

static void cross_store(const struct inspection *in, const struct spot *spot,
			const json_t *backup, size_t index)
{
	const json_t *stores = json_object_get(backup, "store");
	const json_t *store = listed_at(stores, index);
	const json_t *own = json_object_get(store, "keep");
	const struct spot keep_spot = AT(spot, "keep");
	_cleanup_free_ char *name = backup_store_name(stores, index);
	cross_name(in, spot, store, "ssh", json_object_get(in->root, "hosts"), "host");
	cross_s3(in, spot, store);
	cross_twice(in, spot, stores, index);
	cross_keep(in, &keep_spot, own);
	if (own)
		cross_policy(in, &keep_spot, own, store, name);
}

/* --- all of them ------------------------------------------------------------------------------- */

static void cross_chunk(const struct inspection *in, const struct spot *backup_spot,
			const json_t *backup)
{
	const json_t *stores = json_object_get(backup, "store");
	int64_t min = CHUNK_MIN;
	for (size_t i = 0; i < listed_count(stores); i++) {
		if (json_object_get(listed_at(stores, i), "s3"))
			min = CHUNK_MIN_S3;
	}
	cross_size_within(in, &AT(backup_spot, "pack"), json_object_get(backup, "pack"),
			  "chunk", min, CHUNK_MAX);
}

void cross_stores(const struct inspection *in, const struct spot *backup_spot,
		  const json_t *backup)
{
	const struct spot list = AT(backup_spot, "store");
	const struct spot keep_spot = AT(backup_spot, "keep");
	const json_t *stores = json_object_get(backup, "store");
	const json_t *keep = json_object_get(backup, "keep");
	cross_chunk(in, backup_spot, backup);
	cross_keep(in, &keep_spot, keep);
	for (size_t i = 0; i < listed_count(stores); i++) {
		const json_t *store = listed_at(stores, i);
		_cleanup_free_ char *name = backup_store_name(stores, i);
		char buffer[INDEX_BYTES];
		const struct spot element = AT(&list, spot_index(buffer, i));
		cross_store(in, json_is_array(stores) ? &element : &list, backup, i);
		if (!json_object_get(store, "keep"))
			cross_policy(in, &keep_spot, keep, store, name);
	}
}
