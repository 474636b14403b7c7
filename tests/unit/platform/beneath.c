/* Opening directories below another one: both ways give the same answers. */
#include "platform/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

static void make(const char *name, const char *link_to)
{
	_cleanup_free_ char *path = str_format("%s/%s", test_directory(), name);
	CHECK((link_to ? symlink(link_to, path) : mkdir(path, 0700)) == 0);
}

TEST(both_ways)
{
	char too_long[NAME_MAX + 2] = "";
	memset(too_long, 'n', sizeof too_long - 1);
	const struct row {
		const char *name;
		const char *path;
		const char *found; /* which directory; NULL: none */
		int number;        /* errno then */
	} rows[] = {
		{"itself", "", ""},
		{"a directory", "a", "a"},
		{"two down", "a/b", "a/b"},
		{"two slashes", "a//b", "a/b"},
		{"not there", "a/x", NULL, ENOENT},
		{"below what is not there", "x/b", NULL, ENOENT},
		{"a file", "file", NULL, ENOTDIR},
		{"below a file", "file/b", NULL, ENOTDIR},
		{"a link at the end", "a/link", NULL, ELOOP},
		{"a link in between", "link/b", NULL, ELOOP},
		{"a link out", "out", NULL, ELOOP},
		{"below a link out", "out/tmp", NULL, ELOOP},
		{"a link to nothing", "dangling", NULL, ELOOP},
		{"a long name", too_long, NULL, ENAMETOOLONG},
	};
	make("a", NULL);
	make("a/b", NULL);
	make("a/link", "b");
	make("link", "a");
	make("out", "/");
	make("dangling", "nothing");
	_cleanup_free_ char *file = str_format("%s/file", test_directory());
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	int root = open(test_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int (*const ways[])(int, const char *) = {beneath_open, beneath_open_by_steps};
	FOR_ROWS(row, rows) {
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
			int fd = ways[i](root, row->path), number = errno;
			if (!row->found) {
				CHECK_INT_EQ(fd, -1);
				CHECK_INT_EQ(number, row->number);
				continue;
			}
			_cleanup_free_ char *path =
				str_format("%s/%s", test_directory(), row->found);
			struct stat got, want;
			CHECK(fd >= 0 && fstat(fd, &got) == 0 && stat(path, &want) == 0 &&
			      got.st_ino == want.st_ino);
			close(fd);
		}
	}
	close(root);
}
