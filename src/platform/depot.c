/* What all depots share: names, and the values that go in and out. */
#include "platform/depot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"

void depot_freep(struct depot **depot)
{
	if (*depot)
		(*depot)->ops->free(*depot);
	*depot = NULL;
}

void depot_object_release(struct depot_object *object)
{
	free(object->name);
	*object = (struct depot_object){0};
}

void depot_objects_release(struct depot_objects *objects)
{
	for (size_t i = 0; i < objects->count; i++)
		depot_object_release(&objects->items[i]);
	free(objects->items);
	*objects = (struct depot_objects){0};
}

void depot_parts_release(struct depot_parts *parts)
{
	free(parts->items);
	*parts = (struct depot_parts){0};
}

void depot_unfinished_release(struct depot_unfinished_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].id);
	}
	free(list->items);
	*list = (struct depot_unfinished_list){0};
}

/* --- names --------------------------------------------------------------------------------- */

static const char *component_fault(const char *part, size_t len)
{
	if (len == 0)
		return "has an empty part";
	if ((len == 1 && part[0] == '.') || (len == 2 && memcmp(part, "..", 2) == 0))
		return "leads elsewhere";
	if (len > 255)
		return "has a part of more than 255 bytes";
	if (str_has_prefix(part, ".belay"))
		return "is one of belay's own";
	return NULL;
}

static const char *name_fault(const char *name)
{
	if (!name || !*name)
		return "is empty";
	if (strlen(name) > DEPOT_NAME_MAX)
		return "is too long";
	if (!str_is_utf8(name, strlen(name)))
		return "is not UTF-8";
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return "has a control character";
	for (const char *part = name;;) {
		size_t len = strcspn(part, "/");
		const char *fault = component_fault(part, len);
		if (fault || !part[len])
			return fault;
		part += len + 1;
	}
}

int depot_check_name(const char *name, struct err *err)
{
	const char *fault = name_fault(name);
	if (!fault)
		return 0;
	_cleanup_free_ char *shown = str_format("%.100s", name ? name : "");
	for (char *at = shown; *at; at++)
		if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f)
			*at = '?';
	return err_set(err, ERR_CONFIG, "'%s' cannot be the name of an object: it %s",
		       shown, fault);
}

int depot_check_begin(const struct depot *depot, const struct depot_begin *begin,
		      struct err *err)
{
	static const char good[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
	if (depot_check_name(begin->name, err) < 0)
		return -1;
	size_t len = strlen(begin->mark);
	if (len == 0 || len > 100 || begin->mark[strspn(begin->mark, good)])
		return err_set(err, ERR_CONFIG, "'%s' cannot mark an upload",
			       begin->mark);
	if (begin->part_bytes == 0 || begin->part_bytes < depot->ops->least_part_bytes)
		return err_set(err, ERR_CONFIG,
			       "parts of '%s' need at least %zu bytes each", begin->name,
			       depot->ops->least_part_bytes);
	return 0;
}

int depot_fail_exists(const char *name, struct err *err)
{
	err_set(err, ERR_FAIL, "'%s' exists already", name);
	err->sys_errno = EEXIST;
	return err_hint(
		err,
		"objects are never overwritten: use another name, or remove it first");
}

/* --- parts --------------------------------------------------------------------------------- */

void depot_parts_set(struct depot_parts *parts, const struct depot_part *part)
{
	size_t at = parts->count;
	while (at && parts->items[at - 1].number > part->number)
		at--;
	if (at && parts->items[at - 1].number == part->number) {
		parts->items[at - 1] = *part;
		return;
	}
	(void)vec_push(parts);
	memmove(&parts->items[at + 1], &parts->items[at],
		(parts->count - 1 - at) * sizeof *parts->items);
	parts->items[at] = *part;
}

int depot_parts_check(const struct depot_parts *parts, size_t part_bytes, struct err *err)
{
	if (!parts->count)
		return err_set(err, ERR_STATE, "no part was uploaded");
	for (size_t i = 0; i < parts->count; i++) {
		const struct depot_part *part = &parts->items[i];
		if (part->number != i + 1)
			return err_set(err, ERR_STATE, "part %zu was not uploaded",
				       i + 1);
		bool last = i + 1 == parts->count;
		if (part->size_bytes > (int64_t)part_bytes ||
		    (!last && part->size_bytes != (int64_t)part_bytes))
			return err_set(err, ERR_STATE, "part %zu has %jd bytes, not %zu",
				       i + 1, (intmax_t)part->size_bytes, part_bytes);
	}
	return 0;
}

static int compare_objects(const void *a, const void *b)
{
	const struct depot_object *left = a, *right = b;
	return strcmp(left->name, right->name);
}

void depot_objects_sort(struct depot_objects *objects)
{
	if (objects->count)
		qsort(objects->items, objects->count, sizeof *objects->items,
		      compare_objects);
}
