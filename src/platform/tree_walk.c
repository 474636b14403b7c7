/* A walk through a directory. */
#include "platform/tree_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "platform/beneath.h"

enum { OPEN_MAX_LEVELS = 32 };

struct tree_name {
	uint32_t at;   /* in `names` */
	uint32_t type; /* S_IFMT bits */
};

static int fail(const char *path, struct err *err)
{
	return err_set_errno(err, ERR_FAIL, errno, "cannot read the directory '%s'",
			     *path ? path : ".");
}

static int by_name(const void *a, const void *b, void *names)
{
	const struct tree_name *x = a, *y = b;
	return strcmp((const char *)names + x->at, (const char *)names + y->at);
}

static int read_names(DIR *directory, struct tree_level *level)
{
	struct {
		char *items;
		size_t count, capacity;
	} text = {0};
	struct {
		struct tree_name *items;
		size_t count, capacity;
	} order = {0};
	const struct dirent *entry;
	while (errno = 0, (entry = readdir(directory))) {
		const char *name = entry->d_name;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (text.count > UINT32_MAX - NAME_MAX - 1) {
			errno = EFBIG;
			break;
		}
		*vec_push(&order) =
			(struct tree_name){.at = (uint32_t)text.count,
					   .type = (uint32_t)DTTOIF(entry->d_type)};
		size_t len = strlen(name) + 1;
		while (text.capacity < text.count + len)
			text.items =
				vec_reserve(text.items, text.capacity, &text.capacity, 1);
		memcpy(text.items + text.count, name, len);
		text.count += len;
	}
	level->names = text.items;
	level->order = order.items;
	level->count = order.count;
	return errno ? -1 : 0;
}

/* Reads the directory and keeps it open. */
static int list(struct tree_level *level)
{
	int copy = fcntl(level->fd, F_DUPFD_CLOEXEC, 0);
	DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
	if (!directory) {
		if (copy >= 0)
			close(copy);
		return -1;
	}
	int result = read_names(directory, level);
	int number = errno;
	closedir(directory);
	errno = number;
	if (level->count)
		qsort_r(level->order, level->count, sizeof *level->order, by_name,
			level->names);
	return result;
}

static void close_level(struct tree_level *level)
{
	if (level->fd >= 0)
		close(level->fd);
	level->fd = -1;
}

static void leave(struct tree_walk *walk)
{
	struct tree_level *level = &walk->levels.items[--walk->levels.count];
	close_level(level);
	free(level->names);
	free(level->order);
}

static void cut_path(struct str *path, size_t len)
{
	path->len = len;
	if (path->data)
		path->data[len] = '\0';
}

int tree_walk_enter(struct tree_walk *walk, int fd, const struct stat *status,
		    struct err *err)
{
	struct tree_level level = {
		.fd = fd, .status = *status, .path_len = walk->path.len};
	size_t depth = walk->levels.count;
	if (depth) {
		level.included = walk->levels.items[depth - 1].included;
		level.announced = walk->levels.items[depth - 1].announced;
	}
	if (depth >= OPEN_MAX_LEVELS)
		close_level(&walk->levels.items[depth - OPEN_MAX_LEVELS]);
	int result = list(&level) < 0 ? fail(str_text(&walk->path), err) : 0;
	*vec_push(&walk->levels) = level;
	return result;
}

int tree_walk_begin(struct tree_walk *walk, int root, struct err *err)
{
	*walk = (struct tree_walk){.root = root, .path = STR_INIT};
	struct stat status;
	int fd = fstat(root, &status) < 0 ? -1 : fcntl(root, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return fail("", err);
	return tree_walk_enter(walk, fd, &status, err);
}

void tree_walk_end(struct tree_walk *walk)
{
	while (walk->levels.count)
		leave(walk);
	free(walk->levels.items);
	str_release(&walk->path);
}

static int open_again(struct tree_walk *walk, struct tree_level *level, struct err *err)
{
	const char *path = str_text(&walk->path);
	struct stat status;
	level->fd = beneath_open(walk->root, path);
	if (level->fd < 0 || fstat(level->fd, &status) < 0)
		return fail(path, err);
	if (status.st_dev == level->status.st_dev &&
	    status.st_ino == level->status.st_ino)
		return 0;
	err_set(err, ERR_FAIL, "the directory '%s' was replaced while it was read", path);
	return err_hint(err, "try again when nothing moves its directories");
}

int tree_walk_next(struct tree_walk *walk, struct tree_step *ret, struct err *err)
{
	while (walk->levels.count) {
		struct tree_level *level = &walk->levels.items[walk->levels.count - 1];
		cut_path(&walk->path, level->path_len);
		if (level->next == level->count) {
			leave(walk);
			continue;
		}
		if (level->fd < 0 && open_again(walk, level, err) < 0)
			return -1;
		const struct tree_name *entry = &level->order[level->next++];
		const char *name = level->names + entry->at;
		if (walk->path.len)
			str_add_char(&walk->path, '/');
		str_add(&walk->path, name);
		*ret = (struct tree_step){.level = level,
					  .path = str_text(&walk->path),
					  .name = name,
					  .type = entry->type};
		return 1;
	}
	return 0;
}
