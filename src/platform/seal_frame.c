/* Reading and writing the lengths around a sealed content. */
#include "platform/seal_frame.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "platform/openssl.h"

/* --- reading ------------------------------------------------------------------------------- */

struct element {
	int tag, class;
	bool constructed;
	struct seal_span all, body;
};

/* Takes the next element off `from`. */
static int next_element(struct seal_span *from, struct element *ret)
{
	const unsigned char *at = from->data;
	long length = 0;
	int flags =
		ASN1_get_object(&at, &length, &ret->tag, &ret->class, (long)from->bytes);
	if (flags & ~V_ASN1_CONSTRUCTED) {
		ERR_clear_error();
		return -1; /* no element, longer than there is, or of no definite length */
	}
	ret->constructed = flags != 0;
	ret->body = (struct seal_span){at, (size_t)length};
	ret->all = (struct seal_span){from->data,
				      (size_t)(at - from->data) + (size_t)length};
	from->data += ret->all.bytes;
	from->bytes -= ret->all.bytes;
	return 0;
}

static bool is_sequence(const struct element *element)
{
	return element->class == V_ASN1_UNIVERSAL && element->tag == V_ASN1_SEQUENCE &&
	       element->constructed;
}

/* Steps into a constructed element that is all there is. */
static int enter(struct seal_span *span, int class, int tag)
{
	struct element element;
	if (next_element(span, &element) < 0 || span->bytes > 0 ||
	    element.class != class || element.tag != tag || !element.constructed)
		return -1;
	*span = element.body;
	return 0;
}

static int read_content_info(struct seal_span info, struct seal_frame *ret)
{
	struct element type, algorithm, content;
	ret->cipher = info;
	if (next_element(&info, &type) < 0 || next_element(&info, &algorithm) < 0)
		return -1;
	ret->cipher.bytes -= info.bytes;
	ret->content = (struct seal_span){0};
	if (info.bytes == 0)
		return 0;
	if (next_element(&info, &content) < 0 || info.bytes > 0 || content.constructed ||
	    content.class != V_ASN1_CONTEXT_SPECIFIC || content.tag != 0)
		return -1;
	ret->content = content.body;
	return 0;
}

int seal_frame_read(const void *message, size_t bytes, struct seal_frame *ret)
{
	struct seal_span at = {message, bytes};
	struct element element;
	if (bytes > LONG_MAX || enter(&at, V_ASN1_UNIVERSAL, V_ASN1_SEQUENCE) < 0 ||
	    next_element(&at, &element) < 0)
		return -1;
	ret->type = element.all;
	if (enter(&at, V_ASN1_CONTEXT_SPECIFIC, 0) < 0 ||
	    enter(&at, V_ASN1_UNIVERSAL, V_ASN1_SEQUENCE) < 0)
		return -1;
	ret->before = at;
	do {
		ret->before.bytes = (size_t)(at.data - ret->before.data);
		if (next_element(&at, &element) < 0)
			return -1;
	} while (!is_sequence(&element));
	ret->after = at;
	return read_content_info(element.body, ret);
}

/* --- writing ------------------------------------------------------------------------------- */

static size_t size_of(size_t body_bytes, int tag)
{
	return (size_t)ASN1_object_size(1, (int)body_bytes, tag);
}

static void put(unsigned char **at, struct seal_span span)
{
	memcpy(*at, span.data, span.bytes);
	*at += span.bytes;
}

size_t seal_frame_head(const struct seal_frame *frame, size_t content_bytes,
		       unsigned char *out)
{
	bool has_content = content_bytes != SEAL_NO_CONTENT;
	size_t content = has_content ? size_of(content_bytes, 0) : 0;
	size_t info = frame->cipher.bytes + content;
	size_t data =
		frame->before.bytes + size_of(info, V_ASN1_SEQUENCE) + frame->after.bytes;
	size_t explicit = size_of(data, V_ASN1_SEQUENCE);
	size_t all = frame->type.bytes + size_of(explicit, 0);
	size_t behind = (has_content ? content_bytes : 0) + frame->after.bytes;
	size_t head = size_of(all, V_ASN1_SEQUENCE) - behind;
	if (!out)
		return head;
	ASN1_put_object(&out, 1, (int)all, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put(&out, frame->type);
	ASN1_put_object(&out, 1, (int)explicit, 0, V_ASN1_CONTEXT_SPECIFIC);
	ASN1_put_object(&out, 1, (int)data, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put(&out, frame->before);
	ASN1_put_object(&out, 1, (int)info, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put(&out, frame->cipher);
	if (has_content)
		ASN1_put_object(&out, 0, (int)content_bytes, 0, V_ASN1_CONTEXT_SPECIFIC);
	return head;
}
