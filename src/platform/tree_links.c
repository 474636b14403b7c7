/* Files with several names: a hash table with open addressing. */
#include "platform/tree_links.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"

enum { FIRST_SLOTS = 1024, BYTES_MAX = 64 << 20 };

struct link {
	dev_t device;
	ino_t inode;
	char *path;      /* NULL: a free slot */
	nlink_t to_come; /* 0: all were met */
};

struct tree_links {
	struct link *slots;
	size_t slot_count, used;
	size_t bytes;
	char *last; /* given to the caller and forgotten here */
};

struct tree_links *tree_links_new(void)
{
	struct tree_links *links = mem_new(struct tree_links);
	links->slot_count = FIRST_SLOTS;
	links->slots = mem_array(struct link, FIRST_SLOTS);
	return links;
}

void tree_links_freep(struct tree_links **links)
{
	if (!*links)
		return;
	for (size_t i = 0; i < (*links)->slot_count; i++)
		free((*links)->slots[i].path);
	free((*links)->slots);
	free((*links)->last);
	free(*links);
	*links = NULL;
}

/* The slot of a file, or the free one where it would be. */
static struct link *find(const struct tree_links *links, dev_t device, ino_t inode)
{
	uint64_t hash = ((uint64_t)inode ^ (uint64_t)device << 40) * 0x9e3779b97f4a7c15U;
	for (size_t at = hash >> 32;; at++) {
		struct link *slot = &links->slots[at & (links->slot_count - 1)];
		if (!slot->path || (slot->device == device && slot->inode == inode))
			return slot;
	}
}

/* Leaves out those that are complete; grows when that is not enough. */
static void make_room(struct tree_links *links)
{
	struct link *old = links->slots;
	size_t old_count = links->slot_count, live = 0;
	for (size_t i = 0; i < old_count; i++)
		live += old[i].path && old[i].to_come;
	if (live * 4 > old_count)
		links->slot_count *= 2;
	links->slots = mem_array(struct link, links->slot_count);
	links->used = live;
	for (size_t i = 0; i < old_count; i++) {
		if (old[i].path && old[i].to_come)
			*find(links, old[i].device, old[i].inode) = old[i];
		else
			free(old[i].path);
	}
	free(old);
}

const char *tree_links_meet(struct tree_links *links, const struct stat *status,
			    const char *path)
{
	struct link *slot = find(links, status->st_dev, status->st_ino);
	if (slot->path && slot->to_come) {
		if (--slot->to_come)
			return slot->path;
		links->bytes -= strlen(slot->path);
		free(links->last);
		links->last = slot->path;
		slot->path = mem_strdup("");
		return links->last;
	}
	size_t len = strlen(path);
	if (links->bytes + len > BYTES_MAX)
		return NULL;
	links->bytes += len;
	links->used += !slot->path;
	free(slot->path);
	*slot = (struct link){.device = status->st_dev,
			      .inode = status->st_ino,
			      .path = mem_strdup(path),
			      .to_come = status->st_nlink - 1};
	if (links->used * 2 > links->slot_count)
		make_room(links);
	return NULL;
}
