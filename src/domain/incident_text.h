/* Text from outside on a page of Markdown. Private to src/domain.
 *
 * Versions, reasons and observations are written by strangers; on a page that GitHub shows they must not
 * call anybody (@team), refer to anything (#12), be markup, HTML or one of our hidden markers.
 */
#ifndef BELAY_DOMAIN_INCIDENT_TEXT_H
#define BELAY_DOMAIN_INCIDENT_TEXT_H

#include <stddef.h>

#include "belay/str.h"

/* As one line in which nothing is markup, also within a cell of a table. NULL adds nothing. */
void page_add_text(struct str *out, const char *text);
/* An address as a link; what is no http(s) address, as text. */
void page_add_link(struct str *out, const char *url);
/* The text, cut to so many bytes between characters, with "…" for what is missing. Fresh. */
char *text_cut(const char *text, size_t max_bytes);

#endif
