/* Names of users and groups. Neighbours in a tree mostly have one owner, so the last answer is asked first. */
#include "platform/owner_names.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"

enum { LINE_BYTES = 1 << 20 }; /* groups have long ones */

struct owner {
	uint32_t id;
	char *name;
};

struct owners {
	struct owner *items;
	size_t count, capacity;
	size_t last;
};

struct owner_names {
	struct owners users, groups;
};

static void read_users(struct owners *users, char *line)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd entry, *found;
	while (file && fgetpwent_r(file, &entry, line, LINE_BYTES, &found) == 0)
		*vec_push(users) =
			(struct owner){found->pw_uid, mem_strdup(found->pw_name)};
	if (file)
		fclose(file);
}

static void read_groups(struct owners *groups, char *line)
{
	FILE *file = fopen("/etc/group", "re");
	struct group entry, *found;
	while (file && fgetgrent_r(file, &entry, line, LINE_BYTES, &found) == 0)
		*vec_push(groups) =
			(struct owner){found->gr_gid, mem_strdup(found->gr_name)};
	if (file)
		fclose(file);
}

struct owner_names *owner_names_read(void)
{
	struct owner_names *names = mem_new(struct owner_names);
	_cleanup_free_ char *line = mem_alloc(LINE_BYTES);
	read_users(&names->users, line);
	read_groups(&names->groups, line);
	return names;
}

static void release(struct owners *owners)
{
	for (size_t i = 0; i < owners->count; i++)
		free(owners->items[i].name);
	free(owners->items);
}

void owner_names_freep(struct owner_names **names)
{
	if (!*names)
		return;
	release(&(*names)->users);
	release(&(*names)->groups);
	free(*names);
	*names = NULL;
}

static const char *name_of(struct owners *owners, uint32_t id)
{
	if (owners->last < owners->count && owners->items[owners->last].id == id)
		return owners->items[owners->last].name;
	for (size_t i = 0; i < owners->count; i++) {
		if (owners->items[i].id == id) {
			owners->last = i;
			return owners->items[i].name;
		}
	}
	return NULL;
}

static uint32_t id_of(struct owners *owners, const char *name, uint32_t otherwise)
{
	if (!name || !*name)
		return otherwise;
	if (owners->last < owners->count &&
	    str_equal(owners->items[owners->last].name, name))
		return owners->items[owners->last].id;
	for (size_t i = 0; i < owners->count; i++) {
		if (str_equal(owners->items[i].name, name)) {
			owners->last = i;
			return owners->items[i].id;
		}
	}
	return otherwise;
}

const char *owner_names_user(struct owner_names *names, uint32_t uid)
{
	return name_of(&names->users, uid);
}

const char *owner_names_group(struct owner_names *names, uint32_t gid)
{
	return name_of(&names->groups, gid);
}

uint32_t owner_names_uid(struct owner_names *names, const char *name, uint32_t otherwise)
{
	return id_of(&names->users, name, otherwise);
}

uint32_t owner_names_gid(struct owner_names *names, const char *name, uint32_t otherwise)
{
	return id_of(&names->groups, name, otherwise);
}
