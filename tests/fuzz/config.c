/* Any text as a configuration: it binds, or there are problems with places inside the text. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "belay/config.h"
#include "belay/json.h"
#include "belay/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ready;
	struct err err = {0};
	_cleanup_(config_freep) struct config *config = NULL;
	struct config_problems problems = {0};
	if (!ready++)
		mem_init();
	int result = config_parse((const char *)data, size, "fuzz.yml", &config,
				  &problems, &err);
	assert((result == 0) == (config != NULL));
	assert((result == 0) == (problems.count == 0));
	for (size_t i = 0; i < problems.count; i++) {
		assert(problems.items[i].place.line > 0 &&
		       problems.items[i].place.column > 0);
		assert(strlen(problems.items[i].message) > 0);
	}
	for (size_t i = 0; config && i < config->environment_count; i++) {
		_cleanup_json_ json_t *secrets =
			config_secrets(config, &config->environments[i]);
		assert(secrets);
	}
	config_problems_release(&problems);
	return 0;
}
