/* Packing trees: what each thing that the walk meets becomes in the archive. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/clock.h"
#include "platform/owner_names.h"
#include "platform/tar_writer.h"
#include "platform/tree.h"
#include "platform/tree_attributes.h"
#include "platform/tree_links.h"
#include "platform/tree_pattern.h"
#include "platform/tree_walk.h"

/* Past so many holes the rest of a file is packed as data: a map of them has to fit into memory, also in the restorer's. */
enum { EXTENTS_MAX = 100000 };

struct packer {
	const struct tree_pack *pack;
	struct tar_writer *writer;
	struct owner_names *names;
	struct tree_attributes *attributes;
	struct tree_links *links;
	uint64_t entries;

	const struct tree_source *source;
	const char *origin;     /* the source's own path */
	struct tree_walk *walk; /* NULL for a single file */
	struct str path;        /* in the archive, of the entry in hand */
	struct str records;
	struct {
		struct tar_extent *items;
		size_t count, capacity;
	} extents;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define _cleanup_fd_ __attribute__((cleanup(close_fd)))

static int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/* --- words ----------------------------------------------------------------------------------- */

/* Where something is on disk, for people. */
static char *shown(const struct packer *packer, const char *path)
{
	char *text = *path ? str_format("%s/%s", packer->origin, path)
			   : mem_strdup(packer->origin);
	str_keep_utf8(text);
	return text;
}

static void tell(const struct packer *packer, enum tree_event event, const char *path,
		 const char *reason)
{
	if (!packer->pack->tell)
		return;
	_cleanup_free_ char *text = shown(packer, path);
	packer->pack->tell(packer->pack->context, event, text, reason);
}

static int cannot_read(const struct packer *packer, const char *path, struct err *err)
{
	int number = errno;
	_cleanup_free_ char *text = shown(packer, path);
	err_set_errno(err, number == ENOENT ? ERR_NOT_FOUND : ERR_FAIL, number,
		      "cannot read '%s'", text);
	return number == EACCES || number == EPERM
		       ? err_hint(err,
				  "exclude it, or let a user pack it who may read it")
		       : -1;
}

/* --- one entry ------------------------------------------------------------------------------- */

/* Sets the name of the entry in the archive. */
static int set_path(struct packer *packer, const char *path, struct err *err)
{
	struct str *whole = &packer->path;
	str_clear(whole);
	str_add(whole, packer->source->prefix ? packer->source->prefix : "");
	if (whole->len && *path)
		str_add_char(whole, '/');
	str_add(whole, path);
	if (!whole->len)
		str_add_char(whole, '.');
	if (whole->len < PATH_MAX)
		return 0;
	_cleanup_free_ char *text = shown(packer, path);
	err_set(err, ERR_FAIL, "the name '%.300s…' has %zu bytes in the archive", text,
		whole->len);
	return err_hint(err, "longer ones than %d cannot be restored; exclude it",
			PATH_MAX - 1);
}

static int put_entry(struct packer *packer, struct tar_entry *entry,
		     const struct stat *status, struct err *err)
{
	entry->path = str_text(&packer->path);
	entry->mode = status->st_mode & 07777;
	entry->uid = status->st_uid;
	entry->gid = status->st_gid;
	entry->user = owner_names_user(packer->names, status->st_uid);
	entry->group = owner_names_group(packer->names, status->st_gid);
	entry->modified = status->st_mtim;
	packer->entries++;
	return tar_writer_entry(packer->writer, entry, err);
}

static const struct str *attributes_of(struct packer *packer, int fd)
{
	str_clear(&packer->records);
	tree_attributes_read(packer->attributes, fd, &packer->records);
	return &packer->records;
}

static int put_directory(struct packer *packer, const char *path, int fd,
			 const struct stat *status, struct err *err)
{
	if (set_path(packer, path, err) < 0)
		return -1;
	struct tar_entry entry = {.type = TAR_DIRECTORY,
				  .records = attributes_of(packer, fd)};
	return put_entry(packer, &entry, status, err);
}

/* With `include`, a directory comes when something in it does. */
static int announce(struct packer *packer, struct err *err)
{
	struct tree_walk *walk = packer->walk;
	for (size_t i = 0; walk && i < walk->levels.count; i++) {
		struct tree_level *level = &walk->levels.items[i];
		if (level->announced)
			continue;
		_cleanup_free_ char *path =
			mem_strndup(str_text(&walk->path), level->path_len);
		level->announced = true;
		/* One far up may be closed: then its attributes are not read. */
		if (put_directory(packer, path, level->fd, &level->status, err) < 0)
			return -1;
	}
	return 0;
}

/* --- files ----------------------------------------------------------------------------------- */

/* Where a file has data. False when all of it is, as far as the file system says. */
static bool find_extents(struct packer *packer, int fd, const struct stat *status)
{
	packer->extents.count = 0;
	off_t at = 0, size = status->st_size;
	if (status->st_blocks * 512 >= size)
		return false;
	while (at < size) {
		off_t data = lseek(fd, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			return false;
		if (hole > size || packer->extents.count == EXTENTS_MAX)
			hole = size;
		if (data >= hole)
			break;
		*vec_push(&packer->extents) = (struct tar_extent){
			.offset = (uint64_t)data, .bytes = (uint64_t)(hole - data)};
		at = hole;
	}
	/* NULL would say that there is no map. */
	if (!packer->extents.items) {
		(void)vec_push(&packer->extents);
		packer->extents.count = 0;
	}
	return packer->extents.count != 1 || packer->extents.items[0].offset ||
	       packer->extents.items[0].bytes != (uint64_t)size;
}

/* 0, or 1 when the file ended before. */
static int put_content(struct packer *packer, const char *path, int fd, uint64_t offset,
		       uint64_t bytes, struct err *err)
{
	while (bytes) {
		void *space;
		size_t room;
		if (stop_asked(&packer->pack->stop))
			return err_set(err, ERR_CANCELLED, "cancelled by a signal");
		if (tar_writer_space(packer->writer, &space, &room, err) < 0)
			return -1;
		if (room > bytes)
			room = (size_t)bytes;
		ssize_t got = pread(fd, space, room, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cannot_read(packer, path, err);
		if (got == 0)
			return tar_writer_zeros(packer->writer, bytes, err) < 0 ? -1 : 1;
		tar_writer_filled(packer->writer, (size_t)got);
		offset += (uint64_t)got;
		bytes -= (uint64_t)got;
	}
	return 0;
}

static int put_extents(struct packer *packer, const char *path, int fd,
		       const struct tar_entry *entry, struct err *err)
{
	if (!entry->extents)
		return put_content(packer, path, fd, 0, entry->size, err);
	int shorter = 0;
	for (size_t i = 0; i < entry->extent_count; i++) {
		int result = put_content(packer, path, fd, entry->extents[i].offset,
					 entry->extents[i].bytes, err);
		if (result < 0)
			return -1;
		shorter |= result;
	}
	return shorter;
}

static int put_file(struct packer *packer, const char *path, int fd,
		    const struct stat *status, struct err *err)
{
	struct tar_entry entry = {.type = TAR_FILE, .size = (uint64_t)status->st_size};
	if (set_path(packer, path, err) < 0)
		return -1;
	if (status->st_nlink > 1)
		entry.target =
			tree_links_meet(packer->links, status, str_text(&packer->path));
	if (entry.target) {
		entry.type = TAR_HARDLINK;
		entry.size = 0;
		return put_entry(packer, &entry, status, err);
	}
	entry.records = attributes_of(packer, fd);
	if (find_extents(packer, fd, status)) {
		entry.extents = packer->extents.items;
		entry.extent_count = packer->extents.count;
	}
	struct stat after;
	int shorter = put_entry(packer, &entry, status, err) < 0
			      ? -1
			      : put_extents(packer, path, fd, &entry, err);
	if (shorter < 0)
		return -1;
	if (shorter)
		tell(packer, TREE_CHANGED, path, "became shorter while it was read");
	else if (fstat(fd, &after) == 0 &&
		 (after.st_size != status->st_size ||
		  after.st_mtim.tv_sec != status->st_mtim.tv_sec ||
		  after.st_mtim.tv_nsec != status->st_mtim.tv_nsec))
		tell(packer, TREE_CHANGED, path, "changed while it was read");
	return 0;
}

/* --- steps of the walk ----------------------------------------------------------------------- */

/* Something that was there is not, or is something else by now. 1: it was; -1: another reason. */
static int vanished(struct packer *packer, const char *path, struct err *err)
{
	if (errno != ENOENT && errno != ELOOP && errno != ENOTDIR && errno != ENXIO)
		return cannot_read(packer, path, err);
	tell(packer, TREE_MISSING, path,
	     errno == ENOENT ? "vanished while its directory was read"
			     : "was replaced while its directory was read");
	return 1;
}

static bool elsewhere(struct packer *packer, const struct stat *status, const char *path)
{
	if (!packer->source->one_file_system ||
	    status->st_dev == packer->walk->levels.items[0].status.st_dev)
		return false;
	tell(packer, TREE_LEFT_OUT, path, "is on another file system");
	return true;
}

static int step_file(struct packer *packer, const struct tree_step *step, struct err *err)
{
	struct stat status;
	_cleanup_fd_ int fd =
		openat(step->level->fd, step->name,
		       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) < 0)
		return vanished(packer, step->path, err) < 0 ? -1 : 0;
	if (!S_ISREG(status.st_mode)) {
		errno = ENXIO;
		return vanished(packer, step->path, err) < 0 ? -1 : 0;
	}
	if (elsewhere(packer, &status, step->path))
		return 0;
	if (announce(packer, err) < 0)
		return -1;
	return put_file(packer, step->path, fd, &status, err);
}

static int step_link(struct packer *packer, const struct tree_step *step, struct err *err)
{
	char target[PATH_MAX + 1];
	struct stat status;
	ssize_t len = readlinkat(step->level->fd, step->name, target, sizeof target - 1);
	/* EINVAL: it is none any more. */
	if (len < 0 && errno == EINVAL)
		errno = ELOOP;
	if (len < 0 ||
	    fstatat(step->level->fd, step->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return vanished(packer, step->path, err) < 0 ? -1 : 0;
	target[len] = '\0';
	if (announce(packer, err) < 0 || set_path(packer, step->path, err) < 0)
		return -1;
	struct tar_entry entry = {.type = TAR_SYMLINK, .target = target};
	return put_entry(packer, &entry, &status, err);
}

static int step_directory(struct packer *packer, const struct tree_step *step,
			  bool included, struct err *err)
{
	struct stat status;
	_cleanup_fd_ int fd =
		openat(step->level->fd, step->name,
		       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0)
		return vanished(packer, step->path, err) < 0 ? -1 : 0;
	bool other_file_system = elsewhere(packer, &status, step->path);
	if (included && (announce(packer, err) < 0 ||
			 put_directory(packer, step->path, fd, &status, err) < 0))
		return -1;
	if (other_file_system)
		return 0;
	if (tree_walk_enter(packer->walk, take_fd(&fd), &status, err) < 0)
		return err_wrap(err, "'%s'", packer->origin);
	struct tree_level *level =
		&packer->walk->levels.items[packer->walk->levels.count - 1];
	level->included = level->announced = included;
	return 0;
}

static const char *kind_left_out(mode_t type)
{
	switch (type & S_IFMT) {
	case S_IFSOCK:
		return "is a socket";
	case S_IFIFO:
		return "is a FIFO";
	case S_IFCHR:
	case S_IFBLK:
		return "is a device";
	default:
		return "is of a kind that archives do not have";
	}
}

static int step(struct packer *packer, struct tree_step *step, struct err *err)
{
	const struct tree_source *source = packer->source;
	if (!step->type) {
		struct stat status;
		if (fstatat(step->level->fd, step->name, &status, AT_SYMLINK_NOFOLLOW) <
		    0)
			return vanished(packer, step->path, err) < 0 ? -1 : 0;
		step->type = status.st_mode & S_IFMT;
	}
	bool directory = S_ISDIR(step->type);
	if (tree_patterns_match(source->exclude, step->path, directory))
		return 0;
	bool included = step->level->included ||
			tree_patterns_match(source->include, step->path, directory);
	if (directory)
		return step_directory(packer, step, included, err);
	if (!included)
		return 0;
	if (S_ISREG(step->type))
		return step_file(packer, step, err);
	if (S_ISLNK(step->type))
		return step_link(packer, step, err);
	tell(packer, TREE_LEFT_OUT, step->path, kind_left_out(step->type));
	return 0;
}

static int walk_all(struct packer *packer, struct err *err)
{
	for (;;) {
		struct tree_step at;
		if (stop_asked(&packer->pack->stop))
			return err_set(err, ERR_CANCELLED, "cancelled by a signal");
		int result = tree_walk_next(packer->walk, &at, err);
		if (result < 0)
			err_wrap(err, "'%s'", packer->origin);
		if (result <= 0)
			return result;
		if (step(packer, &at, err) < 0)
			return -1;
	}
}

/* --- sources --------------------------------------------------------------------------------- */

static int pack_directory(struct packer *packer, int fd, const struct stat *status,
			  struct err *err)
{
	struct tree_walk walk;
	bool all = !packer->source->include || !*packer->source->include;
	if (put_directory(packer, "", fd, status, err) < 0)
		return -1;
	uint64_t before = packer->entries;
	packer->walk = &walk;
	int result = tree_walk_begin(&walk, fd, err);
	if (result < 0) {
		err_wrap(err, "'%s'", packer->origin);
	} else {
		walk.levels.items[0].included = all;
		walk.levels.items[0].announced = true;
		result = walk_all(packer, err);
	}
	tree_walk_end(&walk);
	packer->walk = NULL;
	if (result == 0 && !all && packer->entries == before)
		tell(packer, TREE_UNMATCHED, "", "nothing in it is what 'include' wants");
	return result;
}

static int pack_path(struct packer *packer, const char *path, bool directory,
		     struct err *err)
{
	struct stat status;
	packer->origin = path;
	/* Looked at before it is opened: opening a device can do things. */
	int kind = stat(path, &status);
	if (kind < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		if (!packer->source->may_miss) {
			errno = ENOENT;
			return cannot_read(packer, "", err);
		}
		tell(packer, TREE_MISSING, "", "does not exist");
		return 0;
	}
	if (kind < 0)
		return cannot_read(packer, "", err);
	if (directory && !S_ISDIR(status.st_mode))
		return err_set(err, ERR_FAIL, "'%s' is not a directory", path);
	if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
		return err_set(err, ERR_FAIL, "'%s' is neither file nor directory", path);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) < 0)
		return cannot_read(packer, "", err);
	return S_ISDIR(status.st_mode) ? pack_directory(packer, fd, &status, err)
				       : put_file(packer, "", fd, &status, err);
}

static int pack_text(struct packer *packer, struct err *err)
{
	const char *text = packer->source->text;
	uint64_t left = packer->source->text_bytes;
	int64_t now_ms = clock_wall_ms();
	struct tar_entry entry = {.type = TAR_FILE, .size = left};
	const struct stat status = {.st_mode = S_IFREG | 0600,
				    .st_uid = geteuid(),
				    .st_gid = getegid(),
				    .st_mtim = {.tv_sec = now_ms / 1000}};
	packer->origin = packer->source->prefix;
	if (set_path(packer, "", err) < 0 || put_entry(packer, &entry, &status, err) < 0)
		return -1;
	while (left) {
		void *space;
		size_t room;
		if (tar_writer_space(packer->writer, &space, &room, err) < 0)
			return -1;
		memcpy(space, text, room);
		tar_writer_filled(packer->writer, room);
		text += room;
		left -= room;
	}
	return 0;
}

static int pack_source(struct packer *packer, const struct tree_source *source,
		       struct err *err)
{
	packer->source = source;
	if (source->directory)
		return pack_path(packer, source->directory, true, err);
	if (source->file)
		return pack_path(packer, source->file, false, err);
	assert(source->text);
	return pack_text(packer, err);
}

/* --- everything ------------------------------------------------------------------------------ */

static int check_prefix(const struct tree_source *source, struct err *err)
{
	const char *prefix = source->prefix ? source->prefix : "", *at = prefix;
	if (!*prefix)
		return source->directory ? 0
					 : err_set(err, ERR_CONFIG,
						   "a file in an archive needs a name");
	for (;;) {
		size_t len = strcspn(at, "/");
		if (!len || (len <= 2 && strncmp(at, "..", len) == 0))
			return err_set(err, ERR_CONFIG,
				       "'%s' is no name for an archive: it has to be "
				       "relative, without '.' and '..'",
				       prefix);
		if (!at[len])
			return 0;
		at += len + 1;
	}
}

static int check_patterns(const char *const *patterns, struct err *err)
{
	for (; patterns && *patterns; patterns++)
		if (tree_pattern_check(*patterns, err) < 0)
			return -1;
	return 0;
}

static int check(const struct tree_pack *pack, struct err *err)
{
	for (size_t i = 0; i < pack->source_count; i++) {
		const struct tree_source *source = &pack->sources[i];
		if (check_prefix(source, err) < 0 ||
		    check_patterns(source->include, err) < 0 ||
		    check_patterns(source->exclude, err) < 0)
			return -1;
	}
	return 0;
}

int tree_pack(const struct tree_pack *pack, struct drain drain, struct tree_counts *ret,
	      struct err *err)
{
	if (check(pack, err) < 0)
		return -1;
	struct packer packer = {.pack = pack,
				.writer = tar_writer_new(drain),
				.names = owner_names_read(),
				.attributes = mem_new(struct tree_attributes),
				.links = tree_links_new(),
				.path = STR_INIT,
				.records = STR_INIT};
	packer.attributes->names = packer.names;
	int result = 0;
	for (size_t i = 0; result == 0 && i < pack->source_count; i++)
		result = pack_source(&packer, &pack->sources[i], err);
	if (result == 0)
		result = tar_writer_end(packer.writer, err);
	if (result == 0)
		*ret = (struct tree_counts){.entries = packer.entries,
					    .bytes = tar_writer_bytes(packer.writer)};
	free(packer.extents.items);
	str_release(&packer.path);
	str_release(&packer.records);
	tree_links_freep(&packer.links);
	free(packer.attributes);
	owner_names_freep(&packer.names);
	tar_writer_freep(&packer.writer);
	return result;
}
