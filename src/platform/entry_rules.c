/* What an archive entry may be called and point to (archive.h gives the list).
 *
 * Paths are judged as text, which is only sound as long as every component is what it looks like:
 * hence no path may lead through a symbolic link, and ".." in a link target may only stand in front,
 * where it counts real directories. */
#include "platform/entry_rules.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"

struct entry_rules {
	json_t *symlinks; /* normalised path → true: a hash set */
	bool keep_links;
};

struct entry_rules *entry_rules_new(void)
{
	struct entry_rules *rules = mem_new(struct entry_rules);
	rules->symlinks = json_object();
	return rules;
}

void entry_rules_free(struct entry_rules *rules)
{
	if (!rules)
		return;
	json_decref(rules->symlinks);
	free(rules);
}

void entry_rules_keep_links(struct entry_rules *rules)
{
	rules->keep_links = true;
}

static int refuse(const char *path, const char *why, struct err *err)
{
	return err_set(err, ERR_CONFIG, "entry '%.300s' %s", path, why);
}

/* Next component of a path, skipping "." and empty ones. False at the end. */
static bool next_component(const char **at, const char **ret, size_t *ret_len)
{
	for (;;) {
		while (**at == '/')
			(*at)++;
		if (!**at)
			return false;
		*ret = *at;
		*ret_len = strcspn(*at, "/");
		*at += *ret_len;
		if (*ret_len != 1 || **ret != '.')
			return true;
	}
}

static bool is_parent(const char *component, size_t len)
{
	return len == 2 && component[0] == '.' && component[1] == '.';
}

/* "a//./b/" → "a/b". NULL when a component is "..". */
static char *normalise(const char *path)
{
	struct str out = STR_INIT;
	const char *component;
	size_t len;
	while (next_component(&path, &component, &len)) {
		if (is_parent(component, len)) {
			str_release(&out);
			return NULL;
		}
		if (out.len)
			str_add_char(&out, '/');
		str_add_bytes(&out, component, len);
	}
	return str_take(&out);
}

static bool is_symlink(const struct entry_rules *rules, const char *path, size_t len)
{
	return json_object_getn(rules->symlinks, path, len) != NULL;
}

/* Is one of the directories above `path` a symbolic link? */
static bool leads_through_symlink(const struct entry_rules *rules, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		if (is_symlink(rules, path, (size_t)(slash - path)))
			return true;
	return false;
}

static int check_symlink(const struct entry_rules *rules, const char *shown,
			 const char *path, const char *target, struct err *err)
{
	if (!target || !*target)
		return refuse(shown, "is a symbolic link to nothing", err);
	if (rules->keep_links)
		return 0;
	if (*target == '/')
		return refuse(shown, "is a symbolic link to an absolute path", err);
	size_t above = 0, climbs = 0;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		above++;
	bool descended = false;
	const char *component;
	size_t len;
	while (next_component(&target, &component, &len)) {
		if (!is_parent(component, len)) {
			descended = true;
			continue;
		}
		if (descended)
			return refuse(shown,
				      "is a symbolic link with '..' inside its target",
				      err);
		if (++climbs > above)
			return refuse(shown, "is a symbolic link that points outside",
				      err);
	}
	return 0;
}

static int check_hardlink(const struct entry_rules *rules, const char *shown,
			  const char *target, struct err *err)
{
	_cleanup_free_ char *normal = target && *target != '/' ? normalise(target) : NULL;
	if (!normal || !*normal)
		return refuse(shown, "is a hard link that points outside", err);
	if (is_symlink(rules, normal, strlen(normal)) ||
	    leads_through_symlink(rules, normal))
		return refuse(shown, "is a hard link to or through a symbolic link", err);
	return 0;
}

int entry_rules_check(struct entry_rules *rules, const char *path, enum entry_type type,
		      const char *target, struct err *err)
{
	if (!*path)
		return refuse(path, "has no name", err);
	if (*path == '/')
		return refuse(path, "has an absolute path", err);
	_cleanup_free_ char *normal = normalise(path);
	if (!normal)
		return refuse(path, "has '..' in its path", err);
	if (leads_through_symlink(rules, normal))
		return refuse(path, "lies behind a symbolic link of the same archive",
			      err);

	switch (type) {
	case ENTRY_FILE:
	case ENTRY_DIRECTORY:
		return 0;
	case ENTRY_SYMLINK:
		if (!*normal)
			return refuse(path, "replaces the root", err);
		if (check_symlink(rules, path, normal, target, err) < 0)
			return -1;
		if (!rules->keep_links)
			json_object_setn_new_nocheck(rules->symlinks, normal,
						     strlen(normal), json_true());
		return 0;
	case ENTRY_HARDLINK:
		return check_hardlink(rules, path, target, err);
	case ENTRY_OTHER:
		return refuse(path, "is a device, FIFO or socket", err);
	}
	return 0;
}
