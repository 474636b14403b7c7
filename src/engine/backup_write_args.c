/* What a backup is made of: the configured sources, sets of configuration files spelled out, what there is to know
 * of a system as a text, and for whom it is sealed.
 */
#include <string.h>

#include "backup_make.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

#define SYSTEM_MAX_BYTES ((size_t)1 << 20)
#define SYSTEM_TIMEOUT_MS 120000
#define THREADS_MAX 4

/* --- sets ------------------------------------------------------------------------------------- */

/* Where Debian and its relatives keep things. What is not there is not missed. */
static const struct set {
	const char *name, *words;
	const char *const *paths;
} sets[] = {
	{"nginx", "the configuration of nginx",
	 (const char *const[]){"/etc/nginx", "/usr/local/etc/nginx", NULL}},
	{"certificates", "TLS certificates and their keys",
	 (const char *const[]){"/etc/letsencrypt", "/etc/ssl/private",
			       "/etc/ssl/openssl.cnf", "/usr/local/share/ca-certificates",
			       "/var/lib/dehydrated", "/root/.acme.sh", NULL}},
	{"units", "unit files of systemd",
	 (const char *const[]){"/etc/systemd/system", "/etc/systemd/user",
			       "/usr/local/lib/systemd", NULL}},
	{"environment", "environment files",
	 (const char *const[]){"/etc/environment", "/etc/environment.d", "/etc/default",
			       NULL}},
};

/* Sections of one text; a command that is not there or fails says so in its own section. */
static const char system_script[] =
	"export LC_ALL=C PATH=\"$PATH:/usr/sbin:/sbin\"\n"
	"say() {\n"
	"  printf '## %s\\n\\n' \"$*\"\n"
	"  \"$@\" 2>&1 </dev/null || printf '(failed: %s)\\n' \"$?\"\n"
	"  printf '\\n'\n"
	"}\n"
	"have() { command -v \"$1\" >/dev/null 2>&1; }\n"
	"say date -u\n"
	"say uname -a\n"
	"say cat /etc/os-release\n"
	"if have dpkg-query; then say dpkg-query -W; elif have rpm; then say rpm -qa; elif "
	"have apk; then say apk info -v; fi\n"
	"if have ss; then say ss -tuln; else say netstat -tuln; fi\n"
	"if have systemctl; then say systemctl list-unit-files --no-pager "
	"--state=enabled; fi\n"
	"if have lsblk; then say lsblk; fi\n"
	"say df -hP\n"
	"say cat /proc/mounts\n"
	"if have ip; then say ip addr; fi\n"
	"say crontab -l\n";

static const struct set *find_set(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (strcmp(sets[i].name, name) == 0)
			return &sets[i];
	return NULL;
}

/* " on web1" of what is on a host. Fresh. */
static char *where_is(const json_t *host)
{
	return host ? str_format(" on %s", json_get_string(host, "name", "a host"))
		    : mem_strdup("");
}

static int add_system(struct backup_making *making, json_t *sources, struct err *err)
{
	const struct config_host *host = making->backup->source.host;
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:I, s:I}", host ? "command" : "shell", system_script,
			  "timeout_ms", (json_int_t)SYSTEM_TIMEOUT_MS, "max_output_bytes",
			  (json_int_t)SYSTEM_MAX_BYTES);
	if (host)
		json_object_set(args, "host", host->connection);
	const struct effect effect = {.kind = host ? "ssh.run" : "run",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = host ? host->name : NULL};
	if (effects_perform(making->desk->engine.fx, &effect, &answer, err) < 0)
		return err_wrap(err, "gathering what the system is");
	json_array_append_new(sources, json_pack("{s:s, s:s}", "text",
						 json_get_string(answer, "stdout", ""),
						 "name", "system.txt"));
	return 0;
}

static void add_files(const struct backup_making *making, const struct set *set,
		      json_t *sources)
{
	const struct config_host *host = making->backup->source.host;
	json_t *files = json_array();
	for (size_t i = 0; set->paths[i]; i++)
		json_array_append_new(files, json_string(set->paths[i]));
	json_t *source = json_pack("{s:o, s:b}", "files", files, "may_miss", 1);
	if (host)
		json_object_set(source, "host", host->connection);
	json_array_append_new(sources, source);
}

static void add_word(struct backup_making *making, const char *words, const json_t *host)
{
	_cleanup_free_ char *where = where_is(host);
	_cleanup_free_ char *text = str_format("%s%s", words, where);
	json_array_append_new(making->words, json_string(text));
}

static int add_sets(struct backup_making *making, json_t *sources, struct err *err)
{
	const struct config_names *names = &making->backup->source.sets;
	const struct config_host *host = making->backup->source.host;
	const json_t *connection = host ? host->connection : NULL;
	for (size_t i = 0; i < names->count; i++) {
		const struct set *set = find_set(names->items[i]);
		if (set) {
			add_files(making, set, sources);
			add_word(making, set->words, connection);
			continue;
		}
		if (add_system(making, sources, err) < 0)
			return -1;
		add_word(making, "what the system is", connection);
	}
	return 0;
}

/* --- the configured ones ---------------------------------------------------------------------- */

/* Commands stay out of it: who knows what stands in them. */
static void add_words_of(struct backup_making *making, const json_t *source)
{
	_cleanup_str_ struct str text = STR_INIT;
	const char *directory = json_get_string(source, "directory", NULL);
	const json_t *files = json_object_get(source, "files");
	size_t i;
	const json_t *path;
	if (json_object_get(source, "run"))
		str_addf(&text, "the output of a command as %s",
			 json_get_string(source, "name", "a file"));
	else if (directory)
		str_addf(&text, "the directory %s", directory);
	else if (!files)
		str_add(&text, json_get_string(source, "name", "a text"));
	json_array_foreach(files, i, path)
		str_addf(&text, "%s%s", i ? ", " : "", json_string_value(path));
	add_word(making, str_text(&text), json_object_get(source, "host"));
}

static int add_sources(struct backup_making *making, struct err *err)
{
	json_t *sources = json_array();
	size_t i;
	json_t *source;
	json_object_set_new(making->asked, "sources", sources);
	json_array_foreach(making->backup->source.list, i, source) {
		json_array_append(sources, source);
		add_words_of(making, source);
	}
	return add_sets(making, sources, err);
}

/* --- looking only ------------------------------------------------------------------------------ */

static int look_at_source(const struct backup_making *making, const json_t *source,
			  struct err *err)
{
	const char *path = json_get_string(source, "directory", NULL);
	_cleanup_json_ json_t *answer = NULL;
	if (!path || json_object_get(source, "run") || json_object_get(source, "host"))
		return 0;
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", path);
	const struct effect effect = {.kind = "file.stat",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = path};
	if (effects_perform(making->desk->engine.fx, &effect, &answer, err) < 0)
		return -1;
	if (!str_equal(json_get_string(answer, "type", ""), "missing"))
		return 0;
	err_set(err, ERR_FAIL, "there is no directory '%s' to read", path);
	return err_hint(err, "write the path as seen from the directory belay runs in");
}

int backup_look_at_sources(const struct backup_making *making, struct err *err)
{
	size_t i;
	const json_t *source;
	json_array_foreach(making->backup->source.list, i, source) {
		if (look_at_source(making, source, err) < 0)
			return -1;
	}
	return 0;
}

/* --- sealing and packing ---------------------------------------------------------------------- */

/* 32 hexadecimal digits. Fresh. */
static char *random_digits(struct effects *fx)
{
	unsigned long long high = effects_random(fx);
	return str_format("%016llx%016llx", high, (unsigned long long)effects_random(fx));
}

static int add_seal(struct backup_making *making, struct err *err)
{
	const struct config_backup *backup = making->backup;
	struct effects *fx = making->desk->engine.fx;
	if (backup->seal.passphrase) {
		_cleanup_free_ char *salt = random_digits(fx);
		json_object_set_new(making->asked, "seal",
				    json_pack("{s:O, s:s}", "passphrase",
					      backup->seal.passphrase, "salt", salt));
		return 0;
	}
	json_t *recipients = json_array();
	json_object_set_new(making->asked, "seal",
			    json_pack("{s:o}", "recipients", recipients));
	for (size_t i = 0; i < backup->seal.recipients.count; i++) {
		const char *path = backup->seal.recipients.items[i];
		_cleanup_free_ char *pem = NULL;
		if (backup_read_certificate(fx, path, &pem, err) < 0)
			return -1;
		json_array_append_new(recipients,
				      json_pack("{s:s, s:s}", "name", path, "pem", pem));
	}
	return 0;
}

static int threads_of(const struct backup_making *making)
{
	struct err ignored = {0};
	_cleanup_json_ json_t *facts = NULL;
	const struct effect effect = {.kind = "system", .mode = EFFECT_OBSERVE};
	if (making->backup->threads > 0)
		return making->backup->threads;
	if (effects_perform(making->desk->engine.fx, &effect, &facts, &ignored) < 0)
		return 1;
	int64_t cores = json_get_int(facts, "cores", 1);
	return cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (int)cores;
}

int backup_write_args(struct backup_making *making, struct err *err)
{
	const struct config_backup *backup = making->backup;
	making->mark = random_digits(making->desk->engine.fx);
	making->words = json_array();
	making->asked = json_pack("{s:s, s:{s:s, s:i, s:i, s:I}}", "kind",
				  backup->source.file ? "stream" : "tar", "pack", "id",
				  making->mark, "level", backup->level, "threads",
				  threads_of(making), "chunk_bytes",
				  (json_int_t)backup->chunk_bytes);
	if (backup->sign.key &&
	    backup_read_certificate(making->desk->engine.fx, backup->sign.certificate,
				    &making->signing_certificate, err) < 0)
		return -1;
	return add_seal(making, err) < 0 || add_sources(making, err) < 0 ? -1 : 0;
}
