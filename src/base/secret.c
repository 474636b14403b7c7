/* Secrets in memory: wiped before the memory goes back. */
#include "belay/secret.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"

void secret_set(struct secret *s, const void *data, size_t len)
{
	char *copy = mem_strndup(data, len);
	secret_release(s);
	s->data = copy;
	s->len = len;
}

void secret_release(struct secret *s)
{
	if (s->data)
		explicit_bzero(s->data, s->len);
	free(s->data);
	*s = (struct secret)SECRET_INIT;
}
