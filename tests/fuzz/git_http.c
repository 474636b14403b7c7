/* What a git remote answers over HTTP: any answer is understood or refused, and never believed too much.
 *
 * This program is the HTTP adapter: it defines the functions of platform/http.h, so that the linker leaves
 * the real ones out. What it hands to the git adapter is the input, a line of steps and then answers:
 *
 *     fpl                                        fetch, push, log; g: push again, h: a page of the log
 *     @@ 200 0 512 0 CONTENT-TYPE [URL]          HTTP status (0: none), enum http_failure, at most so many
 *     the body, any bytes                        bytes a read, Retry-After, the last URL after redirects
 *     @@ 200 0 0 0 …
 *
 * Answers are given in order to whatever is asked. After the last one nobody answers. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/secret.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/git.h"
#include "platform/http.h"
#include "platform/http_url.h"
#include "platform/trust.h"

#define REMOTE "https://git.example/app.git"
#define MARK "@@ "
#define EXCHANGES_MAX 200
#define COMMITTED_MS INT64_C(1700000100000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libgit2 1.9.0 forgets the packet that it refuses (ref_pkt without capabilities): a few bytes at the
 * end of a conversation. It is built without frame pointers, so that its allocator is all there is to
 * name; what we forget to give back to it shows in the unit tests. */
const char *__lsan_default_suppressions(void)
{
	return "leak:git__";
}

struct http_client {
	const char *at; /* next byte of the body */
	size_t left, chunk;
	enum http_failure then;         /* after the body */
	struct http_response *response; /* of the exchange that is open, or NULL */
};

static const char *script; /* what was not answered yet */
static size_t script_len;
static unsigned exchanges;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* --- the HTTP adapter ------------------------------------------------------------------------- */

struct http_client *http_client_new(struct trust *trust)
{
	(void)trust;
	return mem_new(struct http_client);
}

void http_client_free(struct http_client *client)
{
	free(client);
}

/* Cuts the next answer off the script: a line and a body. */
static bool next_answer(char line[static 512], const char **ret_body, size_t *ret_len)
{
	const char *mark = memmem(script, script_len, "\n" MARK, 1 + strlen(MARK));
	if (!mark)
		return false;
	const char *end = script + script_len;
	const char *head = mark + 1 + strlen(MARK);
	const char *feed = memchr(head, '\n', (size_t)(end - head));
	if (!feed)
		return false;
	snprintf(line, 512, "%.*s", (int)(feed - head), head);
	const char *after =
		memmem(feed, (size_t)(end - feed), "\n" MARK, 1 + strlen(MARK));
	const char *stop = after ? after : end;
	*ret_body = feed + 1;
	*ret_len = stop > feed ? (size_t)(stop - feed - 1) : 0;
	script = stop;
	script_len = (size_t)(end - stop);
	return true;
}

static void fail(struct http_response *response, enum http_failure failure)
{
	response->failure = failure;
	snprintf(response->message, sizeof response->message, "failure %d", (int)failure);
}

/* Where a redirect led; only URLs get here, as curl would see to. */
static void redirect(struct http_response *response, const char *asked, const char *url)
{
	struct err ignored = {0};
	bool followed = *url && http_url_check(url, &ignored) == 0;
	response->url = mem_strdup(followed ? url : asked);
	response->redirects = followed ? 1 : 0;
}

static void check_request(const struct http_client *client,
			  const struct http_request *request)
{
	struct err err = {0};
	must(!client->response, "two exchanges at a time");
	must(++exchanges < EXCHANGES_MAX, "belay asks without end");
	must(http_url_check(request->url, &err) == 0, "a request to no URL");
	must(!request->password || http_url_same_origin(request->url, REMOTE),
	     "the password goes to another host");
}

int http_open(struct http_client *client, const struct http_request *request,
	      struct http_response *response, struct err *err)
{
	char line[512], type[128] = "", url[256] = "";
	int status = 0, failure = HTTP_RESET, chunk = 0, wait = 0;
	(void)err;
	check_request(client, request);
	*client = (struct http_client){.response = response};
	*response = (struct http_response){0};
	if (next_answer(line, &client->at, &client->left))
		sscanf(line, "%3d %1d %5d %5d %127s %255s", &status, &failure, &chunk,
		       &wait, type, url);
	client->chunk = chunk > 0 ? (size_t)chunk : 65536;
	client->then = failure > 0 ? (enum http_failure)failure : HTTP_OK; /* one digit */
	response->status = status;
	response->retry_after_ms = wait > 0 ? wait : 0;
	*vec_push(&response->headers) = (struct http_field){
		.name = mem_strdup("content-type"),
		.value = mem_strdup(type),
	};
	redirect(response, request->url, url);
	if (status <= 0)
		fail(response, client->then == HTTP_OK ? HTTP_RESET : client->then);
	return 0;
}

int http_read(struct http_client *client, void *buffer, size_t size_bytes,
	      size_t *ret_count, struct err *err)
{
	(void)err;
	must(client->response, "a read outside of an exchange");
	size_t count = client->left < client->chunk ? client->left : client->chunk;
	count = count < size_bytes ? count : size_bytes;
	if (count > 0)
		memcpy(buffer, client->at, count);
	client->at += count;
	client->left -= count;
	*ret_count = count;
	if (count == 0 && client->then != HTTP_OK)
		fail(client->response, client->then);
	return 0;
}

void http_close(struct http_client *client)
{
	client->response = NULL;
}

const char *http_response_header(const struct http_response *response, const char *name)
{
	for (size_t i = 0; i < response->headers.count; i++)
		if (str_equal(response->headers.items[i].name, name))
			return response->headers.items[i].value;
	return NULL;
}

void http_response_release(struct http_response *response)
{
	for (size_t i = 0; i < response->headers.count; i++) {
		free(response->headers.items[i].name);
		free(response->headers.items[i].value);
	}
	free(response->headers.items);
	free(response->url);
	*response = (struct http_response){0};
}

/* --- what belay makes of it ------------------------------------------------------------------- */

/* A message is shown to people and written as JSON: it is text, and does nothing to a terminal. */
static void check_error(const struct err *err)
{
	const char *message = err->message;
	must(err->code != ERR_NONE && *message, "a failure without a reason");
	must(str_is_utf8(message, strlen(message)), "a message that is no text");
	for (; *message; message++)
		must((unsigned char)*message >= ' ' && *message != 0x7f,
		     "a control character in a message");
}

static void check_commit(const struct vcs_commit *commit)
{
	must(strlen(commit->id) == VCS_ID_BYTES - 1, "a commit without an id");
	must(commit->subject && commit->body && commit->author, "half a commit");
}

struct play {
	struct vcs_pool *pool;
	struct vcs_remote remote;
	char tip[VCS_ID_BYTES]; /* "": none */
};

static void play_fetch(struct play *play)
{
	struct vcs_snapshot snapshot = {0};
	struct err err = {0};
	if (vcs_read(play->pool, &play->remote, "belay-state", &snapshot, &err) < 0) {
		check_error(&err);
	} else if (snapshot.exists) {
		check_commit(&snapshot.commit);
		snprintf(play->tip, sizeof play->tip, "%s", snapshot.commit.id);
		for (size_t i = 0; i < snapshot.files.count; i++)
			must(snapshot.files.items[i].path && snapshot.files.items[i].data,
			     "half a file");
	}
	vcs_snapshot_release(&snapshot);
}

static void play_push(struct play *play, bool again)
{
	const struct vcs_change change = {"environments/production/state.json", "{}\n",
					  3};
	const struct vcs_new_commit commits[] = {
		{"one", "{}", COMMITTED_MS, &change, 1},
		{"two", "{}", COMMITTED_MS, &change, 1},
	};
	const struct vcs_append append = {
		.parent = play->tip[0] ? play->tip : NULL,
		.author_name = "belay",
		.author_email = "belay@example.com",
		.commits = commits,
		.commit_count = ARRAY_SIZE(commits),
		.again = again,
	};
	struct vcs_append_result result = {0};
	struct err err = {0};
	if (vcs_append(play->pool, &play->remote, "belay-state", &append, &result, &err) <
	    0)
		check_error(&err);
	else
		must(result.raced || strlen(result.ids[1]) == VCS_ID_BYTES - 1,
		     "a push without a commit");
	free(result.ids);
}

static void play_log(struct play *play, bool paged)
{
	const struct vcs_log_options options = {.trees = true};
	const struct vcs_page page = {.from = 1, .count = 2, .trees = true};
	struct vcs_history history = {0};
	struct err err = {0};
	int result = paged ? vcs_log_page(play->pool, &play->remote, "belay-state", &page,
					  &history, &err)
			   : vcs_log(play->pool, &play->remote, "belay-state", &options,
				     &history, &err);
	if (result < 0)
		check_error(&err);
	for (size_t i = 0; result == 0 && i < history.commits.count; i++)
		check_commit(&history.commits.items[i]);
	vcs_history_release(&history);
}

static void play_step(struct play *play, char step)
{
	switch (step) {
	case 'f':
		play_fetch(play);
		break;
	case 'p':
	case 'g':
		play_push(play, step == 'g');
		break;
	case 'l':
	case 'h':
		play_log(play, step == 'h');
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secret token = {0};
	struct play play = {.pool = vcs_pool_new(NULL)};
	const char *steps = (const char *)data;
	const char *end = size ? memchr(data, '\n', size) : NULL;
	size_t count = end ? (size_t)(end - steps) : 0;
	secret_set(&token, "secret", 6);
	play.remote = (struct vcs_remote){.url = REMOTE,
					  .password = &token,
					  .stop = STOP_NEVER,
					  .timeout_ms = 60000};
	script = end;
	script_len = end ? size - count : 0;
	exchanges = 0;
	for (size_t i = 0; i < count && i < 6; i++)
		play_step(&play, steps[i]);
	vcs_pool_free(play.pool);
	secret_release(&token);
	return 0;
}
