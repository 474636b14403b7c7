/* Tables: alignment by what a terminal shows, the last column cut. */
#include "belay/mem.h"
#include "belay/render.h"
#include "test.h"

static void fill(struct table *table, const char *const *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		table_cell(table, i % 2, INK_PLAIN, "%s", cells[i]);
		if (i % 2)
			table_end_row(table);
	}
}

static const struct {
	const char *name;
	const char *const cells[4];
	size_t columns;
	const char *want;
} rows[] = {
	{"aligned", {"a", "one", "long", "two"}, 0, "A     B\na     one\nlong  two\n"},
	{"wide characters", {"日本", "x", "ab", "y"}, 0, "A     B\n日本  x\nab    y\n"},
	{"no blanks at the end", {"a", "", "b", "x"}, 0, "A  B\na\nb  x\n"},
	{"cut to the terminal",
	 {"a", "0123456789abcdef", "b", "x"},
	 14,
	 "A  B\na  0123456789…\nb  x\n"},
	{"cut between characters",
	 {"a", "äöüäöüäöüäöü", "b", "x"},
	 13,
	 "A  B\na  äöüäöüäöü…\nb  x\n"},
	{"control characters", {"a\n", "x\x1b", "b", "y"}, 0, "A   B\na␊  x␛\nb   y\n"},
	{"no room to cut into",
	 {"abcdefgh", "0123456789", "b", "x"},
	 12,
	 "A         B\nabcdefgh  0123456789\nb         x\n"},
};

TEST(columns_are_aligned)
{
	static const char *const headers[] = {"A", "B"};
	FOR_ROWS(row, rows) {
		const struct render render = {.style = STYLE_PLAIN,
					      .columns = row->columns};
		_cleanup_(table_freep) struct table *table = table_new(headers, 2);
		_cleanup_str_ struct str out = STR_INIT;
		fill(table, row->cells, 4);
		table_add_to(&out, &render, table);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

TEST(a_column_without_cells_takes_no_room)
{
	const struct render render = {.style = STYLE_PLAIN};
	_cleanup_(table_freep) struct table *table = table_new(NULL, 3);
	_cleanup_str_ struct str out = STR_INIT;
	table_cell(table, 0, INK_PLAIN, "a");
	table_cell(table, 2, INK_PLAIN, "c");
	table_end_row(table);
	table_add_to(&out, &render, table);
	CHECK_STR_EQ(str_text(&out), "a  c\n");
}

TEST(colour_does_not_count_as_width)
{
	const struct render render = {.style = STYLE_COLOUR};
	_cleanup_(table_freep) struct table *table = table_new(NULL, 2);
	_cleanup_str_ struct str out = STR_INIT;
	table_cell(table, 0, INK_GOOD, "a");
	table_cell(table, 1, INK_PLAIN, "x");
	table_end_row(table);
	table_cell(table, 0, INK_PLAIN, "bb");
	table_cell(table, 1, INK_PLAIN, "y");
	table_end_row(table);
	table_add_to(&out, &render, table);
	CHECK_STR_EQ(str_text(&out), "\x1b[32ma\x1b[0m   x\nbb  y\n");
}

TEST(an_empty_table_is_nothing)
{
	const struct render render = {.style = STYLE_PLAIN};
	_cleanup_(table_freep) struct table *table = table_new(NULL, 2);
	_cleanup_str_ struct str out = STR_INIT;
	table_add_to(&out, &render, table);
	CHECK_STR_EQ(str_text(&out), "");
}

static const struct {
	const char *name, *last;
	size_t columns;
	const char *want;
} folds[] = {
	{"in a pipe", "younger than 7d, one of the last 2", 0,
	 "  keep  c1  younger than 7d, one of the last 2\n  keep  c2  x\n"},
	{"it fits", "younger than 7d", 27,
	 "  keep  c1  younger than 7d\n  keep  c2  x\n"},
	{"one column less", "younger than 7d", 26,
	 "  keep  c1\n      younger than 7d\n  keep  c2  x\n"},
	{"several lines", "younger than 7d, one of the last 2", 24,
	 "  keep  c1\n      younger than 7d,\n      one of the last 2\n  keep  c2  x\n"},
	{"wide characters", "äöü äöü äöü äöü", 17,
	 "  keep  c1\n      äöü äöü äöü\n      äöü\n  keep  c2  x\n"},
	{"a word that is too long stays whole", "a 0123456789abcdefghij b", 16,
	 "  keep  c1\n      a\n      0123456789abcdefghij\n      b\n  keep  c2  x\n"},
	{"no room at all", "a b", 3,
	 "  keep  c1\n      a\n      b\n  keep  c2\n      x\n"},
};

TEST(what_does_not_fit_goes_below_its_row)
{
	FOR_ROWS(row, folds) {
		const struct render render = {.style = STYLE_PLAIN,
					      .columns = row->columns};
		_cleanup_(table_freep) struct table *table = table_new(NULL, 3);
		_cleanup_str_ struct str out = STR_INIT;
		table_fold(table);
		for (int i = 1; i < 3; i++) {
			table_cell(table, 0, INK_PLAIN, "  keep");
			table_cell(table, 1, INK_PLAIN, "c%d", i);
			table_cell(table, 2, INK_PLAIN, "%s", i == 1 ? row->last : "x");
			table_end_row(table);
		}
		CHECK_INT_EQ(table_width(table), 12 + str_width(row->last));
		table_add_to(&out, &render, table);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}
