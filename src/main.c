/* argv and environment → exit status. The only place that prints an error and the only one that
 * exits; everything else returns. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "belay/cli.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "front.h"
#include "platform/privacy.h"
#include "wiring.h"

/* `--json` counts even when the rest of the line could not be read. */
static bool asks_for_json(int argc, char *const *argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

static void add_hint(struct str *out, const char *hint)
{
	const char *lead = "  hint: ";
	while (*hint) {
		size_t line = strcspn(hint, "\n");
		_cleanup_free_ char *copy = mem_strndup(hint, line);
		str_add(out, lead);
		render_add_safe(out, copy);
		str_add_char(out, '\n');
		hint += line + (hint[line] == '\n');
		lead = "        ";
	}
}

/* schemas/error.schema.json. A message cut within a character would not be JSON: hence safe text. */
static json_t *error_object(const struct err *err)
{
	_cleanup_str_ struct str message = STR_INIT;
	_cleanup_str_ struct str hint = STR_INIT;
	render_add_safe(&message, err->message);
	render_add_safe(&hint, err->hint);
	return json_pack("{s:{s:s, s:s, s:s?, s:i}}", "error", "code",
			 err_code_name(err->code), "message", str_text(&message), "hint",
			 hint.len ? str_text(&hint) : NULL, "status",
			 err_exit_status(err->code));
}

/* One line and a hint on standard error; with --json an object on standard output too, because that
 * is where a script reads. */
static void print_error(const struct err *err, const struct terminal *terminal, bool json)
{
	_cleanup_str_ struct str text = STR_INIT;
	render_inkf(&text, &terminal->err, INK_BAD, "belay:");
	str_add_char(&text, ' ');
	render_add_safe(&text, err->message);
	str_add_char(&text, '\n');
	add_hint(&text, err->hint);
	fputs(str_text(&text), stderr);
	struct err ignored = {0};
	_cleanup_json_ json_t *value = json ? error_object(err) : NULL;
	if (json && render_json(value, NULL, &ignored) < 0)
		fputs("belay: standard output could not be written\n", stderr);
}

static int print_help(const struct request *request, const struct command *command,
		      const struct terminal *terminal, struct err *err)
{
	_cleanup_str_ struct str out = STR_INIT;
	const struct command_word *word =
		command ? command_word_find(command, request_argument(request, 0)) : NULL;
	if (request_flag(request, "markdown"))
		cli_markdown(&out);
	else if (word)
		cli_word_help(&out, &terminal->out, command, word);
	else if (command)
		cli_command_help(&out, &terminal->out, command);
	else
		cli_help(&out, &terminal->out);
	return render_write(&out, err);
}

static int run(int argc, char **argv, struct terminal *terminal, int *ret_status,
	       struct err *err)
{
	_cleanup_(request_freep) struct request *request = NULL;
	const struct command *command = NULL;
	terminal_look(terminal, NULL, environ);
	if (cli_parse(argc, argv, &request, &command, err) < 0)
		return -1;
	terminal_look(terminal, request, environ);
	if (!command || request_wants_help(request))
		return print_help(request, command, terminal, err);
	return wiring_run(request, command, terminal, ret_status, err);
}

/* A reader that went away is an error of the write, not the end of a deployment. A handler rather
 * than SIG_IGN, because commands that we start would inherit the latter. */
static void on_pipe(int number)
{
	(void)number;
}

int main(int argc, char **argv)
{
	privacy_keep_memory();
	mem_init();
	struct sigaction pipe_action = {.sa_handler = on_pipe, .sa_flags = SA_RESTART};
	sigaction(SIGPIPE, &pipe_action, NULL);
	if (front_is_meant(argc, argv))
		return front_main(argc, argv, environ);
	struct terminal terminal;
	struct err err = {0};
	int status = 0;
	if (run(argc, argv, &terminal, &status, &err) == 0)
		return status;
	print_error(&err, &terminal, asks_for_json(argc, argv));
	return err_exit_status(err.code);
}
