/* Archives: whatever a file holds, it is either described or refused. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32];
	int fd = memfd_create("archive", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);

	struct stop never = STOP_NEVER;
	struct archive_summary summary = {0};
	struct err err = {0};
	if (archive_inspect(path, &never, &summary, &err) == 0) {
		if (!summary.sha256 || !summary.entries || summary.size_bytes != size)
			abort();
		archive_summary_release(&summary);
	} else if (err.code == ERR_NONE || !err.message[0]) {
		abort();
	}
	close(fd);
	return 0;
}
