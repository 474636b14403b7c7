/* Standard input and captured output of commands. */
#include "platform/run.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"

/* --- feeds --------------------------------------------------------------------------------- */

static ssize_t read_memory(void *context, void *buffer, size_t size, struct err *err)
{
	(void)err;
	struct feed_memory *memory = context;
	size_t left = memory->len - memory->at;
	size_t count = left < size ? left : size;
	if (count)
		memcpy(buffer, (const char *)memory->data + memory->at, count);
	memory->at += count;
	return (ssize_t)count;
}

struct feed feed_from_memory(struct feed_memory *memory)
{
	return (struct feed){.read = read_memory, .context = memory};
}

static ssize_t read_file(void *context, void *buffer, size_t size, struct err *err)
{
	const struct feed_file *file = context;
	for (;;) {
		ssize_t got = read(file->fd, buffer, size);
		if (got >= 0)
			return got;
		if (errno != EINTR)
			return err_set_errno(err, ERR_FAIL, errno, "cannot read '%s'",
					     file->path);
	}
}

struct feed feed_from_file(struct feed_file *file)
{
	return (struct feed){.read = read_file, .context = file};
}

/* --- captures ------------------------------------------------------------------------------ */

void capture_init(struct capture *capture, size_t max_bytes)
{
	*capture = (struct capture){.max_bytes = max_bytes};
	capture->head = (struct str)STR_INIT_MAX(max_bytes - max_bytes / 2);
	capture->tail = (struct str)STR_INIT_MAX(max_bytes / 2);
}

void capture_release(struct capture *capture)
{
	str_release(&capture->head);
	str_release(&capture->tail);
}

/* The tail is a ring once it is full: tail_at is where the oldest byte stands. */
static void add_to_tail(struct capture *capture, const char *data, size_t len)
{
	struct str *tail = &capture->tail;
	size_t room = tail->max_bytes - tail->len;
	size_t count = len < room ? len : room;
	if (count)
		str_add_bytes(tail, data, count);
	data += count;
	len -= count;
	capture->left_out_bytes += len;
	if (len > tail->max_bytes) {
		data += len - tail->max_bytes;
		len = tail->max_bytes;
	}
	while (len) {
		size_t until_end = tail->len - capture->tail_at;
		count = len < until_end ? len : until_end;
		memcpy(tail->data + capture->tail_at, data, count);
		capture->tail_at = (capture->tail_at + count) % tail->len;
		data += count;
		len -= count;
	}
}

void capture_add(struct capture *capture, const void *data, size_t len)
{
	const char *bytes = data;
	size_t room = capture->head.max_bytes - capture->head.len;
	size_t count = len < room ? len : room;
	if (count)
		str_add_bytes(&capture->head, bytes, count);
	if (len > count)
		add_to_tail(capture, bytes + count, len - count);
}

const struct str *capture_tail(struct capture *capture)
{
	struct str *tail = &capture->tail;
	if (capture->tail_at) {
		struct str ordered = STR_INIT_MAX(tail->max_bytes);
		str_add_bytes(&ordered, tail->data + capture->tail_at,
			      tail->len - capture->tail_at);
		str_add_bytes(&ordered, tail->data, capture->tail_at);
		str_release(tail);
		*tail = ordered;
		capture->tail_at = 0;
	}
	return tail;
}

/* What is cut is cut between lines or, failing that, between words: so that no half of a secret
 * stays behind where nobody would recognise it. */
static bool is_boundary(char c, bool lines)
{
	return lines ? c == '\n' : strchr(" \t\",;&<>", c) != NULL && c;
}

static size_t head_until(const struct str *head)
{
	for (int lines = 1; lines >= 0; lines--)
		for (size_t at = head->len; at > 0; at--)
			if (is_boundary(head->data[at - 1], lines))
				return at;
	return head->len;
}

static size_t tail_from(const struct str *tail)
{
	for (int lines = 1; lines >= 0; lines--)
		for (size_t at = 0; at < tail->len; at++)
			if (is_boundary(tail->data[at], lines))
				return at + 1;
	return 0;
}

void capture_text(struct capture *capture, struct str *out)
{
	const struct str *head = &capture->head;
	const struct str *tail = capture_tail(capture);
	if (!capture->left_out_bytes) {
		str_add_bytes(out, str_text(head), head->len);
		str_add_bytes(out, str_text(tail), tail->len);
		return;
	}
	size_t until = head_until(head), from = tail_from(tail);
	uint64_t left_out = capture->left_out_bytes + (head->len - until) + from;
	str_add_bytes(out, str_text(head), until);
	if (until && head->data[until - 1] != '\n')
		str_add_char(out, '\n');
	str_addf(out, "\xe2\x80\xa6 %llu bytes left out \xe2\x80\xa6\n",
		 (unsigned long long)left_out);
	str_add_bytes(out, str_text(tail) + from, tail->len - from);
}

void run_outcome_release(struct run_outcome *outcome)
{
	capture_release(&outcome->out);
	capture_release(&outcome->err);
}
