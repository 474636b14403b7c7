/* Colour when a terminal reads it and nobody objects: --no-color, NO_COLOR (no-color.org), CLICOLOR=0
 * (bixense.com/clicolors) and TERM=dumb say no, CLICOLOR_FORCE and FORCE_COLOR say yes to a pipe
 * too. The width is the terminal's, or COLUMNS. */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "belay/str.h"
#include "terminal.h"

static const char *variable(char *const *environment, const char *name)
{
	size_t len = strlen(name);
	for (; environment && *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

static bool is_on(const char *value)
{
	return value && *value && strcmp(value, "0") != 0 && strcmp(value, "false") != 0;
}

static bool is_dumb(char *const *environment)
{
	const char *term = variable(environment, "TERM");
	return !term || !*term || strcmp(term, "dumb") == 0;
}

static bool wants_colour(int fd, const struct request *request, char *const *environment)
{
	const char *no_color = variable(environment, "NO_COLOR");
	if ((request && request_flag(request, "no-color")) || (no_color && *no_color))
		return false;
	if (is_on(variable(environment, "CLICOLOR_FORCE")) ||
	    is_on(variable(environment, "FORCE_COLOR")))
		return true;
	const char *clicolor = variable(environment, "CLICOLOR");
	if ((clicolor && strcmp(clicolor, "0") == 0) || is_dumb(environment))
		return false;
	return isatty(fd);
}

/* A pipe has no width, whatever COLUMNS says: who reads it wants all of the text. */
static size_t width(int fd, char *const *environment)
{
	const char *columns = variable(environment, "COLUMNS");
	long long count = 0;
	struct winsize size = {0};
	if (!isatty(fd))
		return 0;
	if (columns && str_to_int64(columns, 1, 10000, &count) == 0)
		return (size_t)count;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void terminal_look(struct terminal *ret, const struct request *request,
		   char *const *environment)
{
	struct render both = {
		.quiet = request && request_flag(request, "quiet"),
		.verbose = request && request_flag(request, "verbose"),
	};
	*ret = (struct terminal){.out = both, .err = both, .progress = stderr};
	ret->out.columns = width(STDOUT_FILENO, environment);
	ret->err.columns = width(STDERR_FILENO, environment);
	if (wants_colour(STDOUT_FILENO, request, environment))
		ret->out.style = STYLE_COLOUR;
	if (wants_colour(STDERR_FILENO, request, environment))
		ret->err.style = STYLE_COLOUR;
	ret->live = isatty(STDERR_FILENO) && !is_dumb(environment);
}
