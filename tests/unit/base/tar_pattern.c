/* Patterns for GNU tar: the words, and what cannot be said. That they mean the same is in platform/tar_join.c, with a tar. */
#include "belay/tar_pattern.h"

#include "test.h"

#define LOOSE "--no-anchored --no-wildcards-match-slash"
#define LOOSE_DEEP "--no-anchored --wildcards-match-slash"
#define TIED "--anchored --no-wildcards-match-slash"
#define TIED_DEEP "--anchored --wildcards-match-slash"

static const struct words_row {
	const char *name, *words;
} words[] = {
	{"*.tmp", " " LOOSE " --exclude='*.tmp'"},
	{"cache", " " LOOSE " --exclude='cache'"},
	{"cache/", " " LOOSE " --exclude='cache/*'"},
	{"/cache/", " " TIED " --exclude='./cache/*'"},
	{"./a", " " TIED " --exclude='./a'"},
	{"a/*.log", " " TIED " --exclude='./a/*.log'"},
	{"a/**", " " TIED_DEEP " --exclude='./a/*'"},
	{"**/b/c", " " LOOSE " --exclude='b/c'"},
	{"**/b/**", " " LOOSE_DEEP " --exclude='b/*'"},
	{"a/**/b", " " TIED_DEEP " --exclude='./a/*/b' " TIED_DEEP " --exclude='./a/b'"},
	{"a**b", " " LOOSE " --exclude='a*b'"},
	{".*", " " LOOSE " --exclude='.?*'"},
	{"*.*", " " LOOSE " --exclude='?*.*' " LOOSE " --exclude='*.?*'"},
	{"it's", " " LOOSE " --exclude='it'\\''s'"},
	{"a/**[x]/\\**", NULL},
};

TEST(words_for_gnu_tar)
{
	FOR_ROWS(row, words) {
		_cleanup_str_ struct str got = STR_INIT;
		const char *fault = tar_pattern_fault(row->name);
		CHECK(!fault == (row->words != NULL));
		if (fault)
			continue;
		tar_pattern_add(&got, row->name);
		CHECK_STR_EQ(str_text(&got), row->words);
	}
}

static const struct fault_row {
	const char *name, *why; /* NULL: none */
} faults[] = {
	{"a/**/*.log", "write several patterns"},
	{"a/**/?", "write several patterns"},
	{"a/**/[x]y", "write several patterns"},
	{"a/**/b/**/c", "only once"},
	{"a/**/\\*", NULL},
	{"**/*.log", NULL},
	{"*", "fits the directory itself"},
	{"**", "fits the directory itself"},
	{"**/*", "fits the directory itself"},
	{"**/*/x", "fits the directory itself"},
	{"?", "fits the directory itself"},
	{"[!a]*", "fits the directory itself"},
	{"/*", NULL},
	{"/**", NULL},
	{"**/.*/x", NULL},
	{"[a", NULL}, /* a fault of its own: tree_pattern_check() */
	{"", NULL},
};

TEST(what_gnu_tar_cannot_be_given)
{
	FOR_ROWS(row, faults) {
		const char *fault = tar_pattern_fault(row->name);
		if (row->why && CHECK(fault))
			CHECK_STR_HAS(fault, row->why);
		if (!row->why)
			CHECK_NULL(fault);
	}
}
