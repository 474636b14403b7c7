/* Tables: columns as wide as their widest cell, two blanks apart, the last column cut to the terminal or, where every word of it
 * counts, folded below its row. Cells hold safe text (render_add_safe), so widths are what a terminal will use. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "ink.h"

#define FOLD_INDENT 4 /* of what is below a row, from where the row begins */

struct cell {
	char *text;
	enum ink ink;
};

struct table {
	size_t columns;
	struct cell *items; /* `columns` to a row; row 0 is the heading */
	size_t count, capacity;
	struct cell *row; /* the one being filled */
	bool headed, folds;
};

void table_end_row(struct table *table)
{
	for (size_t i = 0; i < table->columns; i++) {
		*vec_push(table) = table->row[i];
		table->row[i] = (struct cell){0};
	}
}

struct table *table_new(const char *const *headers, size_t count)
{
	struct table *table = mem_new(struct table);
	table->columns = count;
	table->row = mem_array(struct cell, count);
	table->headed = headers != NULL;
	if (headers) {
		for (size_t i = 0; i < count; i++)
			table_cell(table, i, INK_DIM, "%s", headers[i]);
		table_end_row(table);
	}
	return table;
}

void table_fold(struct table *table)
{
	table->folds = true;
}

void table_freep(struct table **table)
{
	if (!*table)
		return;
	for (size_t i = 0; i < (*table)->count; i++)
		free((*table)->items[i].text);
	for (size_t i = 0; i < (*table)->columns; i++)
		free((*table)->row[i].text);
	free((*table)->items);
	free((*table)->row);
	free(*table);
	*table = NULL;
}

void table_cell(struct table *table, size_t column, enum ink ink, const char *format, ...)
{
	_cleanup_str_ struct str raw = STR_INIT;
	_cleanup_str_ struct str safe = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&raw, format, args);
	va_end(args);
	render_add_safe(&safe, str_text(&raw));
	free(table->row[column].text);
	table->row[column] = (struct cell){.text = str_take(&safe), .ink = ink};
}

static const char *cell_text(const struct cell *cell)
{
	return cell->text ? cell->text : "";
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t widest = 0;
	for (size_t i = column; i < table->count; i += table->columns) {
		size_t width = str_width(cell_text(&table->items[i]));
		widest = width > widest ? width : widest;
	}
	return widest;
}

/* Cuts well-formed UTF-8 to `columns`, the last of which shows that something is missing. */
static void cut(char *text, size_t columns)
{
	if (str_width(text) <= columns)
		return;
	size_t len = strlen(text);
	while (len && str_width(text) + 1 > columns) {
		while (len && ((unsigned char)text[--len] & 0xc0) == 0x80)
			;
		text[len] = '\0';
	}
}

static void add_last(struct str *out, const struct render *render,
		     const struct cell *cell, size_t room)
{
	_cleanup_free_ char *text = mem_strdup(cell_text(cell));
	if (room && str_width(text) > room) {
		cut(text, room);
		char *shorter = str_format("%s…", text);
		free(text);
		text = shorter;
	}
	ink_add(out, render, cell->ink, text);
}

/* --- below the row --------------------------------------------------------------------------- */

/* As many words as fit beside each other; a longer one is left whole. */
static size_t fitting(const char *text, size_t room)
{
	size_t len = strcspn(text, " ");
	for (;;) {
		size_t next = len + strspn(text + len, " ");
		size_t end = next + strcspn(text + next, " ");
		_cleanup_free_ char *longer = mem_strndup(text, end);
		if (!text[next] || str_width(longer) > room)
			return len;
		len = end;
	}
}

static void add_below(struct str *out, const struct render *render,
		      const struct cell *cell, size_t indent)
{
	size_t room = render->columns > indent ? render->columns - indent : 0;
	const char *text = cell_text(cell);
	while (*text) {
		size_t len = fitting(text, room);
		_cleanup_free_ char *line = mem_strndup(text, len);
		str_pad(out, ' ', indent);
		ink_add(out, render, cell->ink, line);
		str_add_char(out, '\n');
		text += len + strspn(text + len, " ");
	}
}

/* --- the whole of it ------------------------------------------------------------------------- */

/* Where the last column begins. */
static size_t measure(const struct table *table, size_t *widths)
{
	size_t start = 0;
	for (size_t i = 0; i < table->columns; i++) {
		widths[i] = column_width(table, i);
		start += i + 1 < table->columns && widths[i] ? widths[i] + 2 : 0;
	}
	return start;
}

size_t table_width(const struct table *table)
{
	_cleanup_free_ size_t *widths = mem_array(size_t, table->columns);
	size_t start = measure(table, widths);
	size_t last = widths[table->columns - 1];
	return last || !start ? start + last : start - 2;
}

static void end_line(struct str *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	str_add_char(out, '\n');
}

static void add_end(struct str *out, const struct render *render,
		    const struct table *table, size_t row, size_t start)
{
	const struct cell *cells = &table->items[row * table->columns];
	const struct cell *last = &cells[table->columns - 1];
	size_t room = render->columns > start + 8 ? render->columns - start : 0;
	if (table->folds && render->columns &&
	    start + str_width(cell_text(last)) > render->columns) {
		end_line(out);
		add_below(out, render, last, strspn(cell_text(cells), " ") + FOLD_INDENT);
		return;
	}
	add_last(out, render, last, table->folds ? 0 : room);
	end_line(out);
}

void table_add_to(struct str *out, const struct render *render, const struct table *table)
{
	assert(table->columns);
	_cleanup_free_ size_t *widths = mem_array(size_t, table->columns);
	size_t start = measure(table, widths);
	for (size_t row = 0; row < table->count / table->columns; row++) {
		const struct cell *cells = &table->items[row * table->columns];
		for (size_t i = 0; i + 1 < table->columns; i++) {
			if (!widths[i])
				continue;
			ink_add(out, render, cells[i].ink, cell_text(&cells[i]));
			str_pad(out, ' ',
				widths[i] - str_width(cell_text(&cells[i])) + 2);
		}
		add_end(out, render, table, row, start);
	}
}
