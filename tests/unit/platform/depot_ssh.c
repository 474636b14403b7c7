/* The scripts of a depot on a host, run on this machine: in several shells, with the tools of coreutils and of busybox,
 * and with a dd that cannot count bytes. What goes through SSH: tests/peer/depot_ssh.c. */
#include "platform/depot_ssh.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/depot_ssh_parts.h"
#include "platform/fs.h"
#include "platform/process.h"
#include "platform/upload_note.h"
#include "test.h"

#define ID "0123456789abcdef"

/* A kind of host. */
static const struct kind {
	const char *name;
	const char *shell[2];
	const char *
		tools; /* for busybox: its tools only; "old dd": one that knows no iflag */
} kinds[] = {
	{"sh and coreutils", {"/bin/sh", NULL}, ""},
	{"bash and coreutils", {"/bin/bash", NULL}, ""},
	{"busybox", {"busybox", "sh"}, "busybox"},
	{"sh and an old dd", {"/bin/sh", NULL}, "old dd"},
};

static bool is_there(const char *path)
{
	return access(path, X_OK) == 0;
}

static void shell(const char *text)
{
	struct err err = {0};
	_cleanup_outcome_ struct run_outcome outcome = {0};
	struct process process = {
		.shell = text, .timeout_ms = 30000, .max_output_bytes = 4096};
	process.stop = STOP_NEVER;
	if (CHECK_OK(process_run(&process, &outcome, &err), &err))
		CHECK_INT_EQ(outcome.exit, 0);
}

/* PATH of this kind of host, NULL when it cannot be had here. Fresh. */
static char *path_of(const struct kind *kind)
{
	const char *directory = test_directory();
	if (!*kind->tools)
		return mem_strdup("/usr/bin:/bin");
	_cleanup_free_ char *tools = str_format("%s/tools of %s", directory, kind->tools);
	_cleanup_free_ char *make = NULL;
	bool busybox = str_equal(kind->tools, "busybox");
	if (busybox && !is_there("/bin/busybox") && !is_there("/usr/bin/busybox"))
		return NULL;
	make = busybox ? str_format("mkdir -p '%s' && busybox --install -s '%s'", tools,
				    tools)
		       : str_format("mkdir -p '%s' && cat >'%s/dd' <<'END' && chmod +x "
				    "'%s/dd'\n"
				    "#!/bin/sh\n"
				    "case $* in *iflag*) exit 1 ;; esac\n"
				    "exec /bin/dd \"$@\"\n"
				    "END\n",
				    tools, tools, tools);
	shell(make);
	return busybox ? TAKE_PTR(tools) : str_format("%s:/usr/bin:/bin", tools);
}

/* --- running a script ---------------------------------------------------------------------- */

static const struct kind *at;
static char *at_path, *root;

/* Arguments after the root, ended by NULL. The status; *ret_out: fresh. */
static int run(const char *script, const char *const *args, const void *input,
	       size_t bytes, char **ret_out)
{
	const char *argv[16] = {0};
	size_t count = 0;
	struct err err = {0};
	struct feed_memory memory = {.data = input, .len = bytes};
	const struct process_variable path = {"PATH", at_path};
	_cleanup_outcome_ struct run_outcome outcome = {0};
	for (size_t i = 0; i < 2 && at->shell[i]; i++)
		argv[count++] = at->shell[i];
	argv[count++] = "-c";
	argv[count++] = script;
	argv[count++] = "belay";
	argv[count++] = root;
	for (; *args; args++)
		argv[count++] = *args;
	struct process process = {.argv = argv,
				  .variables = &path,
				  .variable_count = 1,
				  .input = feed_from_memory(&memory),
				  .timeout_ms = 30000,
				  .max_output_bytes = 65536,
				  .stop = STOP_NEVER};
	if (!CHECK_OK(process_run(&process, &outcome, &err), &err))
		return -1;
	if (ret_out) {
		struct str text = STR_INIT;
		capture_text(&outcome.out, &text);
		*ret_out = mem_strdup(str_text(&text));
		str_release(&text);
	}
	return outcome.exited ? outcome.exit : -1;
}

#define RUN(script, input, bytes, out, ...)                                              \
	run(script, (const char *const[]){__VA_ARGS__, NULL}, input, bytes, out)

static bool begin_kind(const struct kind *kind)
{
	signal(SIGPIPE, SIG_IGN);
	at = kind;
	if (*kind->shell[0] == '/' && !is_there(kind->shell[0]))
		return false;
	at_path = path_of(kind);
	root = str_format("%s/a depot's root", test_directory());
	return at_path != NULL;
}

static void end_kind(void)
{
	_cleanup_free_ char *command =
		str_format("rm -rf '%s'/a*", root ? test_directory() : "/nowhere");
	shell(command);
	free(at_path);
	free(root);
	at_path = root = NULL;
}

static size_t count_files(const char *below)
{
	char **names = NULL;
	size_t count = 0;
	struct err err = {0};
	_cleanup_free_ char *path = str_format("%s/%s", root, below);
	CHECK_OK(fs_list(path, &names, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return count;
}

/* --- objects ------------------------------------------------------------------------------- */

static void small_objects(void)
{
	_cleanup_free_ char *out = NULL, *list = NULL, *status = NULL;
	CHECK_INT_EQ(RUN(host_script_head, "", 0, NULL, "x"), HOST_MISSING);
	CHECK_INT_EQ(RUN(host_script_list, "", 0, &out, "db"), 0);
	CHECK_STR_EQ(out, "");
	CHECK_INT_EQ(RUN(host_script_put, "0123456789", 10, NULL, ID, "first\n",
			 "db/ a'b/-c", "10", ""),
		     0);
	CHECK_INT_EQ(count_files(".belay-uploads"), 0);
	CHECK_INT_EQ(RUN(host_script_head, "", 0, &status, "db/ a'b/-c"), 0);
	CHECK_STR_HAS(status, "10 ");
	CHECK_INT_EQ(RUN(host_script_list, "", 0, &list, "db"), 0);
	CHECK_STR_HAS(list, "10 ");
	CHECK_STR_HAS(list, " ./db/ a'b/-c\n");

	CHECK_INT_EQ(RUN(host_script_put, "0123456789", 10, NULL, ID, "first\n",
			 "db/ a'b/-c", "10", ""),
		     HOST_EXISTS);
	CHECK_INT_EQ(RUN(host_script_put, "0123456789", 10, NULL, ID, "first\n",
			 "db/ a'b/-c", "10", "again"),
		     0);
	CHECK_INT_EQ(RUN(host_script_put, "9876543210", 10, NULL, ID, "first\n",
			 "db/ a'b/-c", "10", "again"),
		     HOST_EXISTS);
	CHECK_INT_EQ(
		RUN(host_script_put, "short", 5, NULL, ID, "first\n", "db/new", "10", ""),
		HOST_DAMAGED);
	CHECK_INT_EQ(
		RUN(host_script_put, "1", 1, NULL, ID, "first\n", "db/ a'b", "1", ""),
		HOST_EXISTS);
	CHECK_INT_EQ(count_files(".belay-uploads"), 0);

	CHECK_INT_EQ(RUN(host_script_remove, "", 0, NULL, "db/ a'b/-c"), 0);
	CHECK_INT_EQ(RUN(host_script_remove, "", 0, NULL, "db/ a'b/-c"), 0);
	CHECK_INT_EQ(count_files(""), 1); /* directories that became empty are gone */
}

static void ranges(void)
{
	static const struct row {
		const char *name;
		const char *offset, *bytes, *want;
	} rows[] = {
		{"the beginning", "0", "3", "012"}, {"the middle", "3", "4", "3456"},
		{"over the end", "8", "9", "89"},   {"the end", "10", "1", ""},
		{"behind it", "25", "1", ""},       {"all", "0", "10", "0123456789"},
	};
	CHECK_INT_EQ(RUN(host_script_put, "0123456789", 10, NULL, ID, "first\n", "r",
			 "10", ""),
		     0);
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *got = NULL;
		CHECK_INT_EQ(
			RUN(host_script_get, "", 0, &got, "r", row->offset, row->bytes),
			0);
		CHECK_STR_EQ(got, row->want);
	}
	CHECK_INT_EQ(RUN(host_script_get, "", 0, NULL, "none", "0", "1"), HOST_MISSING);
}

TEST(objects_on_every_kind_of_host)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		test_at_row(kinds[i].name);
		if (begin_kind(&kinds[i])) {
			small_objects();
			ranges();
		} else {
			printf("%s cannot be had here\n", kinds[i].name);
		}
		end_kind();
	}
	test_at_row(NULL);
}

/* --- uploads ------------------------------------------------------------------------------- */

static void an_upload(void)
{
	_cleanup_free_ char *got = NULL, *notes = NULL;
	static const char first[] = "belay-upload 1 4 b1 db/1\n";
	CHECK_INT_EQ(RUN(host_script_begin, "", 0, NULL, ID, first, "db/1"), 0);
	CHECK_INT_EQ(RUN(host_script_part, "aaaa", 4, NULL, ID, "0", "4"), 0);
	/* Cut on its way, then sent again. */
	CHECK_INT_EQ(RUN(host_script_part, "bb", 2, NULL, ID, "4", "4"), HOST_DAMAGED);
	CHECK_INT_EQ(RUN(host_script_part, "bbbb", 4, NULL, ID, "4", "4"), 0);
	/* What should be before it is not there. */
	CHECK_INT_EQ(RUN(host_script_part, "dddd", 4, NULL, ID, "12", "4"), HOST_SHORT);
	CHECK_INT_EQ(RUN(host_script_part, "cc", 2, NULL, ID, "8", "2"), 0);
	CHECK_INT_EQ(RUN(host_script_replace, "BBBB", 4, NULL, ID, "2", "4", "4"), 0);
	CHECK_INT_EQ(RUN(host_script_replace, "BBB", 3, NULL, ID, "2", "4", "4"),
		     HOST_DAMAGED);
	CHECK_INT_EQ(RUN(host_script_notes, "", 0, &notes, NULL), 0);
	CHECK_STR_HAS(notes, " " ID " belay-upload 1 4 b1 db/1\n");

	CHECK_INT_EQ(RUN(host_script_finish, "", 0, NULL, ID, "11", "db/1"), HOST_SHORT);
	CHECK_INT_EQ(RUN(host_script_finish, "", 0, NULL, ID, "10", "db/1"), 0);
	CHECK_INT_EQ(RUN(host_script_finish, "", 0, NULL, ID, "10", "db/1"), 0);
	CHECK_INT_EQ(RUN(host_script_finish, "", 0, NULL, ID, "10", "db/1/2"),
		     HOST_REFUSED);
	CHECK_INT_EQ(RUN(host_script_drop, "", 0, NULL, ID), 0);
	CHECK_INT_EQ(RUN(host_script_drop, "", 0, NULL, ID), 0);
	CHECK_INT_EQ(count_files(".belay-uploads"), 0);
	CHECK_INT_EQ(RUN(host_script_get, "", 0, &got, "db/1", "0", "99"), 0);
	CHECK_STR_EQ(got, "aaaaBBBBcc");
	CHECK_INT_EQ(RUN(host_script_begin, "", 0, NULL, ID, first, "db/1"), HOST_EXISTS);
	CHECK_INT_EQ(RUN(host_script_finish, "", 0, NULL, ID, "10", "db/1"),
		     HOST_MISSING);
}

TEST(uploads_on_every_kind_of_host)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		test_at_row(kinds[i].name);
		if (begin_kind(&kinds[i]))
			an_upload();
		else
			printf("%s cannot be had here\n", kinds[i].name);
		end_kind();
	}
	test_at_row(NULL);
}

/* --- notes --------------------------------------------------------------------------------- */

TEST(names_in_notes)
{
	static const struct row {
		const char *name;
		const char *text, *want;
	} rows[] = {
		{"plain", "belay-upload 1 8 m db/1\n", "db/1"},
		{"with a space", "belay-upload 1 8 m a b\n", "a b"},
		{"of an older belay", "belay-upload 1 8 m n\n1 8 00\n", "n"},
		{"cut", "belay-upload 1 8", ""},
		{"words on another line", "belay-upload 1\n8 m a b\n", ""},
		{"empty", "", ""},
	};
	const struct depot_begin begin = {.name = "n x", .mark = "m", .part_bytes = 8};
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *name = upload_note_name(row->text);
		CHECK_STR_EQ(name, row->want);
	}
	_cleanup_free_ char *text = upload_note_text(&begin);
	_cleanup_free_ char *name = upload_note_name(text);
	CHECK_STR_EQ(text, "belay-upload 1 8 m n x\n");
	CHECK_STR_EQ(name, "n x");
}
