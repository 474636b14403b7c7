/* Directories and files of a host: its own tar packs them, one after the other, and their entries are joined into one
 * archive here.
 *
 * GNU tar is given everything that makes an archive as complete as one that is packed here; another one only what every
 * tar knows, with a warning, and what it cannot be asked for (patterns) is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/tar_pattern.h"
#include "live_backup_host.h"
#include "platform/clock.h"
#include "platform/tar_join.h"
#include "platform/tree_pattern.h"

enum {
	PROBE_TIMEOUT_MS = 60000,
	PROBE_OUTPUT_BYTES = 1 << 20,
};

/* What is known while all of them are joined. */
struct host_tar {
	struct live_source *source;
	struct tar_join *join;
	bool gnu;
	json_t *users, *groups; /* names and numbers of the host */
	/* Of the tar that runs. */
	const json_t *from;
	char *origin; /* where it stands; NULL: at home */
};

/* --- which tar ----------------------------------------------------------------------------- */

static int ask_host(struct live_source *source, const struct str *script,
		    struct str *ret_output, struct err *err)
{
	_cleanup_outcome_ struct run_outcome outcome = {0};
	_cleanup_free_ char *command = live_host_for_sh(script);
	struct ssh_run run = {
		.command = command,
		.timeout_ms = PROBE_TIMEOUT_MS,
		.max_output_bytes = PROBE_OUTPUT_BYTES,
		.stop = live_stop_child(source->call),
	};
	if (ssh_link_run(source->link, &run, &outcome, NULL, err) < 0 ||
	    live_judge_command("looking at the host", &outcome, err) < 0)
		return -1;
	capture_text(&outcome.out, ret_output);
	return 0;
}

/* "NAME:NUMBER" lines behind "=passwd" and "=group". */
static void take_owners(struct host_tar *tar, const char *lines)
{
	json_t *into = NULL;
	for (const char *at = lines; *at;) {
		size_t len = strcspn(at, "\n");
		_cleanup_free_ char *line = mem_strndup(at, len);
		char *colon = strchr(line, ':');
		long long number;
		at += len + (at[len] == '\n');
		if (*line == '=')
			into = strcmp(line, "=group") == 0 ? tar->groups : tar->users;
		if (!into || !colon ||
		    str_to_int64(colon + 1, 0, UINT32_MAX - 1, &number) < 0)
			continue;
		*colon = '\0';
		if (!json_object_get(into, line))
			json_object_set_new(into, line, json_integer(number));
	}
}

static void note_tar(struct host_tar *tar, char *line)
{
	str_keep_utf8(line);
	tar->gnu = strstr(line, "GNU tar") != NULL;
	json_object_set_new(tar->source->tools, "tar",
			    json_string(tar->gnu ? line : "not GNU tar"));
	if (strstr(line, "busybox"))
		live_source_warn(tar->source,
				 "the host's tar is busybox's: ACLs, extended attributes "
				 "and the holes of sparse files are not kept; GNU tar "
				 "keeps them");
	else if (!tar->gnu)
		live_source_warn(tar->source,
				 "the host's tar is not GNU tar: ACLs, extended "
				 "attributes and the holes of sparse files may not be "
				 "kept");
}

static int look_at_host(struct host_tar *tar, struct err *err)
{
	_cleanup_str_ struct str script = STR_INIT, output = STR_INIT;
	str_add(&script, "export LC_ALL=C; if command -v tar >/dev/null; then "
			 "tar --version </dev/null 2>&1 | head -n 1; else echo none; fi; "
			 "for of in passwd group; do echo; echo \"=$of\"; "
			 "{ timeout 15 getent $of || cat /etc/$of; } 2>/dev/null "
			 "</dev/null | "
			 "cut -d : -f 1,3; done; exit 0");
	if (ask_host(tar->source, &script, &output, err) < 0)
		return -1;
	const char *text = str_text(&output);
	size_t len = strcspn(text, "\r\n");
	_cleanup_free_ char *line = mem_strndup(text, len);
	if (strcmp(line, "none") == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no tar on the host");
	note_tar(tar, line);
	take_owners(tar, text + len);
	return 0;
}

/* --- what the archive asks ------------------------------------------------------------------ */

static int64_t owner_number(void *context, bool group, const char *name)
{
	const struct host_tar *tar = context;
	json_t *known = group ? tar->groups : tar->users;
	if (json_object_get(known, name))
		return json_get_int(known, name, -1);
	_cleanup_free_ char *text = str_format(
		"an ACL names the %s '%s', whose number the host does not tell: its rights "
		"come back only where that name is known",
		group ? "group" : "user", name);
	live_source_warn(tar->source, text);
	json_object_set_new(known, name, json_integer(-1)); /* once is enough */
	return -1;
}

static void tell_of_host(void *context, enum tree_event event, const char *path,
			 const char *reason)
{
	const struct host_tar *tar = context;
	_cleanup_free_ char *shown = live_host_shown(tar->origin, path);
	live_source_tell(tar->source, event, shown, reason);
}

/* What "cache/" leaves out besides its content. */
static bool is_skipped(void *context, const char *path)
{
	const struct host_tar *tar = context;
	const json_t *exclude = json_object_get(tar->from, "exclude");
	for (size_t i = 0; i < json_array_size(exclude); i++) {
		const char *pattern = json_string_value(json_array_get(exclude, i));
		if (pattern && tar_pattern_is_for_directories(pattern) &&
		    tree_pattern_matches(pattern, path, true))
			return true;
	}
	return false;
}

/* --- patterns ------------------------------------------------------------------------------ */

static int add_exclude(struct str *command, const char *pattern, struct err *err)
{
	if (tree_pattern_check(pattern, err) < 0)
		return -1;
	const char *why = tar_pattern_fault(pattern);
	if (why) {
		err_set(err, ERR_CONFIG,
			"the pattern '%s' cannot be passed on to the host's tar",
			pattern);
		return err_hint(err, "%s", why);
	}
	tar_pattern_add(command, pattern);
	return 0;
}

static int add_patterns(struct str *command, const json_t *source, bool gnu,
			struct err *err)
{
	const json_t *exclude = json_object_get(source, "exclude");
	if (json_array_size(json_object_get(source, "include")) > 0) {
		err_set(err, ERR_CONFIG,
			"'include' does not work for a directory on a host");
		return err_hint(err, "name the files or directories themselves, or "
				     "exclude the others");
	}
	if (json_array_size(exclude) > 0 && !gnu) {
		err_set(err, ERR_CONFIG,
			"the host's tar is not GNU tar: it is not known "
			"to understand exclude patterns");
		return err_hint(err, "install GNU tar there");
	}
	for (size_t i = 0; i < json_array_size(exclude); i++) {
		const char *pattern = json_string_value(json_array_get(exclude, i));
		if (pattern && add_exclude(command, pattern, err) < 0)
			return -1;
	}
	return 0;
}

/* --- tar of the host ----------------------------------------------------------------------- */

/* In its own words and not those of the host's language: live_backup_host_said.c reads them. */
static void add_tar(struct str *command, bool gnu)
{
	str_add(command, "unset TAR_OPTIONS; export LC_ALL=C; exec tar");
	if (gnu)
		str_add(command, " --format=posix --sort=name --xattrs --acls --sparse "
				 "--quoting-style=escape");
}

static int directory_command(const json_t *source, bool gnu, struct str *ret,
			     struct err *err)
{
	live_host_change_directory(ret, json_get_string(source, "directory", ""));
	add_tar(ret, gnu);
	if (json_get_bool(source, "one_file_system", false)) {
		if (!gnu)
			return err_set(err, ERR_CONFIG,
				       "the host's tar is not GNU tar: it is not known "
				       "to stay on one file system");
		str_add(ret, " --one-file-system");
	}
	if (add_patterns(ret, source, gnu, err) < 0)
		return -1;
	str_add(ret, " -cf - .");
	return 0;
}

/* Runs tar and joins what it packs. GNU tar's status 1 means that something changed while it was read. */
static int join_tar(struct host_tar *tar, const struct str *script, const char *prefix,
		    struct err *err)
{
	_cleanup_free_ char *command = live_host_for_sh(script);
	_cleanup_(live_remote_freep) struct live_remote *remote =
		mem_new(struct live_remote);
	if (live_remote_open(tar->source, command, remote, err) < 0)
		return -1;
	int result = ssh_stream_finish_input(remote->stream, err);
	if (result == 0)
		result = tar_join_add(tar->join, live_remote_spring(remote), prefix, err);
	live_remote_close(remote);
	bool torn = result < 0 && remote->status > 0 && err->code == ERR_FAIL;
	if (result < 0 && !torn)
		return -1;
	bool changed = tar->gnu && remote->status == 1;
	/* What tar said explains more than what its archive lacks. */
	if ((torn || !changed) && live_remote_judge(remote, "tar on the host", err) < 0)
		return -1;
	live_host_tell_said(tar->source, tar->origin, str_text(&remote->said));
	return 0;
}

static int join_directory(struct host_tar *tar, struct err *err)
{
	_cleanup_str_ struct str script = STR_INIT;
	if (directory_command(tar->from, tar->gnu, &script, err) < 0)
		return -1;
	return join_tar(tar, &script, json_get_string(tar->from, "prefix", ""), err);
}

/* --- files --------------------------------------------------------------------------------- */

/* Which of the files are not there: their places in the list, one a line. */
static int find_missing(struct live_source *source, const json_t *files, bool *ret,
			struct err *err)
{
	_cleanup_str_ struct str script = STR_INIT, output = STR_INIT;
	for (size_t i = 0; i < json_array_size(files); i++) {
		_cleanup_str_ struct str name = STR_INIT;
		str_add_shell_quoted(&name, json_string_value(json_array_get(files, i)));
		str_addf(&script, "[ -e %s ] || [ -L %s ] || echo %zu; ", str_text(&name),
			 str_text(&name), i);
	}
	str_add(&script, "exit 0");
	if (ask_host(source, &script, &output, err) < 0)
		return -1;
	for (const char *at = str_text(&output); *at;) {
		size_t len = strcspn(at, "\n");
		_cleanup_free_ char *line = mem_strndup(at, len);
		long long place;
		if (str_to_int64(line, 0, (long long)json_array_size(files) - 1,
				 &place) == 0)
			ret[place] = true;
		at += len + (at[len] == '\n');
	}
	return 0;
}

/* One tar for those with absolute paths, one for the others, which are below the user's home. */
static int join_some_files(struct host_tar *tar, const bool *missing, bool absolute,
			   struct err *err)
{
	const json_t *files = json_object_get(tar->from, "files");
	_cleanup_str_ struct str script = STR_INIT;
	size_t count = 0;
	live_host_change_directory(&script, absolute ? "/" : NULL);
	add_tar(&script, tar->gnu);
	str_add(&script, " -cf -");
	for (size_t i = 0; i < json_array_size(files); i++) {
		const char *path = json_string_value(json_array_get(files, i));
		if (missing[i] || (*path == '/') != absolute)
			continue;
		_cleanup_free_ char *name = live_archive_name(path);
		_cleanup_free_ char *below = str_format("./%s", name);
		str_add_char(&script, ' ');
		str_add_shell_quoted(&script, below);
		count++;
	}
	free(tar->origin);
	tar->origin = absolute ? mem_strdup("") : NULL;
	return count > 0 ? join_tar(tar, &script, "", err) : 0;
}

static int join_files(struct host_tar *tar, struct err *err)
{
	const json_t *files = json_object_get(tar->from, "files");
	size_t count = json_array_size(files);
	_cleanup_free_ bool *missing = mem_array(bool, count + 1);
	for (size_t i = 0; i < count; i++)
		if (!json_is_string(json_array_get(files, i)))
			return err_set(err, ERR_CONFIG,
				       "the names of files must be text");
	if (json_get_bool(tar->from, "may_miss", false) &&
	    find_missing(tar->source, files, missing, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (missing[i])
			live_source_tell(tar->source, TREE_MISSING,
					 json_string_value(json_array_get(files, i)),
					 "it is not there");
	if (join_some_files(tar, missing, true, err) < 0)
		return -1;
	return join_some_files(tar, missing, false, err);
}

/* --- all of them --------------------------------------------------------------------------- */

static int join_source(struct host_tar *tar, struct err *err)
{
	const char *text = json_get_string(tar->from, "text", NULL);
	const char *directory = json_get_string(tar->from, "directory", NULL);
	free(TAKE_PTR(tar->origin));
	if (text)
		return tar_join_text(tar->join,
				     json_get_string(tar->from, "name", "text"), text,
				     clock_wall_ms(), err);
	if (!directory)
		return join_files(tar, err);
	size_t len = strlen(directory);
	while (len > 0 && directory[len - 1] == '/')
		len--;
	tar->origin = mem_strndup(directory, len);
	return join_directory(tar, err);
}

static void host_tar_release(struct host_tar *tar)
{
	tar_join_freep(&tar->join);
	json_decref(tar->users);
	json_decref(tar->groups);
	free(tar->origin);
}

int live_host_tar(struct live_source *source, struct drain drain, struct err *err)
{
	__attribute__((cleanup(host_tar_release))) struct host_tar tar = {
		.source = source, .users = json_object(), .groups = json_object()};
	struct tar_join_options options = {
		.drain = drain,
		.tell = tell_of_host,
		.skip = is_skipped,
		.context = &tar,
		.owners = {.number = owner_number, .context = &tar},
	};
	if (look_at_host(&tar, err) < 0)
		return -1;
	tar.join = tar_join_new(&options);
	for (size_t i = 0; i < json_array_size(source->sources); i++) {
		tar.from = json_array_get(source->sources, i);
		if (join_source(&tar, err) < 0)
			return -1;
	}
	source->entries = tar_join_entries(tar.join);
	return tar_join_end(tar.join, err);
}
