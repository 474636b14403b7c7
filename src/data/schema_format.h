/* room: data
 * The values of "format" that belay's schemas use. Unlike the standard's they are assertions. */
#ifndef BELAY_DATA_SCHEMA_FORMAT_H
#define BELAY_DATA_SCHEMA_FORMAT_H

#include <stdbool.h>

bool schema_format_exists(const char *name);

/* Whether the text has the format; "jq" is not decided here (see schema_validate.c). */
bool schema_format_holds(const char *name, const char *text);

/* What is expected, as a noun: "a duration such as 30s, 15m or 1h30m". */
const char *schema_format_expected(const char *name);

#endif
