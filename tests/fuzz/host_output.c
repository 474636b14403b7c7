/* What a host says during the capture step: any bytes become a value that its journal can hold. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "driver/ssh_step.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = mem_strndup((const char *)data, size);
	_cleanup_json_ json_t *host = ssh_capture_parse(text);
	_cleanup_free_ char *written = json_text_compact(host);
	_cleanup_json_ json_t *again = NULL;
	struct err err = {0};
	if (!json_is_object(json_object_get(host, "releases")) ||
	    !json_is_array(json_object_get(host, "recent")))
		abort();
	if (json_parse(written, strlen(written), "host", &again, &err) == 0 &&
	    !json_equal(host, again))
		abort();
	return 0;
}
