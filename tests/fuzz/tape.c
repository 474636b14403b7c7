/* Tapes: whatever a file holds, it is either replayed or refused. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The reader wants a path: a file in memory has one. */
	char path[32];
	int fd = memfd_create("tape", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);

	struct effects_layer *replay = NULL;
	_cleanup_json_ json_t *header = NULL;
	struct err err = {0};
	if (effects_replay_new(path, &replay, &header, &err) == 0) {
		struct effects *fx = effects_new(replay);
		char *text = NULL;
		(void)effects_now_ms(fx);
		(void)effects_sleep(fx, 5, &err);
		if (effects_read_file(fx, "a", 10, &text, &err) == 0)
			free(text);
		(void)effects_acknowledge_cancel(fx);
		effects_free(fx);
	} else if (err.code == ERR_NONE || !err.message[0]) {
		abort();
	}
	close(fd);
	return 0;
}
