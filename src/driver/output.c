/* What drivers make of a finished command and of a plan: shared by all of them. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "table.h"

void plan_add(json_t *plan, const char *step, const char *target,
	      const char *summary_format, ...)
{
	_cleanup_str_ struct str summary = STR_INIT;
	va_list args;
	va_start(args, summary_format);
	str_addv(&summary, summary_format, args);
	va_end(args);
	json_array_append_new(plan, json_pack("{s:s, s:s, s:s}", "step", step, "target",
					      target, "summary", str_text(&summary)));
}

char *output_last_line(const json_t *answer)
{
	char *line = str_last_line(json_get_string(answer, "stderr", ""));
	if (*line)
		return line;
	free(line);
	return str_last_line(json_get_string(answer, "stdout", ""));
}

int output_failed(const json_t *answer, const char *subject, const char *what,
		  struct err *err)
{
	_cleanup_free_ char *line = output_last_line(answer);
	const char *reason =
		str_has_prefix(line, "belay: ") ? line + strlen("belay: ") : line;
	const char *before = subject ? subject : "";
	const char *colon = subject ? ": " : "";
	const char *dash = *reason ? ": " : "";

	if (json_get_bool(answer, "timed_out", false))
		err_set(err, ERR_TIMEOUT, "%s%s%s did not end in time%s%s", before, colon,
			what, dash, reason);
	else if (json_get_int(answer, "signal", 0))
		err_set(err, ERR_FAIL, "%s%s%s was ended by signal %d%s%s", before, colon,
			what, (int)json_get_int(answer, "signal", 0), dash, reason);
	else
		err_set(err, ERR_FAIL, "%s%s%s failed with status %d%s%s", before, colon,
			what, (int)json_get_int(answer, "exit", -1), dash, reason);
	return -1;
}
