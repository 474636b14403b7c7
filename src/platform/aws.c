/* Keys of S3 as values. */
#include "platform/aws.h"

#include <stdlib.h>

#include "belay/mem.h"

void aws_credentials_release(struct aws_credentials *credentials)
{
	free(credentials->access_key);
	secret_release(&credentials->secret_key);
	secret_release(&credentials->session_token);
	*credentials = (struct aws_credentials){0};
}

void aws_credentials_copy(struct aws_credentials *to, const struct aws_credentials *from)
{
	aws_credentials_release(to);
	to->access_key = mem_strdup(from->access_key);
	secret_set(&to->secret_key, from->secret_key.data, from->secret_key.len);
	if (from->session_token.len)
		secret_set(&to->session_token, from->session_token.data,
			   from->session_token.len);
	to->expires_ms = from->expires_ms;
}
