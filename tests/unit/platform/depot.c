/* Names, parts, and a depot in a directory. */
#include "platform/depot.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/clock.h"
#include "platform/depot_directory.h"
#include "platform/fs.h"
#include "platform/process.h"
#include "test.h"

TEST(names)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *fault; /* NULL: good */
	} rows[] = {
		{"plain", "db/2026/data", NULL},
		{"space, quotes, umlaut", "größe \"1\"+%41 'x'", NULL},
		{"dots inside", "a/..b/c..", NULL},
		{"empty", "", "is empty"},
		{"absolute", "/etc/passwd", "empty part"},
		{"double slash", "a//b", "empty part"},
		{"slash at the end", "a/", "empty part"},
		{"up", "a/../b", "leads elsewhere"},
		{"up at the end", "a/..", "leads elsewhere"},
		{"here", "./a", "leads elsewhere"},
		{"line break", "a\nb", "control character"},
		{"delete", "a\x7f", "control character"},
		{"not UTF-8", "a\xff", "not UTF-8"},
		{"uploads", ".belay-uploads/x", "belay's own"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		int result = depot_check_name(row->text, &err);
		if (row->fault)
			CHECK_FAILS(result, &err, ERR_CONFIG, row->fault);
		else
			CHECK_OK(result, &err);
	}
	struct err err = {0};
	_cleanup_str_ struct str is_long = STR_INIT;
	for (int i = 0; i <= DEPOT_NAME_MAX / 2; i++)
		str_add(&is_long, "a/");
	str_add(&is_long, "b");
	CHECK_FAILS(depot_check_name(is_long.data, &err), &err, ERR_CONFIG, "too long");
}

TEST(parts_are_complete)
{
	static const struct row {
		const char *name;
		struct depot_part parts[3];
		const char *fault;
	} rows[] = {
		{"in any order",
		 {{.number = 2, 5}, {.number = 1, 5}, {.number = 3, 2}},
		 NULL},
		{"the last replaced",
		 {{.number = 1, 5}, {.number = 2, 5}, {.number = 2, 1}},
		 NULL},
		{"one missing", {{.number = 1, 5}, {.number = 3, 5}}, "part 2 was not"},
		{"a short one", {{.number = 1, 4}, {.number = 2, 5}}, "part 1 has 4"},
		{"a long one", {{.number = 1, 6}}, "part 1 has 6"},
		{"none", {{0}}, "no part"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		struct depot_parts parts = {0};
		for (size_t i = 0; i < 3; i++)
			if (row->parts[i].number)
				depot_parts_set(&parts, &row->parts[i]);
		int result = depot_parts_check(&parts, 5, &err);
		if (row->fault)
			CHECK_FAILS(result, &err, ERR_STATE, row->fault);
		else
			CHECK_OK(result, &err);
		depot_parts_release(&parts);
	}
}

/* --- a directory --------------------------------------------------------------------------- */

static struct depot *open_directory(void)
{
	struct err err = {0};
	struct depot *depot = NULL;
	CHECK_OK(depot_directory_new(test_directory(), 0640, &depot, &err), &err);
	return depot;
}

static struct depot_upload *begin_upload(struct depot *depot, const char *name)
{
	struct err err = {0};
	struct depot_upload *upload = NULL;
	struct depot_begin begin = {.name = name, .mark = "b1", .part_bytes = 4};
	CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err);
	return upload;
}

static size_t count_unfinished(struct depot *depot, const char *prefix)
{
	struct err err = {0};
	struct depot_unfinished_list list = {0};
	CHECK_OK(depot->ops->unfinished(depot, prefix, INT64_MAX, &list, &err), &err);
	size_t count = list.count;
	depot_unfinished_release(&list);
	return count;
}

TEST(an_object_in_parts)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct depot_upload *upload = begin_upload(depot, "db/a/data");
	struct depot_object object = {0};
	struct depot_objects objects = {0};
	struct err err = {0};
	char buffer[16] = "";
	size_t count = 0;
	CHECK_OK(depot->ops->put_part(upload, 3, "i", 1, NULL, &err), &err);
	CHECK_OK(depot->ops->put_part(upload, 1, "abcd", 4, NULL, &err), &err);
	CHECK_OK(depot->ops->put_part(upload, 2, "efgh", 4, NULL, &err), &err);
	CHECK_OK(depot->ops->list(depot, "", &objects, &err), &err);
	CHECK_INT_EQ(objects.count, 0);
	CHECK_INT_EQ(count_unfinished(depot, "db/"), 1);
	CHECK_INT_EQ(count_unfinished(depot, "web/"), 0);
	CHECK_OK(depot->ops->finish(upload, &object, &err), &err);
	CHECK_INT_EQ(object.size_bytes, 9);
	CHECK_INT_EQ(count_unfinished(depot, ""), 0);
	CHECK_OK(depot->ops->get(depot, "db/a/data", 3, buffer, sizeof buffer, &count,
				 &err),
		 &err);
	CHECK_MEM_EQ(buffer, count, "defghi", 6);
	CHECK_OK(depot->ops->get(depot, "db/a/data", 90, buffer, 5, &count, &err), &err);
	CHECK_INT_EQ(count, 0);

	struct stat status;
	_cleanup_free_ char *path = str_format("%s/db/a/data", test_directory());
	CHECK_INT_EQ(stat(path, &status), 0);
	CHECK_INT_EQ(status.st_mode & 0777, 0640);
	CHECK_INT_EQ(status.st_nlink, 1);
	depot_object_release(&object);
}

/* Where a part begins in memory, and how large parts are, decides how it gets to the disk, and nothing else. */
static const struct way_row {
	const char *name;
	size_t offset, part, last;
} way_rows[] = {
	{"past the cache", 0, 3 * DEPOT_ALIGN_BYTES, 2 * DEPOT_ALIGN_BYTES},
	{"but for the end", 0, 3 * DEPOT_ALIGN_BYTES, DEPOT_ALIGN_BYTES + 17},
	{"but for the end of each", 0, 3 * DEPOT_ALIGN_BYTES + 1, 5},
	{"through the cache", 8, 3 * DEPOT_ALIGN_BYTES, DEPOT_ALIGN_BYTES},
};

TEST(parts_of_every_alignment)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	FOR_ROWS(row, way_rows) {
		size_t whole = 2 * row->part + row->last;
		_cleanup_free_ unsigned char *memory =
			mem_alloc(whole + 2 * DEPOT_ALIGN_BYTES);
		unsigned char *data = memory + row->offset +
				      (-(uintptr_t)memory & (DEPOT_ALIGN_BYTES - 1));
		_cleanup_free_ unsigned char *back = mem_alloc(whole + 1);
		struct depot_upload *upload = NULL;
		struct depot_object object = {0};
		struct err err = {0};
		size_t count = 0;
		struct depot_begin begin = {
			.name = row->name, .mark = "b1", .part_bytes = row->part};
		for (size_t i = 0; i < whole; i++)
			data[i] = (unsigned char)(i * 7 + i / 251);
		CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err);
		for (unsigned number = 3; number > 0; number--)
			CHECK_OK(depot->ops->put_part(
					 upload, number, data + (number - 1) * row->part,
					 number == 3 ? row->last : row->part, NULL, &err),
				 &err);
		CHECK_OK(depot->ops->finish(upload, &object, &err), &err);
		CHECK_INT_EQ(object.size_bytes, whole);
		CHECK_OK(depot->ops->get(depot, row->name, 0, back, whole + 1, &count,
					 &err),
			 &err);
		CHECK_MEM_EQ(back, count, data, whole);
		depot_object_release(&object);
	}
}

TEST(nothing_is_overwritten)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct depot_object object = {0};
	struct err err = {0};
	char buffer[8];
	size_t count = 0;
	struct depot_begin again = {.name = "a", .mark = "b2", .part_bytes = 4};
	struct depot_upload *late = begin_upload(depot, "a");
	CHECK_OK(depot->ops->put_part(late, 1, "late", 4, NULL, &err), &err);
	CHECK_OK(depot->ops->put(depot, "a", "first", 5, &err), &err);
	CHECK_FAILS(depot->ops->put(depot, "a", "second", 6, &err), &err, ERR_FAIL,
		    "exists already");
	CHECK_INT_EQ(err.sys_errno, EEXIST);
	struct depot_upload *none = NULL;
	CHECK_FAILS(depot->ops->begin(depot, &again, &none, &err), &err, ERR_FAIL,
		    "exists already");
	err_clear(&err);
	CHECK_FAILS(depot->ops->finish(late, &object, &err), &err, ERR_FAIL,
		    "exists already");
	CHECK_INT_EQ(err.sys_errno, EEXIST);
	err_clear(&err);
	CHECK_OK(depot->ops->get(depot, "a", 0, buffer, sizeof buffer, &count, &err),
		 &err);
	CHECK_MEM_EQ(buffer, count, "first", 5);
	CHECK_INT_EQ(count_unfinished(depot, ""), 1);
	CHECK_OK(depot->ops->abort(late, &err), &err);
	CHECK_INT_EQ(count_unfinished(depot, ""), 0);
}

TEST(a_name_below_an_object_is_refused)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct err err = {0};
	CHECK_OK(depot->ops->put(depot, "a", "1", 1, &err), &err);
	CHECK_INT_EQ(depot->ops->put(depot, "a/b", "1", 1, &err), -1);
	CHECK_INT_EQ(count_unfinished(depot, ""), 0);
}

enum { RACERS = 8 };
struct racer {
	pthread_t thread;
	struct depot *depot;
	char text[32];
	int result;
	struct err err;
};

static void *race(void *context)
{
	struct racer *racer = context;
	racer->result = racer->depot->ops->put(racer->depot, "won", racer->text,
					       strlen(racer->text), &racer->err);
	return NULL;
}

TEST(a_race_has_one_winner)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct racer racers[RACERS] = {0};
	int winners = 0;
	for (int i = 0; i < RACERS; i++) {
		racers[i].depot = depot;
		snprintf(racers[i].text, sizeof racers[i].text, "racer %d", i);
		pthread_create(&racers[i].thread, NULL, race, &racers[i]);
	}
	for (int i = 0; i < RACERS; i++)
		pthread_join(racers[i].thread, NULL);
	char buffer[32] = "";
	size_t count = 0;
	struct err err = {0};
	CHECK_OK(depot->ops->get(depot, "won", 0, buffer, sizeof buffer, &count, &err),
		 &err);
	for (int i = 0; i < RACERS; i++) {
		if (racers[i].result == 0) {
			winners++;
			CHECK_MEM_EQ(buffer, count, racers[i].text,
				     strlen(racers[i].text));
		} else {
			CHECK_INT_EQ(racers[i].err.sys_errno, EEXIST);
		}
	}
	CHECK_INT_EQ(winners, 1);
	CHECK_INT_EQ(count_unfinished(depot, ""), 0);
}

TEST(listing_and_removing)
{
	static const char *const names[] = {"a/b", "a/b/c", "a-b", "ab", "b/a"};
	static const struct row {
		const char *name;
		const char *prefix;
		const char *want;
	} rows[] = {
		{"all", "", "a-b a/b/c ab b/a "},
		{"directory", "a/", "a/b/c "},
		{"part of a name", "a", "a-b a/b/c ab "},
		{"deep", "a/b/c", "a/b/c "},
		{"none", "c", ""},
		{"a file as directory", "ab/", ""},
	};
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct err err = {0};
	for (size_t i = 1; i < ARRAY_SIZE(names); i++)
		CHECK_OK(depot->ops->put(depot, names[i], "1", 1, &err), &err);
	FOR_ROWS(row, rows) {
		struct depot_objects objects = {0};
		_cleanup_str_ struct str got = STR_INIT;
		CHECK_OK(depot->ops->list(depot, row->prefix, &objects, &err), &err);
		for (size_t i = 0; i < objects.count; i++)
			str_addf(&got, "%s ", objects.items[i].name);
		CHECK_STR_EQ(str_text(&got), row->want);
		depot_objects_release(&objects);
	}
	struct depot_object object = {0};
	CHECK_OK(depot->ops->remove(depot, "ab", &err), &err);
	CHECK_OK(depot->ops->remove(depot, "ab", &err), &err);
	CHECK_FAILS(depot->ops->head(depot, "ab", &object, &err), &err, ERR_NOT_FOUND,
		    "there is no");
}

struct remover {
	pthread_t thread;
	struct depot *depot;
	pthread_barrier_t *barrier;
	char name[32];
	int result;
	struct err err;
};

static void *remove_one(void *context)
{
	struct remover *remover = context;
	pthread_barrier_wait(remover->barrier);
	remover->result =
		remover->depot->ops->remove(remover->depot, remover->name, &remover->err);
	return NULL;
}

/* Two that tidy up at once: the directories of the one may be gone before it looks at them. */
TEST(removing_at_the_same_time)
{
	enum { ROUNDS = 200, REMOVERS = 4 };
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct err err = {0};
	for (int round = 0; round < ROUNDS; round++) {
		struct remover removers[REMOVERS] = {0};
		pthread_barrier_t barrier;
		pthread_barrier_init(&barrier, NULL, REMOVERS);
		for (int i = 0; i < REMOVERS; i++) {
			removers[i].depot = depot;
			removers[i].barrier = &barrier;
			snprintf(removers[i].name, sizeof removers[i].name, "a/b/%d", i);
			CHECK_OK(depot->ops->put(depot, removers[i].name, "1", 1, &err),
				 &err);
		}
		for (int i = 0; i < REMOVERS; i++)
			pthread_create(&removers[i].thread, NULL, remove_one,
				       &removers[i]);
		for (int i = 0; i < REMOVERS; i++) {
			pthread_join(removers[i].thread, NULL);
			CHECK_OK(removers[i].result, &removers[i].err);
		}
		pthread_barrier_destroy(&barrier);
	}
}

/* --- interrupted --------------------------------------------------------------------------- */

static int shell(const char *command)
{
	struct err err = {0};
	_cleanup_outcome_ struct run_outcome outcome = {0};
	const struct process process = {
		.shell = command, .max_output_bytes = 4000, .stop = STOP_NEVER};
	return CHECK_OK(process_run(&process, &outcome, &err), &err) && outcome.exited
		       ? outcome.exit
		       : -1;
}

/* Killed after the object had its name, before the upload was tidied away: what is left goes, the object stays. */
TEST(an_upload_that_was_finished_already)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct depot_upload *upload = begin_upload(depot, "a");
	struct depot_unfinished_list list = {0};
	struct depot_object object = {0};
	struct err err = {0};
	CHECK_OK(depot->ops->put_part(upload, 1, "abc", 3, NULL, &err), &err);
	depot->ops->drop(upload);
	CHECK_OK(depot->ops->unfinished(depot, "", INT64_MAX, &list, &err), &err);
	if (!CHECK_INT_EQ(list.count, 1))
		return;
	_cleanup_free_ char *data = str_format("%s/.belay-uploads/%s.data",
					       test_directory(), list.items[0].id);
	_cleanup_free_ char *path = str_format("%s/a", test_directory());
	CHECK_INT_EQ(link(data, path), 0);
	CHECK_OK(depot->ops->abandon(depot, &list.items[0], &err), &err);
	CHECK_INT_EQ(count_unfinished(depot, ""), 0);
	CHECK_OK(depot->ops->head(depot, "a", &object, &err), &err);
	CHECK_INT_EQ(object.size_bytes, 3);
	depot_object_release(&object);
	depot_unfinished_release(&list);
}

/* Whoever looks for litter sees when an upload was last added to, not when it was begun. */
TEST(an_upload_that_still_grows)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct depot_upload *upload = begin_upload(depot, "a");
	struct depot_unfinished_list list = {0};
	struct err err = {0};
	int64_t now_ms = clock_wall_ms();
	_cleanup_free_ char *age = str_format(
		"touch -d '2 days ago' '%s'/.belay-uploads/*", test_directory());
	CHECK_INT_EQ(shell(age), 0);
	CHECK_OK(depot->ops->unfinished(depot, "", now_ms - 3600000, &list, &err), &err);
	CHECK_INT_EQ(list.count, 1);
	depot_unfinished_release(&list);
	CHECK_OK(depot->ops->put_part(upload, 1, "abc", 3, NULL, &err), &err);
	CHECK_OK(depot->ops->unfinished(depot, "", now_ms - 3600000, &list, &err), &err);
	CHECK_INT_EQ(list.count, 0);
	depot_unfinished_release(&list);
	CHECK_OK(depot->ops->abort(upload, &err), &err);
}

/* What a crash left before the note was written is nobody's for a minute, then anybody's. */
TEST(an_upload_without_a_note)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct err err = {0};
	_cleanup_free_ char *make =
		str_format("mkdir -p '%s/.belay-uploads' && cd '%s/.belay-uploads' && : "
			   ">0123456789abcdef.note",
			   test_directory(), test_directory());
	CHECK_INT_EQ(shell(make), 0);
	CHECK_INT_EQ(count_unfinished(depot, "db/"), 0);
	_cleanup_free_ char *age = str_format(
		"touch -d '2 minutes ago' '%s'/.belay-uploads/*", test_directory());
	CHECK_INT_EQ(shell(age), 0);
	CHECK_INT_EQ(count_unfinished(depot, "db/"), 1);
	(void)err;
}

TEST(what_is_left_behind_is_abandoned)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct depot_unfinished_list list = {0};
	struct err err = {0};
	depot->ops->drop(begin_upload(depot, "db/a"));
	CHECK_OK(depot->ops->unfinished(depot, "db/", clock_wall_ms() - 60000, &list,
					&err),
		 &err);
	CHECK_INT_EQ(list.count, 0);
	CHECK_OK(depot->ops->unfinished(depot, "db/", INT64_MAX, &list, &err), &err);
	if (CHECK_INT_EQ(list.count, 1)) {
		CHECK_STR_EQ(list.items[0].name, "db/a");
		CHECK_OK(depot->ops->abandon(depot, &list.items[0], &err), &err);
		CHECK_OK(depot->ops->abandon(depot, &list.items[0], &err), &err);
	}
	depot_unfinished_release(&list);
	CHECK_INT_EQ(count_unfinished(depot, ""), 0);
	char **names = NULL;
	size_t count = 9;
	_cleanup_free_ char *uploads = str_format("%s/.belay-uploads", test_directory());
	CHECK_OK(fs_list(uploads, &names, &count, &err), &err);
	CHECK_INT_EQ(count, 0);
}

TEST(an_incomplete_upload_is_not_finished)
{
	_cleanup_(depot_freep) struct depot *depot = open_directory();
	struct depot_upload *upload = begin_upload(depot, "a");
	struct depot_object object = {0};
	struct err err = {0};
	CHECK_OK(depot->ops->put_part(upload, 2, "abcd", 4, NULL, &err), &err);
	CHECK_FAILS(depot->ops->put_part(upload, 1, "abcde", 5, NULL, &err), &err,
		    ERR_LIMIT, "too large");
	err_clear(&err);
	CHECK_FAILS(depot->ops->finish(upload, &object, &err), &err, ERR_STATE,
		    "part 1 was not uploaded");
	CHECK_INT_EQ(count_unfinished(depot, ""), 1);
	/* It is as it was: what is missing can still come. */
	err_clear(&err);
	CHECK_OK(depot->ops->put_part(upload, 1, "abcd", 4, NULL, &err), &err);
	CHECK_OK(depot->ops->finish(upload, &object, &err), &err);
	CHECK_INT_EQ(object.size_bytes, 8);
	CHECK_INT_EQ(count_unfinished(depot, ""), 0);
	depot_object_release(&object);
}
