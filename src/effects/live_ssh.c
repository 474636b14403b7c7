/* ssh.run, and opening connections for it and for git. Connections are kept for each host and lane:
 * a lane has one thread, so nobody waits for another's command. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "live_run.h"
#include "platform/archive.h"
#include "platform/env.h"
#include "platform/fs.h"
#include "platform/ssh.h"

enum { KNOWN_HOSTS_MAX_BYTES = 8 << 20, CERTIFICATE_MAX_BYTES = 64 << 10 };

/* --- opening ------------------------------------------------------------------------------- */

/* Everything a struct ssh_target borrows. */
struct means {
	struct secret key, passphrase, known_hosts;
	char *certificate;
	char *known_hosts_from;
};

static void means_release(struct means *means)
{
	secret_release(&means->key);
	secret_release(&means->passphrase);
	secret_release(&means->known_hosts);
	free(means->certificate);
	free(means->known_hosts_from);
}

/* No such file is no error: then no host is known, and the connection says so with the fingerprint
 * to look for. */
static int read_known_hosts(const char *path, struct means *means, struct err *err)
{
	struct err why = {0};
	free(means->known_hosts_from);
	means->known_hosts_from = str_format("'%s'", path);
	if (fs_read(path, KNOWN_HOSTS_MAX_BYTES, &means->known_hosts.data,
		    &means->known_hosts.len, &why) == 0 ||
	    why.code == ERR_NOT_FOUND)
		return 0;
	*err = why;
	err->code = ERR_CONFIG;
	return -1;
}

/* A secret reference, {file}, a text; or ~/.ssh/known_hosts. What is in it is public: only a
 * reference makes a secret of it. */
static int get_known_hosts(struct live_call *call, const json_t *value,
			   struct means *means, struct err *err)
{
	const char *file = json_get_string(value, "file", NULL);
	if (file)
		return read_known_hosts(file, means, err);
	if (value && !json_is_null(value)) {
		const char *env =
			json_get_string(json_object_get(value, "$secret"), "env", NULL);
		means->known_hosts_from = env ? str_format("$%s", env)
					      : mem_strdup("the configured known_hosts");
		return live_resolve(call, value, "known_hosts", &means->known_hosts, err);
	}
	const char *home = env_get("HOME");
	_cleanup_free_ char *path = str_format("%s/.ssh/known_hosts", home ? home : "");
	return read_known_hosts(path, means, err);
}

static int get_means(struct live_call *call, const json_t *settings, struct means *means,
		     struct err *err)
{
	const json_t *key = json_object_get(settings, "key");
	const json_t *passphrase = json_object_get(settings, "passphrase");
	const char *certificate = json_get_string(settings, "certificate", NULL);
	if (key && live_resolve(call, key, "the ssh key", &means->key, err) < 0)
		return -1;
	if (passphrase && live_resolve(call, passphrase, "the passphrase of the ssh key",
				       &means->passphrase, err) < 0)
		return -1;
	size_t len;
	if (certificate && fs_read(certificate, CERTIFICATE_MAX_BYTES,
				   &means->certificate, &len, err) < 0)
		return err_wrap(err, "ssh certificate");
	return get_known_hosts(call, json_object_get(settings, "known_hosts"), means,
			       err);
}

int live_ssh_open(struct live_call *call, const json_t *settings,
		  const struct live_ssh_address *address, struct ssh_link **ret,
		  struct err *err)
{
	__attribute__((cleanup(means_release))) struct means means = {0};
	if (get_means(call, settings, &means, err) < 0)
		return err_wrap(err, "%s",
				address->name ? address->name : address->address);
	struct ssh_target target = {
		.name = address->name,
		.address = address->address,
		.port = address->port,
		.user = address->user,
		.key = means.key.len ? &means.key : NULL,
		.passphrase = means.passphrase.len ? &means.passphrase : NULL,
		.certificate = means.certificate,
		.agent = json_get_bool(settings, "agent", !means.key.len),
		.agent_socket = env_get("SSH_AUTH_SOCK"),
		.known_hosts = means.known_hosts.data,
		.known_hosts_from = means.known_hosts_from,
		.connect_timeout_ms = json_get_int(settings, "connect_timeout_ms", 0),
		.stop = live_stop(call),
	};
	return ssh_link_open(&target, ret, err);
}

int live_ssh_connect(struct live_call *call, const json_t *host, struct ssh_link **ret,
		     struct err *err)
{
	int64_t port = json_get_int(host, "port", 22);
	struct live_ssh_address address = {
		.name = json_get_string(host, "name", NULL),
		.address = json_get_string(host, "address", NULL),
		.user = json_get_string(host, "user", NULL),
		.port = (unsigned)port,
	};
	if (!address.address || !address.user || port < 1 || port > 65535)
		return err_set(err, ERR_CONFIG,
			       "an ssh host needs an address, a user and a valid port");
	return live_ssh_open(call, host, &address, ret, err);
}

/* --- keeping ------------------------------------------------------------------------------- */

struct kept_link {
	char *name; /* lane and HOST as JSON */
	struct ssh_link *link;
};

struct links {
	pthread_mutex_t lock;
	struct kept_link *items; /* taken out while it is used */
	size_t count, capacity;
};

static void *links_create(void)
{
	struct links *links = mem_new(struct links);
	pthread_mutex_init(&links->lock, NULL);
	return links;
}

static void links_release(void *value)
{
	struct links *links = value;
	for (size_t i = 0; i < links->count; i++) {
		ssh_link_close(links->items[i].link);
		free(links->items[i].name);
	}
	free(links->items);
	pthread_mutex_destroy(&links->lock);
	free(links);
}

static struct links *links_of(struct live_call *call)
{
	return live_keep(call->live, LIVE_SLOT_SSH, links_create, links_release);
}

/* The whole HOST belongs to the name: the same address with another key is another connection. */
static char *link_name(const struct live_call *call)
{
	_cleanup_free_ char *host =
		json_text_compact(json_object_get(call->args, "host"));
	return str_format("%s %s", call->lane, host);
}

static struct ssh_link *take_link(struct links *links, const char *name)
{
	struct ssh_link *link = NULL;
	pthread_mutex_lock(&links->lock);
	for (size_t i = 0; i < links->count && !link; i++) {
		if (strcmp(links->items[i].name, name) != 0)
			continue;
		link = links->items[i].link;
		free(links->items[i].name);
		links->items[i] = links->items[--links->count];
	}
	pthread_mutex_unlock(&links->lock);
	if (link && !ssh_link_usable(link)) {
		ssh_link_close(link);
		link = NULL;
	}
	return link;
}

static void give_link_back(struct links *links, const char *name, struct ssh_link *link)
{
	if (!ssh_link_usable(link)) {
		ssh_link_close(link);
		return;
	}
	pthread_mutex_lock(&links->lock);
	*vec_push(links) = (struct kept_link){mem_strdup(name), link};
	pthread_mutex_unlock(&links->lock);
}

/* --- standard input ------------------------------------------------------------------------ */

struct input {
	struct feed feed;
	struct feed_memory memory;
	struct feed_file file;
	struct archive_stream *archive;
};

static void input_release(struct input *input)
{
	if (input->file.fd >= 0)
		close(input->file.fd);
	archive_stream_close(input->archive);
	*input = (struct input){.file.fd = -1};
}

static int open_path(const char *path, bool may_be_directory, struct input *ret,
		     struct err *err)
{
	struct stat status;
	ret->file =
		(struct feed_file){.fd = open(path, O_RDONLY | O_CLOEXEC), .path = path};
	if (ret->file.fd < 0 || fstat(ret->file.fd, &status) < 0)
		return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_FAIL,
				     errno, "cannot read '%s'", path);
	if (S_ISDIR(status.st_mode) && may_be_directory) {
		if (archive_stream_open(path, &ret->archive, err) < 0)
			return -1;
		ret->feed = feed_from_archive(ret->archive);
		return 0;
	}
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_CONFIG, "'%s' is no regular file", path);
	ret->feed = feed_from_file(&ret->file);
	return 0;
}

static int open_input(const json_t *value, struct input *ret, struct err *err)
{
	const char *text = json_get_string(value, "text", NULL);
	const char *artifact = json_get_string(value, "artifact", NULL);
	const char *file = json_get_string(value, "file", NULL);
	if (text) {
		ret->memory = (struct feed_memory){.data = text, .len = strlen(text)};
		ret->feed = feed_from_memory(&ret->memory);
		return 0;
	}
	if (artifact || file)
		return open_path(artifact ? artifact : file, artifact != NULL, ret, err);
	if (value && !json_is_null(value))
		return err_set(err, ERR_CONFIG,
			       "stdin is one of text, artifact and file");
	return 0;
}

/* --- ssh.run ------------------------------------------------------------------------------- */

/* One attempt. *ret_again: nothing was sent, a new connection may do better. */
static int attempt(struct live_call *call, struct ssh_link *link,
		   struct run_outcome *outcome, bool *ret_again, struct err *err)
{
	__attribute__((cleanup(input_release))) struct input input = {.file.fd = -1};
	*ret_again = false;
	if (open_input(json_object_get(call->args, "stdin"), &input, err) < 0)
		return -1;
	struct ssh_run run = {
		.command = json_get_string(call->args, "command", ""),
		.input = input.feed,
		.timeout_ms = json_get_int(call->args, "timeout_ms", 0),
		.max_output_bytes = live_max_output(call),
		.stop = live_stop(call),
	};
	bool sent = false;
	int result = ssh_link_run(link, &run, outcome, &sent, err);
	*ret_again = result < 0 && !sent && err->code == ERR_NET;
	return result;
}

int live_ssh_run(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct links *links = links_of(call);
	const json_t *host = json_object_get(call->args, "host");
	_cleanup_free_ char *name = link_name(call);
	struct ssh_link *link = take_link(links, name);
	bool fresh = !link, again = false;
	if (fresh && live_ssh_connect(call, host, &link, err) < 0)
		return -1;

	_cleanup_outcome_ struct run_outcome outcome = {0};
	int result = attempt(call, link, &outcome, &again, err);
	if (again && !fresh) {
		/* The kept connection had died unnoticed. */
		ssh_link_close(TAKE_PTR(link));
		run_outcome_release(&outcome);
		err_clear(err);
		if (live_ssh_connect(call, host, &link, err) < 0)
			return -1;
		result = attempt(call, link, &outcome, &again, err);
	}
	give_link_back(links, name, link);
	if (result < 0)
		return -1;
	*ret_answer = live_outcome(call, &outcome);
	return 0;
}
