/* A sealed piece as bytes: what stands around the encrypted content, so that OpenSSL makes and reads only
 * that and the content never moves through its buffers. Private to src/platform.
 *
 * ContentInfo of AuthEnvelopedData (RFC 5652, RFC 5083) in DER; the content is
 * authEncryptedContentInfo.encryptedContent.
 */
#ifndef BELAY_PLATFORM_SEAL_FRAME_H
#define BELAY_PLATFORM_SEAL_FRAME_H

#include <stddef.h>

/* All borrowed from the message that was read. */
struct seal_frame {
	struct seal_span {
		const unsigned char *data;
		size_t bytes;
	} type,          /* contentType */
		before,  /* of AuthEnvelopedData, up to authEncryptedContentInfo */
		cipher,  /* of that, up to the content */
		content, /* its bytes; data is NULL when it is not in the message */
		after;   /* the authentication tag */
};

/* 0, or -1 when it is no such message, or not in DER. */
int seal_frame_read(const void *message, size_t bytes, struct seal_frame *ret);

/* The bytes before the content, in a message with a content of that size; `content_bytes` is
 * SEAL_NO_CONTENT for a message without one. `out` NULL: only their number is returned. Behind the content
 * comes `after`. */
#define SEAL_NO_CONTENT ((size_t)-1)
size_t seal_frame_head(const struct seal_frame *frame, size_t content_bytes,
		       unsigned char *out);

#endif
