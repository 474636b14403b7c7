/* known_hosts: any text can be asked about any host. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/known_hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const char *host;
		unsigned port;
	} asked[] = {
		{"web1", 22}, {"web1", 2222}, {"::1", 2222}, {"a.b.example.com", 22}};
	char *text = mem_strndup((const char *)data, size);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct known_hosts known = {text, size, asked[i].host, asked[i].port};
		struct str types = STR_INIT, expected = STR_INIT_MAX(100);
		bool authority;
		known_hosts_types(&known, &types);
		(void)known_hosts_judge(&known, "key", 3, &expected, &authority);
		str_release(&types);
		str_release(&expected);
	}
	free(text);
	return 0;
}
