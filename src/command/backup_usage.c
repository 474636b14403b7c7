/* What can be typed behind `belay backup`: the options, and which word takes which of them. */
#include "backup_verb.h"

#include "engine_verb.h"

static const char *const key_types[] = {"p256", "p384", "rsa3072", "rsa4096", NULL};
static const char *const key_purposes[] = {"seal", "sign", NULL};

const struct option backup_options[] = {
	{.name = "store",
	 .type = OPTION_TEXT,
	 .argument = "NAME",
	 .help = "only this store (default: all; of restore and drill, the first that has "
		 "it)"},
	{.name = "read-data",
	 .type = OPTION_FLAG,
	 .help = "verify: read all of it, not only a sample; with --key or --passphrase-env, which "
		 "imply it, open it too"},
	OPTION_TAKE_LOCK,
	{.name = "to",
	 .type = OPTION_TEXT,
	 .argument = "DIR",
	 .help = "restore: into this directory"},
	{.name = "to-file",
	 .type = OPTION_TEXT,
	 .argument = "FILE",
	 .help = "restore: what a command had printed, into this file"},
	{.name = "to-command",
	 .type = OPTION_TEXT,
	 .argument = "COMMAND",
	 .help = "restore: as the standard input of this shell command"},
	{.name = "in-place",
	 .type = OPTION_FLAG,
	 .help = "restore: as the backup's `restore` says"},
	{.name = "overwrite",
	 .type = OPTION_FLAG,
	 .help = "restore: replace what is there"},
	{.name = "folder",
	 .type = OPTION_TEXT,
	 .argument = "PATH",
	 .help = "restore, verify: the folder of one backup, wherever it was brought; needs no "
		 "configuration"},
	{.name = "key",
	 .type = OPTION_TEXT,
	 .argument = "FILE",
	 .help = "the private key that opens it; keygen: where the key goes (default: backup.key)"},
	{.name = "certificate",
	 .type = OPTION_TEXT,
	 .argument = "FILE",
	 .help = "the certificate that belongs to the key; keygen: where the certificate goes (default: backup.crt)"},
	{.name = "key-passphrase-env",
	 .type = OPTION_TEXT,
	 .argument = "NAME",
	 .help = "variable that holds the passphrase of the key"},
	{.name = "passphrase-env",
	 .type = OPTION_TEXT,
	 .argument = "NAME",
	 .help = "variable that holds the passphrase it was sealed with; keygen: variable that holds the passphrase of the key"},
	{.name = "type",
	 .type = OPTION_TEXT,
	 .argument = "TYPE",
	 .values = key_types,
	 .help = "keygen: kind of the key (default: p256)"},
	{.name = "purpose",
	 .type = OPTION_TEXT,
	 .argument = "WHAT",
	 .values = key_purposes,
	 .help = "keygen: what it is for: to seal backups for, or to sign manifests (default: "
		 "seal)"},
	{.name = "name",
	 .type = OPTION_TEXT,
	 .argument = "TEXT",
	 .help = "keygen: name in the certificate (default: backup)"},
	{.name = "days",
	 .type = OPTION_INTEGER,
	 .argument = "N",
	 .help = "keygen: until the certificate expires (default: 3650)"},
	{.name = "no-passphrase",
	 .type = OPTION_FLAG,
	 .help = "keygen: the key is protected by its file's permissions only"},
	{0},
};

#define OPENING "key", "certificate", "key-passphrase-env", "passphrase-env"

static const char *const of_run[] = {"store", "take-lock", NULL};
static const char *const of_stores[] = {"store", NULL};
static const char *const of_verify[] = {"store", "read-data", "folder", OPENING, NULL};
static const char *const of_restore[] = {"store",      "to",       "to-file",
					 "to-command", "in-place", "overwrite",
					 "folder",     OPENING,    NULL};
static const char *const of_drill[] = {"store", OPENING, NULL};
static const char *const of_keygen[] = {"key",  "certificate",   "passphrase-env",
					"type", "purpose",       "name",
					"days", "no-passphrase", NULL};

const struct command_word backup_usage[] = {
	{"run", "make backups: one read of the source into all stores", "[NAME...]",
	 of_run},
	{"list", "what the stores hold, how old it is, and what was promised",
	 "[NAME...]", of_stores},
	{"verify", "is a copy still what was written?", "[NAME[/ID]...]", of_verify},
	{"restore", "bring a copy back: the newest, or the one that is named",
	 "[NAME[/ID]]", of_restore},
	{"forget", "remove what `keep` does not keep", "[NAME...]", of_stores},
	{"drill", "restore a copy into a scratch place and check what comes out",
	 "[NAME[/ID]]", of_drill},
	{"keygen", "make a key and a certificate for backups", NULL, of_keygen},
	{0},
};
