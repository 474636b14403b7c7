/* room: platform
 * The XML that S3 answers with: elements and text, nothing else of XML 1.0. A document type, and with it
 * every way to define entities, is refused; depth, names and texts are bounded. Attributes are skipped,
 * prefixes of names stay.
 */
#ifndef BELAY_PLATFORM_S3_XML_H
#define BELAY_PLATFORM_S3_XML_H

#include <stddef.h>

#include "belay/err.h"
#include "belay/str.h"

enum { S3_XML_DEPTH_MAX = 12, S3_XML_NAME_MAX = 63, S3_XML_TEXT_MAX = 8192 };

/* An element has ended. `parent` is "" for the outermost one; `text` is what stands directly in it, without
 * white space around it. All borrowed for the call. */
typedef void s3_xml_element(void *context, const char *parent, const char *name,
			    const char *text);

/* ERR_NET when `text` is not such a document. Elements that ended before were reported. */
int s3_xml_walk(const char *text, size_t len, s3_xml_element *element, void *context,
		struct err *err);

/* Adds text with the characters escaped that XML wants escaped. */
void s3_xml_escape(struct str *out, const char *text);

#endif
