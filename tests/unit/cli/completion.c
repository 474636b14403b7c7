/* Completion scripts, run by the shells themselves where those are there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "belay/cli.h"
#include "belay/mem.h"
#include "test.h"

static char *write_script(const char *shell)
{
	struct err err = {0};
	_cleanup_str_ struct str script = STR_INIT;
	CHECK_OK(cli_completion(shell, &script, &err), &err);
	char *path = str_format("%s/belay.%s", test_directory(), shell);
	FILE *file = fopen(path, "w");
	CHECK(file && fputs(str_text(&script), file) >= 0);
	if (file)
		fclose(file);
	return path;
}

/* What the program prints, or NULL when it is not there. */
static char *output_of(const char *const *argv, int *ret_status)
{
	int ends[2];
	if (!CHECK(pipe(ends) == 0))
		return NULL;
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(ends[1]);
	struct str out = STR_INIT;
	char buffer[4096];
	ssize_t got;
	while ((got = read(ends[0], buffer, sizeof buffer)) > 0)
		str_add_bytes(&out, buffer, (size_t)got);
	close(ends[0]);
	int status = 0;
	waitpid(child, &status, 0);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return str_take(&out);
}

static const struct {
	const char *name, *words, *has, *lacks;
} rows[] = {
	{"verbs", "belay ''", "deploy ", "--json"},
	{"a verb", "belay dep", "deploy ", "rollback"},
	{"a verb after a global option", "belay --json sta", "status ", "deploy"},
	{"options of a verb", "belay deploy --a", "--artifact ", "--list"},
	{"global options", "belay status --js", "--json ", "--artifact"},
	{"not those of another verb", "belay rollback --", "--to ", "--artifact"},
	{"words of an argument", "belay completion ''", "bash zsh fish ", "deploy"},
	{"help's verbs", "belay help ver", "verify version ", "deploy"},
	{"words of a verb", "belay backup ''", "run list verify ", "--store"},
	{"options of a word", "belay backup run --", "--take-lock ", "--to"},
	{"options of another word", "belay backup restore site --t", "--to ", "--type"},
	{"all options before there is a word", "belay backup --t", "--type ", "--store"},
	{"directories", "belay backup restore --to /usr/s", "/usr/share ", "--to"},
	{"no words behind a word", "belay backup run ''", "", "list"},
	{"no verbs either", "belay backup restore ver", "", "verify"},
	{"a word that starts like a verb", "belay status --q", "--quiet ", "deploy"},
};

TEST(bash_completes)
{
	_cleanup_free_ char *path = write_script("bash");
	FOR_ROWS(row, rows) {
		int status = 0;
		_cleanup_free_ char *program = str_format(
			"source %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
			"_belay 2>&1; printf '%%s ' \"${COMPREPLY[@]}\"",
			path, row->words);
		const char *const argv[] = {"bash", "-c", program, NULL};
		_cleanup_free_ char *out = output_of(argv, &status);
		if (status == 127)
			test_skip("bash is not installed");
		CHECK_STR_HAS(out, row->has);
		CHECK_NULL(strstr(out, row->lacks));
	}
}

static const struct {
	const char *name;
} shells[] = {{"bash"}, {"zsh"}, {"fish"}};

TEST(shells_can_read_the_scripts)
{
	FOR_ROWS(row, shells) {
		int status = 0;
		_cleanup_free_ char *path = write_script(row->name);
		const char *const argv[] = {row->name, "-n", path, NULL};
		_cleanup_free_ char *out = output_of(argv, &status);
		CHECK(out && (status == 0 || status == 127));
	}
}

/* Fish tells what it would complete. */
static const struct {
	const char *name, *line, *has, *lacks;
} fish_rows[] = {
	{"verbs", "belay dep", "deploy\t", "rollback\t"},
	{"words of a verb", "belay backup ", "run\n", "--store"},
	{"options of a word", "belay backup run --", "--take-lock\t", "--to-file"},
	{"options of another word", "belay backup restore --", "--to-file\t", "--type"},
	{"directories", "belay backup restore --to /usr/s", "/usr/share/", "--to"},
	{"no words behind a word", "belay backup run l", "", "list"},
};

TEST(fish_completes)
{
	_cleanup_free_ char *path = write_script("fish");
	FOR_ROWS(row, fish_rows) {
		int status = 0;
		_cleanup_free_ char *program =
			str_format("source %s; complete -C '%s'", path, row->line);
		const char *const argv[] = {
			"env", "HOME=/nonexistent", "fish", "--no-config", "-c", program,
			NULL};
		_cleanup_free_ char *out = output_of(argv, &status);
		if (status == 127)
			test_skip("fish is not installed");
		CHECK_STR_HAS(out, row->has);
		CHECK_NULL(strstr(out, row->lacks));
	}
}

TEST(another_shell_is_refused)
{
	struct err err = {0};
	_cleanup_str_ struct str script = STR_INIT;
	CHECK_FAILS(cli_completion("tcsh", &script, &err), &err, ERR_USAGE, "tcsh");
}
