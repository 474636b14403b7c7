/* Which archive entries are refused. */
#include "platform/entry_rules.h"

#include "test.h"

struct entry {
	const char *path;
	enum entry_type type;
	const char *target;
};

/* The last entry of a row is the one that is judged; those before it must be fine. */
static const struct row {
	const char *name;
	struct entry entries[3];
	const char *message; /* NULL: accepted */
} rows[] = {
	{"file", {{"a/b", ENTRY_FILE, NULL}}, NULL},
	{"root directory", {{"./", ENTRY_DIRECTORY, NULL}}, NULL},
	{"name with dots", {{"..a/b..", ENTRY_FILE, NULL}}, NULL},
	{"absolute", {{"/etc/passwd", ENTRY_FILE, NULL}}, "absolute path"},
	{"parent", {{"../x", ENTRY_FILE, NULL}}, "'..' in its path"},
	{"parent inside", {{"a/../../x", ENTRY_FILE, NULL}}, "'..' in its path"},
	{"parent at the end", {{"a/..", ENTRY_DIRECTORY, NULL}}, "'..' in its path"},
	{"no name", {{"", ENTRY_FILE, NULL}}, "no name"},
	{"device", {{"dev", ENTRY_OTHER, NULL}}, "device"},
	{"link beside", {{"a/l", ENTRY_SYMLINK, "b"}}, NULL},
	{"link up", {{"a/l", ENTRY_SYMLINK, "../b"}}, NULL},
	{"link to root", {{"a/l", ENTRY_SYMLINK, ".."}}, NULL},
	{"link out", {{"a/l", ENTRY_SYMLINK, "../../b"}}, "points outside"},
	{"link out at the top", {{"l", ENTRY_SYMLINK, ".."}}, "points outside"},
	{"link out through dots",
	 {{"a/./l", ENTRY_SYMLINK, ".././../b"}},
	 "points outside"},
	{"link to absolute", {{"l", ENTRY_SYMLINK, "/etc"}}, "absolute"},
	{"link with hidden parent",
	 {{"a/l", ENTRY_SYMLINK, "b/../c"}},
	 "inside its target"},
	{"link to nothing", {{"l", ENTRY_SYMLINK, ""}}, "to nothing"},
	{"root is a link", {{"./", ENTRY_SYMLINK, "a"}}, "replaces the root"},
	{"through a link",
	 {{"l", ENTRY_SYMLINK, "d"}, {"l/x", ENTRY_FILE, NULL}},
	 "behind a symbolic link"},
	{"through a link, spelled oddly",
	 {{"./a//l", ENTRY_SYMLINK, "d"}, {"a/./l/x", ENTRY_FILE, NULL}},
	 "behind a symbolic link"},
	{"link below a link",
	 {{"l", ENTRY_SYMLINK, "."}, {"l/m", ENTRY_SYMLINK, "../x"}},
	 "behind a symbolic link"},
	{"over a link", {{"l", ENTRY_SYMLINK, "d"}, {"l", ENTRY_FILE, NULL}}, NULL},
	{"hard link", {{"a", ENTRY_FILE, NULL}, {"b", ENTRY_HARDLINK, "a"}}, NULL},
	{"hard link out", {{"b", ENTRY_HARDLINK, "../a"}}, "outside"},
	{"hard link to absolute", {{"b", ENTRY_HARDLINK, "/etc/passwd"}}, "outside"},
	{"hard link to nothing", {{"b", ENTRY_HARDLINK, NULL}}, "outside"},
	{"hard link to a link",
	 {{"d/l", ENTRY_SYMLINK, "../x"}, {"b", ENTRY_HARDLINK, "d/l"}},
	 "symbolic link"},
	{"hard link through a link",
	 {{"l", ENTRY_SYMLINK, "d"}, {"b", ENTRY_HARDLINK, "l/x"}},
	 "symbolic link"},
};

TEST(rules)
{
	FOR_ROWS(row, rows) {
		struct entry_rules *rules = entry_rules_new();
		struct err err = {0};
		for (size_t i = 0; i < 3 && row->entries[i].path; i++) {
			const struct entry *entry = &row->entries[i];
			bool last = i == 2 || !row->entries[i + 1].path;
			int result = entry_rules_check(rules, entry->path, entry->type,
						       entry->target, &err);
			if (last && row->message)
				CHECK_FAILS(result, &err, ERR_CONFIG, row->message);
			else
				CHECK_OK(result, &err);
		}
		entry_rules_free(rules);
	}
}

TEST(links_kept)
{
	static const struct kept_row {
		const char *name;
		struct entry entry;
		const char *message; /* NULL: accepted */
	} kept_rows[] = {
		{"absolute link", {"a", ENTRY_SYMLINK, "/etc"}, NULL},
		{"link out", {"b", ENTRY_SYMLINK, "../../x"}, NULL},
		{"link out, hidden", {"c", ENTRY_SYMLINK, "d/../../x"}, NULL},
		{"hard link to a link", {"d", ENTRY_HARDLINK, "a"}, NULL},
		{"link to nothing", {"e", ENTRY_SYMLINK, ""}, "to nothing"},
		{"hard link out", {"f", ENTRY_HARDLINK, "../x"}, "points outside"},
		{"parent", {"../g", ENTRY_FILE, NULL}, "'..' in its path"},
		{"device", {"h", ENTRY_OTHER, NULL}, "device"},
	};
	struct entry_rules *rules = entry_rules_new();
	entry_rules_keep_links(rules);
	FOR_ROWS(row, kept_rows) {
		struct err err = {0};
		int result = entry_rules_check(rules, row->entry.path, row->entry.type,
					       row->entry.target, &err);
		if (row->message)
			CHECK_FAILS(result, &err, ERR_CONFIG, row->message);
		else
			CHECK_OK(result, &err);
	}
	entry_rules_free(rules);
}
