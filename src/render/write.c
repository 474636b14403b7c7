/* Standard output: the one place that writes to it, whole, with every error looked at. */
#include <errno.h>
#include <unistd.h>

#include "belay/render.h"

int render_write(const struct str *text, struct err *err)
{
	const char *data = str_text(text);
	size_t left = text->len;
	while (left) {
		ssize_t wrote = write(STDOUT_FILENO, data, left);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return err_set_errno(err, ERR_FAIL, errno,
					     "writing standard output");
		data += wrote;
		left -= (size_t)wrote;
	}
	return 0;
}
