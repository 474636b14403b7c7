/* The table of embedded files, as the build makes it. */
#include "belay/embedded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

TEST(table_is_sorted_and_searchable)
{
	const struct embedded *file = NULL;
	for (size_t i = 0; (file = embedded_at(i)) != NULL; i++) {
		test_row("%s", file->name);
		CHECK(embedded_find(file->name) == file);
		if (i > 0)
			CHECK(strcmp(embedded_at(i - 1)->name, file->name) < 0);
		CHECK_INT_EQ(file->data[file->size], 0);
	}
	test_at_row(NULL);
	CHECK_NULL(embedded_find(""));
	CHECK_NULL(embedded_find("schemas/"));
	CHECK_NULL(embedded_find("~"));
}

/* Byte by byte what lies in the checkout, whatever the bytes are. */
TEST(contents_are_the_files)
{
	const struct embedded *file = NULL;
	for (size_t i = 0; (file = embedded_at(i)) != NULL; i++) {
		test_row("%s", file->name);
		char path[512];
		bool schema = strncmp(file->name, "schemas/", strlen("schemas/")) == 0;
		snprintf(path, sizeof(path), "../%s%s", schema ? "" : "src/embedded/",
			 file->name);
		size_t size = 0;
		char *text = test_read(path, &size);
		CHECK_MEM_EQ(file->data, file->size, text, size);
		free(text);
	}
}
