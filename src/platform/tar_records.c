/* Records of attributes, from an entry. libarchive has read an ACL as a list already, the entries of owner, group and others
 * first; as text they come in the order of acl(5). */
#include "platform/tar_records.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/tar_writer.h"
#include "platform/tree_attributes.h"

static void add_attributes(struct archive_entry *entry, struct str *records)
{
	const char *name;
	const void *value;
	size_t size;
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		if (!name || !tree_attribute_is_kept(name))
			continue;
		_cleanup_free_ char *key = str_format("SCHILY.xattr.%s", name);
		tar_add_record(records, key, value, size);
	}
}

/* --- ACLs ------------------------------------------------------------------------------------- */

static const struct tag {
	int tag;
	const char *word;
} tags[] = {
	{ARCHIVE_ENTRY_ACL_USER_OBJ, "user"},   {ARCHIVE_ENTRY_ACL_USER, "user"},
	{ARCHIVE_ENTRY_ACL_GROUP_OBJ, "group"}, {ARCHIVE_ENTRY_ACL_GROUP, "group"},
	{ARCHIVE_ENTRY_ACL_MASK, "mask"},       {ARCHIVE_ENTRY_ACL_OTHER, "other"},
};

/* One entry of the list. */
struct rule {
	int type, permissions, tag, id;
	const char *name;
};

static void add_who(const struct rule *rule, const struct tar_owners *owners,
		    struct str *text, int64_t *ret_number)
{
	bool group = rule->tag == ARCHIVE_ENTRY_ACL_GROUP;
	bool named = rule->name && *rule->name;
	*ret_number = rule->id;
	if (!group && rule->tag != ARCHIVE_ENTRY_ACL_USER)
		*ret_number = -1;
	else if (*ret_number < 0 && named && owners && owners->number)
		*ret_number = owners->number(owners->context, group, rule->name);
	if (named)
		str_add(text, rule->name);
	else if (*ret_number >= 0)
		str_addf(text, "%lld", (long long)*ret_number);
}

static void add_rule(const struct tag *tag, const struct rule *rule,
		     const struct tar_owners *owners, struct str *text)
{
	int64_t number;
	str_addf(text, "%s%s:", text->len ? "," : "", tag->word);
	add_who(rule, owners, text, &number);
	str_addf(text, ":%c%c%c", rule->permissions & ARCHIVE_ENTRY_ACL_READ ? 'r' : '-',
		 rule->permissions & ARCHIVE_ENTRY_ACL_WRITE ? 'w' : '-',
		 rule->permissions & ARCHIVE_ENTRY_ACL_EXECUTE ? 'x' : '-');
	if (number >= 0)
		str_addf(text, ":%lld", (long long)number);
}

static void add_acl(struct archive_entry *entry, int type, const char *key,
		    const struct tar_owners *owners, struct str *records)
{
	_cleanup_str_ struct str text = STR_INIT;
	if (archive_entry_acl_count(entry, type) <= 0)
		return; /* no more than the permission bits */
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		struct rule rule = {0};
		archive_entry_acl_reset(entry, type);
		while (archive_entry_acl_next(entry, type, &rule.type, &rule.permissions,
					      &rule.tag, &rule.id,
					      &rule.name) == ARCHIVE_OK)
			if (rule.tag == tags[i].tag)
				add_rule(&tags[i], &rule, owners, &text);
	}
	tar_add_record(records, key, str_text(&text), text.len);
}

void tar_records_add(struct archive_entry *entry, const struct tar_owners *owners,
		     struct str *records)
{
	add_acl(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "SCHILY.acl.access", owners,
		records);
	add_acl(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "SCHILY.acl.default", owners,
		records);
	add_attributes(entry, records);
}
