/* The sink as a BIO_METHOD. */
#include "platform/seal_memory.h"

#include <stdlib.h>
#include <string.h>

static int write_some(BIO *bio, const char *data, size_t bytes, size_t *ret_written)
{
	struct seal_memory *memory = BIO_get_data(bio);
	*ret_written = 0;
	if (bytes > memory->room)
		return 0;
	memcpy(memory->at, data, bytes);
	memory->at += bytes;
	memory->room -= bytes;
	*ret_written = bytes;
	return 1;
}

static long control(BIO *bio, int what, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return what == BIO_CTRL_FLUSH;
}

BIO_METHOD *seal_memory_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "memory that is there");
	if (!method)
		abort(); /* out of memory, as in mem_alloc() */
	BIO_meth_set_write_ex(method, write_some);
	BIO_meth_set_ctrl(method, control);
	return method;
}

BIO *seal_memory_sink(const BIO_METHOD *method, struct seal_memory *memory)
{
	BIO *bio = BIO_new(method);
	if (!bio)
		return NULL;
	BIO_set_data(bio, memory);
	BIO_set_init(bio, 1);
	return bio;
}
