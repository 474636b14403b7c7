/* Extended attributes and ACLs. A POSIX ACL is an attribute whose value is a version and a list of (tag, permissions,
 * number), little endian (linux/posix_acl_xattr.h); in archives it is text, as of acl(5), with the number as a fourth
 * field, as star writes it and GNU tar knows to skip it. */
#include "platform/tree_attributes.h"

#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "platform/tar_writer.h"

#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

enum { ACL_VERSION = 2, ACL_ENTRIES_MAX = 1024 };

enum acl_tag {
	ACL_USER_OBJ = 1,
	ACL_USER = 2,
	ACL_GROUP_OBJ = 4,
	ACL_GROUP = 8,
	ACL_MASK = 16,
	ACL_OTHER = 32,
};

struct acl_entry {
	uint16_t tag, permissions;
	uint32_t id;
};

struct acl {
	uint32_t version;
	struct acl_entry entries[];
};

/* --- to records ------------------------------------------------------------------------------ */

static const char *tag_name(unsigned tag)
{
	switch (tag) {
	case ACL_USER_OBJ:
	case ACL_USER:
		return "user";
	case ACL_GROUP_OBJ:
	case ACL_GROUP:
		return "group";
	case ACL_MASK:
		return "mask";
	default:
		return "other";
	}
}

static void add_acl_entry(struct str *text, const struct acl_entry *entry,
			  struct owner_names *names)
{
	unsigned tag = le16toh(entry->tag), permissions = le16toh(entry->permissions);
	uint32_t id = le32toh(entry->id);
	bool named = tag == ACL_USER || tag == ACL_GROUP;
	str_addf(text, "%s%s:", text->len ? "," : "", tag_name(tag));
	const char *name = tag == ACL_USER    ? owner_names_user(names, id)
			   : tag == ACL_GROUP ? owner_names_group(names, id)
					      : NULL;
	if (name)
		str_add(text, name);
	else if (named)
		str_addf(text, "%u", id);
	str_addf(text, ":%c%c%c", permissions & 4 ? 'r' : '-',
		 permissions & 2 ? 'w' : '-', permissions & 1 ? 'x' : '-');
	if (named)
		str_addf(text, ":%u", id);
}

static void add_acl(struct str *records, const char *key, const void *value, size_t len,
		    struct owner_names *names)
{
	struct acl_entry entry;
	const char *at = value;
	uint32_t version;
	if (len < sizeof version)
		return;
	memcpy(&version, at, sizeof version);
	if (le32toh(version) != ACL_VERSION)
		return;
	_cleanup_str_ struct str text = STR_INIT;
	for (size_t done = sizeof version; done + sizeof entry <= len;
	     done += sizeof entry) {
		memcpy(&entry, at + done, sizeof entry);
		add_acl_entry(&text, &entry, names);
	}
	tar_add_record(records, key, str_text(&text), text.len);
}

/* A "=" would end the key, so that it stands as %3D, and "%" as %25. */
static void add_attribute(struct str *records, const char *name, const void *value,
			  size_t len)
{
	_cleanup_str_ struct str key = STR_INIT;
	str_add(&key, "SCHILY.xattr.");
	for (; *name; name++) {
		if (*name == '%' || *name == '=')
			str_addf(&key, "%%%02X", (unsigned)*name);
		else
			str_add_char(&key, *name);
	}
	tar_add_record(records, str_text(&key), value, len);
}

bool tree_attribute_is_kept(const char *name)
{
	return str_has_prefix(name, "user.") || str_equal(name, "security.capability");
}

static void add_one(struct tree_attributes *attributes, int fd, const char *name,
		    struct str *records)
{
	const char *acl = str_equal(name, ACL_ACCESS)    ? "SCHILY.acl.access"
			  : str_equal(name, ACL_DEFAULT) ? "SCHILY.acl.default"
							 : NULL;
	if (!acl && !tree_attribute_is_kept(name))
		return;
	ssize_t len = fgetxattr(fd, name, attributes->value, sizeof attributes->value);
	if (len >= 0 && acl)
		add_acl(records, acl, attributes->value, (size_t)len, attributes->names);
	else if (len >= 0)
		add_attribute(records, name, attributes->value, (size_t)len);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names: file systems list them in any. */
void tree_attributes_read(struct tree_attributes *attributes, int fd, struct str *records)
{
	struct {
		const char **items;
		size_t count, capacity;
	} names = {0};
	ssize_t bytes = flistxattr(fd, attributes->list, sizeof attributes->list);
	for (const char *name = attributes->list;
	     bytes > 0 && name < attributes->list + bytes; name += strlen(name) + 1)
		*vec_push(&names) = name;
	if (names.count)
		qsort(names.items, names.count, sizeof *names.items, by_text);
	for (size_t i = 0; i < names.count; i++)
		add_one(attributes, fd, names.items[i], records);
	free(names.items);
}

/* --- from an entry --------------------------------------------------------------------------- */

bool tree_attributes_any(struct archive_entry *entry)
{
	return archive_entry_xattr_count(entry) > 0 ||
	       archive_entry_acl_types(entry) & ARCHIVE_ENTRY_ACL_TYPE_POSIX1E;
}

static char *decode_name(const char *name)
{
	char *decoded = mem_strdup(name), *to = decoded;
	for (const char *at = decoded; *at; at++) {
		int high = *at == '%' ? str_hex_digit(at[1]) : -1;
		int low = high >= 0 ? str_hex_digit(at[2]) : -1;
		if (low >= 0 && (high || low)) {
			*to++ = (char)(high << 4 | low);
			at += 2;
		} else {
			*to++ = *at;
		}
	}
	*to = '\0';
	return decoded;
}

static int tag_of(int tag)
{
	switch (tag) {
	case ARCHIVE_ENTRY_ACL_USER_OBJ:
		return ACL_USER_OBJ;
	case ARCHIVE_ENTRY_ACL_USER:
		return ACL_USER;
	case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
		return ACL_GROUP_OBJ;
	case ARCHIVE_ENTRY_ACL_GROUP:
		return ACL_GROUP;
	case ARCHIVE_ENTRY_ACL_MASK:
		return ACL_MASK;
	case ARCHIVE_ENTRY_ACL_OTHER:
		return ACL_OTHER;
	default:
		return 0;
	}
}

static int by_tag(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;
	int tags =
		(le16toh(x->tag) > le16toh(y->tag)) - (le16toh(x->tag) < le16toh(y->tag));
	return tags ? tags
		    : (le32toh(x->id) > le32toh(y->id)) -
			       (le32toh(x->id) < le32toh(y->id));
}

static uint32_t id_of(int tag, int number, const char *name, struct owner_names *names)
{
	switch (tag) {
	case ACL_USER:
		return owner_names_uid(names, name, (uint32_t)number);
	case ACL_GROUP:
		return owner_names_gid(names, name, (uint32_t)number);
	default:
		return UINT32_MAX;
	}
}

static void set_acl(struct archive_entry *entry, int fd, int type, const char *attribute,
		    struct owner_names *names)
{
	int count = archive_entry_acl_reset(entry, type);
	if (count <= 0 || count > ACL_ENTRIES_MAX)
		return;
	/* libarchive counts no more than it gives. */
	_cleanup_free_ struct acl *acl =
		mem_alloc(sizeof *acl + (size_t)count * sizeof(struct acl_entry));
	acl->version = htole32(ACL_VERSION);
	size_t done = 0;
	int got_type, permissions, tag, number;
	const char *name;
	while (done < (size_t)count &&
	       archive_entry_acl_next(entry, type, &got_type, &permissions, &tag, &number,
				      &name) == ARCHIVE_OK) {
		int our_tag = tag_of(tag);
		if (!our_tag)
			return;
		acl->entries[done++] = (struct acl_entry){
			.tag = htole16((uint16_t)our_tag),
			.permissions = htole16((uint16_t)(permissions & 7)),
			.id = htole32(id_of(our_tag, number, name, names))};
	}
	qsort(acl->entries, done, sizeof *acl->entries, by_tag);
	(void)!fsetxattr(fd, attribute, acl, sizeof *acl + done * sizeof *acl->entries,
			 0);
}

void tree_attributes_set(struct archive_entry *entry, int fd, bool privileged,
			 struct owner_names *names)
{
	const char *name;
	const void *value;
	size_t len;
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &len) == ARCHIVE_OK) {
		_cleanup_free_ char *decoded = name ? decode_name(name) : NULL;
		if (decoded && tree_attribute_is_kept(decoded) &&
		    (privileged || str_has_prefix(decoded, "user.")))
			(void)!fsetxattr(fd, decoded, value, len, 0);
	}
	set_acl(entry, fd, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, ACL_ACCESS, names);
	set_acl(entry, fd, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, ACL_DEFAULT, names);
}

void tree_attributes_disinherit(int fd)
{
	(void)!fremovexattr(fd, ACL_ACCESS);
	(void)!fremovexattr(fd, ACL_DEFAULT);
}
