/* What an S3 store answers: any bytes can be walked, texts that come out stay within their bounds, and an
 * escaped text comes back as it was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/s3_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *context, const char *parent, const char *name, const char *text)
{
	struct str *last = context;
	if (strlen(parent) > S3_XML_NAME_MAX || strlen(name) > S3_XML_NAME_MAX ||
	    strlen(text) > S3_XML_TEXT_MAX || !*name)
		abort();
	str_clear(last);
	str_add(last, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	_cleanup_str_ struct str last = STR_INIT;
	_cleanup_str_ struct str again = STR_INIT;
	_cleanup_str_ struct str document = STR_INIT;
	if (s3_xml_walk((const char *)data, size, look, &last, &err) < 0)
		return 0;
	str_add(&document, "<a>");
	s3_xml_escape(&document, str_text(&last));
	str_add(&document, "</a>");
	if (s3_xml_walk(document.data, document.len, look, &again, &err) < 0 ||
	    strcmp(str_text(&again), str_text(&last)) != 0)
		abort();
	return 0;
}
