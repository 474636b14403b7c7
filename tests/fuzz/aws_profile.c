/* A shared credentials file: any bytes can be read, what comes out fits into a header, and reading it again from a
 * file that is made of it gives the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/aws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_clean(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value <= 0x20 || (unsigned char)*value >= 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct aws_credentials got = {0}, again = {0};
	_cleanup_str_ struct str text = STR_INIT;
	if (aws_profile_read((const char *)data, size, "default", &got, &err) < 0)
		return 0;
	must_be_clean(got.access_key);
	must_be_clean(got.secret_key.data);
	str_addf(&text, "[default]\naws_access_key_id=%s\naws_secret_access_key = %s\n",
		 got.access_key, got.secret_key.data);
	if (aws_profile_read(text.data, text.len, "default", &again, &err) < 0 ||
	    strcmp(got.access_key, again.access_key) != 0 ||
	    strcmp(got.secret_key.data, again.secret_key.data) != 0)
		abort();
	aws_credentials_release(&got);
	aws_credentials_release(&again);
	return 0;
}
