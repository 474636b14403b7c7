/* How a backup is restored without belay: a shell command, and the page that explains it.
 *
 * A pipeline of a POSIX shell ends with the status of its last part, so each part says on descriptor 3 when it
 * failed, and what was said there decides. `split` gives one sealed chunk after the other to a filter of its
 * own; when one fails, split fails.
 */
#include <string.h>

#include "belay/backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define OPEN_WITH_KEY                                                                    \
	"openssl cms -decrypt -inform DER -inkey \"$KEY\" -recip \"$CERT\" "             \
	"${KEY_PASSPHRASE+-passin env:KEY_PASSPHRASE}"
#define OPEN_WITH_SECRET                                                                 \
	"openssl cms -decrypt -inform DER -secretkey \"$SECRET\" -secretkeyid "          \
	"62656c6179"

static const json_t *scrypt_of(const json_t *manifest)
{
	const json_t *scrypt =
		json_object_get(json_object_get(manifest, "seal"), "scrypt");
	return json_is_object(scrypt) ? scrypt : NULL;
}

/* --- the command ----------------------------------------------------------------------------- */

static void add_key(struct str *out, const json_t *manifest)
{
	const json_t *scrypt = scrypt_of(manifest);
	str_add(out, ": \"${FOLDER:?is not set: the folder that holds the backup}\"\n");
	if (!scrypt) {
		str_add(out, ": \"${KEY:?is not set: the file with the private key}\"\n"
			     ": \"${CERT:?is not set: the file with its certificate}\"\n"
			     "export KEY CERT KEY_PASSPHRASE\n");
		return;
	}
	str_addf(out,
		 ": \"${PASSPHRASE:?is not set}\"\n"
		 "SECRET=$(openssl kdf -keylen 32 -kdfopt pass:\"$PASSPHRASE\" -kdfopt "
		 "hexsalt:%s -kdfopt n:%lld -kdfopt r:%lld -kdfopt p:%lld SCRYPT) || "
		 "exit 1\n"
		 "export SECRET\n",
		 json_get_string(scrypt, "salt", ""),
		 (long long)json_get_int(scrypt, "n", 0),
		 (long long)json_get_int(scrypt, "r", 0),
		 (long long)json_get_int(scrypt, "p", 0));
}

/* A stream gets its name when all of it is there. */
static void add_target(struct str *out, const char *file, const char *partial)
{
	if (!file) {
		str_add(out, "  { zstd -dc || echo zstd >&3; } |\n"
			     "  { tar -xpf - || echo tar >&3; }\n");
		return;
	}
	str_add(out, "  { zstd -dc >");
	str_add_shell_quoted(out, partial);
	str_add(out, " || echo zstd >&3; }\n");
}

char *backup_restore_command(const json_t *manifest)
{
	struct str out = STR_INIT;
	const json_t *data = json_object_get(manifest, "data");
	const json_t *seal = json_object_get(manifest, "seal");
	long long chunk_bytes = (long long)json_get_int(seal, "chunk_bytes", 0);
	const char *file = json_get_string(manifest, "file", NULL);
	_cleanup_free_ char *partial = file ? str_format("%s.partial", file) : NULL;
	str_add(&out, "(\n");
	add_key(&out, manifest);
	str_add(&out,
		"{ openssl version && split --filter=: </dev/null; } >/dev/null 2>&1 ||\n"
		"  { echo 'this needs openssl 3 and split of GNU coreutils' >&2; exit 1; }\n"
		"[ -r \"$FOLDER/data.zst.cms\" ] ||\n"
		"  { echo \"there is no data.zst.cms in '$FOLDER'\" >&2; exit 1; }\n");
	if (file) {
		str_add(&out, "umask 077\n[ ! -e ");
		str_add_shell_quoted(&out, file);
		str_add(&out, " ] || { echo 'it is there already' >&2; exit 1; }\n");
	}
	str_addf(
		&out,
		"[ \"$(SHELL=/bin/sh split -b %lld --filter='openssl dgst -sha256 -binary' "
		"<\"$FOLDER/data.zst.cms\" |\n"
		"  openssl dgst -sha256 -r)\" = '%s *stdin' ] ||\n"
		"  { echo 'data.zst.cms is damaged or not complete' >&2; exit 1; }\n"
		"failed=$({\n"
		"  { SHELL=/bin/sh split -b %lld --filter='%s' "
		"<\"$FOLDER/data.zst.cms\" || echo openssl >&3; } |\n",
		chunk_bytes, json_get_string(data, "chunks_sha256", ""), chunk_bytes,
		scrypt_of(manifest) ? OPEN_WITH_SECRET : OPEN_WITH_KEY);
	add_target(&out, file, partial);
	str_add(&out, "} 3>&1)\n"
		      "[ -z \"$failed\" ] || { echo \"NOT restored, what is here is not "
		      "complete:\" $failed failed >&2; exit 1; }\n");
	if (file) {
		str_add(&out, "mv -- ");
		str_add_shell_quoted(&out, partial);
		str_add_char(&out, ' ');
		str_add_shell_quoted(&out, file);
		str_add_char(&out, '\n');
	}
	str_add(&out, ")");
	return str_take(&out);
}

/* --- the page -------------------------------------------------------------------------------- */

/* Outside text as one line: controls become blanks. */
static void add_line(struct str *out, const char *before, const char *text)
{
	str_add(out, before);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		str_add_char(out, c < 0x20 || c == 0x7f ? ' ' : *text);
	}
	str_add_char(out, '\n');
}

static void add_lines(struct str *out, const char *first, const json_t *texts)
{
	size_t i;
	const json_t *text;
	json_array_foreach(texts, i, text) {
		const char *value = json_string_value(text);
		add_line(out, i == 0 ? first : "                ", value ? value : "?");
	}
}

static void add_contents(struct str *out, const json_t *manifest)
{
	const json_t *data = json_object_get(manifest, "data");
	const char *file = json_get_string(manifest, "file", NULL);
	int64_t left_out = json_get_int(data, "left_out_count", 0);
	int64_t entries = json_get_int(data, "entries", 0);
	if (file)
		add_line(out, "  it holds      what a command printed, as the file ",
			 file);
	else
		str_addf(out, "  it holds      a tar of %lld %s\n", (long long)entries,
			 entries == 1 ? "entry" : "entries");
	str_add(out, "  size          ");
	size_add(out, json_get_int(data, "sealed_bytes", 0));
	str_add(out, " here, ");
	size_add(out, json_get_int(data, "open_bytes", 0));
	str_add(out, " restored\n");
	add_lines(out, "  made of       ", json_object_get(manifest, "sources"));
	add_lines(out, "  was missing   ", json_object_get(manifest, "missing"));
	if (left_out > 0)
		str_addf(out, "  left out      %lld files, see manifest.json\n",
			 (long long)left_out);
}

static void add_facts(struct str *out, const json_t *manifest)
{
	const json_t *seal = json_object_get(manifest, "seal");
	add_line(out, "  name          ", json_get_string(manifest, "name", "?"));
	add_line(out, "  id            ", json_get_string(manifest, "id", "?"));
	add_line(out, "  environment   ", json_get_string(manifest, "environment", "?"));
	add_line(out, "  begun         ", json_get_string(manifest, "begun_at", "?"));
	add_line(out, "  finished      ", json_get_string(manifest, "finished_at", "?"));
	add_line(out, "  made on       ", json_get_string(manifest, "host", "?"));
	add_line(out, "  by belay      ", json_get_string(manifest, "belay", "?"));
	add_contents(out, manifest);
	add_lines(out, "  sealed for    ", json_object_get(seal, "recipients"));
}

static const char needs_key[] =
	"    KEY=/path/to/private.key\n"
	"    CERT=/path/to/certificate.crt\n"
	"\n"
	"KEY and CERT are files in PEM form: the private key of one of those that the\n"
	"backup is sealed for (see above), and its certificate. When the key itself has a\n"
	"passphrase, set KEY_PASSPHRASE as well.\n";

static const char needs_passphrase[] =
	"    PASSPHRASE='what it was sealed with'\n"
	"\n"
	"While it runs, the passphrase and the key that comes of it can be seen in the\n"
	"list of processes: do it on a machine that you have for yourself.\n";

static const char tar_notes[] =
	"As root, tar gives the files back to their owners. To get extended attributes\n"
	"and access control lists back too, add --xattrs --acls to tar (GNU tar). Without\n"
	"--acls the group of a file that had such a list may be allowed more than before.\n";

static const char how_it_works[] =
	"How it works\n"
	"\n"
	"  data.zst.cms is cut into chunks of one size (the last one may be smaller). Each\n"
	"  is a CMS message (RFC 5083, AES-256-GCM) that `openssl cms -decrypt` opens; what\n"
	"  comes out of all of them, one behind the other, is one zstd stream. The command\n"
	"  first compares the SHA-256 of the SHA-256s of all chunks (manifest.json has those\n"
	"  as well), and says so when a part failed.\n"
	"\n"
	"Is it genuine?\n"
	"\n"
	"  Whoever can write to this folder can also write another page like this one. Where\n"
	"  there is a manifest.sig, it signs manifest.json, and the same command is there as\n"
	"  restore.command. With the certificate of the signer:\n"
	"\n"
	"    openssl cms -verify -binary -inform PEM -in manifest.sig \\\n"
	"      -content manifest.json -certfile signer.crt -nointern -noverify \\\n"
	"      -out /dev/null\n"
	"\n"
	"  The SHA-256 of manifest.json is also on the journal of belay, the branch that the\n"
	"  deployments are recorded on.\n";

char *backup_restore_page(const json_t *manifest)
{
	struct str out = STR_INIT;
	_cleanup_free_ char *command = backup_restore_command(manifest);
	bool tar = !json_get_string(manifest, "file", NULL);
	str_add(&out, "This folder holds a backup. It is restored with what every Linux "
		      "has or can\ninstall: sh, openssl (3.0 or newer), zstd, tar, and "
		      "split (GNU coreutils).\nbelay, which made it, is not needed.\n\n");
	add_facts(&out, manifest);
	str_addf(
		&out,
		"\nTo restore\n\n"
		"Go to an empty directory with enough room: what is in the backup appears "
		"there.\nIn a shell, say where things are:\n\n"
		"    FOLDER=/path/to/this/folder\n%s\nThen:\n\n%s\n\n"
		"When it ends without a message, everything was restored.\n%s\n%s",
		scrypt_of(manifest) ? needs_passphrase : needs_key, command,
		tar ? tar_notes : "", how_it_works);
	return str_take(&out);
}
