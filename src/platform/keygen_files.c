/* A key pair as two files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "platform/fs.h"
#include "platform/keygen.h"

static int write_new(const char *path, const char *data, size_t len, unsigned mode,
		     struct err *err)
{
	const struct fs_write write = {
		.data = data, .len = len, .mode = mode, .exclusive = true};
	if (fs_write(path, &write, err) == 0)
		return 0;
	if (err->sys_errno == EEXIST)
		err_hint(err, "a key that is there is never overwritten: give another "
			      "name, or move it away");
	return -1;
}

int keygen_files(const struct keygen *wanted, const char *key_path,
		 const char *certificate_path, char **ret_certificate, struct err *err)
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	_cleanup_free_ char *certificate = NULL;
	if (keygen_run(wanted, &key, &certificate, err) < 0 ||
	    write_new(key_path, key.data, key.len, 0600, err) < 0)
		return -1;
	if (write_new(certificate_path, certificate, strlen(certificate), 0644, err) <
	    0) {
		unlink(key_path); /* it was made just now, and nothing was sealed for it */
		return -1;
	}
	*ret_certificate = TAKE_PTR(certificate);
	return 0;
}
