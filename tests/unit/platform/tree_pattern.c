/* Patterns for names in a tree. */
#include "platform/tree_pattern.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "test.h"

TEST(matches)
{
	static const struct row {
		const char *name;
		const char *pattern, *path;
		bool directory, want;
	} rows[] = {
		{"a name", "core", "core", false, true},
		{"a name anywhere", "core", "a/b/core", false, true},
		{"not as a part", "core", "a/cores", false, false},
		{"not above", "core", "core/x", false, false},
		{"star", "*.log", "a/b.log", false, true},
		{"star matches nothing", "*.log", "a/.log", false, true},
		{"star in the middle", "a*c", "abbbc", false, true},
		{"star stops at a slash", "a/*c", "a/b/c", false, false},
		{"two stars in one name", "*a*b", "xxaxxab", false, true},
		{"question mark", "a?c", "abc", false, true},
		{"question mark is one", "a?c", "ac", false, false},
		{"question mark is no slash", "a/b?c", "a/b/c", false, false},
		{"slash anchors", "a/b", "a/b", false, true},
		{"slash anchors, deeper", "a/b", "x/a/b", false, false},
		{"leading slash anchors", "/a", "a", false, true},
		{"leading slash anchors, deeper", "/a", "x/a", false, false},
		{"leading dot and slash", "./a", "a", false, true},
		{"leading dot and slash, deeper", "./a", "x/a", false, false},
		{"directory only", "tmp/", "x/tmp", true, true},
		{"directory only, a file", "tmp/", "x/tmp", false, false},
		{"directory, anchored", "/x/tmp/", "x/tmp", true, true},
		{"a directory by its name", "tmp", "tmp", true, true},
		{"any depth", "**/x", "a/b/x", false, true},
		{"any depth, none", "**/x", "x", false, true},
		{"any depth, whole names", "**/x", "a/bx", false, false},
		{"in between", "a/**/x", "a/b/c/x", false, true},
		{"in between, nothing", "a/**/x", "a/x", false, true},
		{"in between, whole names", "a/**/x", "a/bx", false, false},
		{"all inside", "a/**", "a/b/c", false, true},
		{"all inside, not itself", "a/**", "a", true, false},
		{"over slashes", "a**z", "ab/cz", false, false},
		{"over slashes, anchored", "/a**z", "ab/cz", false, true},
		{"twice", "**/a/**/b", "x/a/a/y/b", false, true},
		{"twice, not", "**/a/**/b", "x/a/a/y/c", false, false},
		{"back to the last one", "**/a*b/c", "a/ab/x/axb/c", false, true},
		{"set", "[ab].c", "b.c", false, true},
		{"set, not in it", "[ab].c", "c.c", false, false},
		{"range", "[a-c0-9]x", "5x", false, true},
		{"range, outside", "[a-c0-9]x", "dx", false, false},
		{"inverted set", "[!a-c]x", "dx", false, true},
		{"inverted set, in it", "[^a-c]x", "bx", false, false},
		{"set with bracket", "[]]x", "]x", false, true},
		{"set with dash", "[a-]x", "-x", false, true},
		{"set with escape", "[\\]a]x", "]x", false, true},
		{"set is no slash", "a[!x]b", "a/b", false, false},
		{"escaped star", "\\*", "*", false, true},
		{"escaped star is no other", "\\*", "a", false, false},
		{"escaped exclamation mark", "\\!x", "!x", false, true},
		{"not UTF-8", "\xff?", "a/\xff\xfe", false, true},
		{"only stars", "***", "anything", false, true},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		if (CHECK_OK(tree_pattern_check(row->pattern, &err), &err))
			CHECK_INT_EQ(tree_pattern_matches(row->pattern, row->path,
							  row->directory),
				     row->want);
	}
}

TEST(refuses)
{
	static const struct row {
		const char *name;
		const char *pattern, *message;
	} rows[] = {
		{"empty", "", "matches nothing"},
		{"slash", "/", "matches nothing"},
		{"dot and slash", "./", "matches nothing"},
		{"parent", "a/../b", "'..'"},
		{"parent first", "../b", "'..'"},
		{"parent last", "/b/..", "'..'"},
		{"open set", "a[b", "']'"},
		{"open set of a bracket", "a[]", "']'"},
		{"open set, escaped end", "a[b\\]", "']'"},
		{"backslash at the end", "a\\", "ends in"},
		{"backslash before the last slash", "a\\/", "ends in"},
		{"negation", "!a", "starts with '!'"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		CHECK_FAILS(tree_pattern_check(row->pattern, &err), &err, ERR_CONFIG,
			    row->message);
	}
}

TEST(lists)
{
	static const char *const patterns[] = {"*.o", "/build/", NULL};
	CHECK(tree_patterns_match(patterns, "a/b.o", false));
	CHECK(tree_patterns_match(patterns, "build", true));
	CHECK(!tree_patterns_match(patterns, "build", false));
	CHECK(!tree_patterns_match(NULL, "a", false));
}

/* A pattern like this keeps a matcher busy for years that tries everything. */
TEST(takes_no_time)
{
	char pattern[400] = "", path[2000];
	for (size_t i = 0; i + 6 < sizeof pattern; i += 6)
		memcpy(pattern + i, "**/a*/", 7);
	memset(path, 'a', sizeof path - 1);
	for (size_t i = 1; i < sizeof path - 1; i += 2)
		path[i] = '/';
	path[sizeof path - 2] = 'b';
	path[sizeof path - 1] = '\0';
	clock_t start = clock();
	CHECK(!tree_pattern_matches(pattern, path, true));
	CHECK((clock() - start) / CLOCKS_PER_SEC < 2);
}
