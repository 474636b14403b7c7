/* Uploads to a host. The content grows at its end, so parts go there in their order; who comes early waits. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "platform/depot_ssh_parts.h"
#include "platform/upload_note.h"

struct depot_upload {
	struct host *host;
	char *id, *name;
	size_t part_bytes;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t moved;
	struct depot_parts parts;
	unsigned next; /* part that belongs at the end */
	bool busy;     /* somebody is sending it */
	bool failed;   /* it was sent and did not arrive; nobody sends it again yet */
};

static struct depot_upload *new_upload(struct host *host, const char *id,
				       const struct depot_begin *begin)
{
	struct depot_upload *upload = mem_new(struct depot_upload);
	upload->host = host;
	upload->id = mem_strdup(id);
	upload->name = mem_strdup(begin->name);
	upload->part_bytes = begin->part_bytes;
	upload->next = 1;
	pthread_mutex_init(&upload->lock, NULL);
	pthread_cond_init(&upload->moved, NULL);
	return upload;
}

void host_drop(struct depot_upload *upload)
{
	pthread_mutex_destroy(&upload->lock);
	pthread_cond_destroy(&upload->moved);
	depot_parts_release(&upload->parts);
	free(upload->id);
	free(upload->name);
	free(upload);
}

int host_begin(struct depot *depot, const struct depot_begin *begin,
	       struct depot_upload **ret, struct err *err)
{
	struct host *host = (struct host *)depot;
	if (depot_check_begin(depot, begin, err) < 0)
		return -1;
	_cleanup_free_ char *id = upload_id_new();
	_cleanup_free_ char *note = upload_note_text(begin);
	struct host_call call = {.what = begin->name,
				 .script = host_script_begin,
				 .args = {id, note, begin->name}};
	if (host_do(host, &call, err) < 0)
		return -1;
	*ret = new_upload(host, id, begin);
	return 0;
}

/* --- parts --------------------------------------------------------------------------------- */

/* Until the turn of `number` has come, or is over (then it is replaced). When the part that all wait for fails they
 * fail with it: whoever sends it again may be one of them. */
static int wait_for_turn(struct depot_upload *upload, unsigned number, bool *ret_at_end,
			 struct err *err)
{
	int result = 0;
	pthread_mutex_lock(&upload->lock);
	while (result == 0 &&
	       (number > upload->next || (number == upload->next && upload->busy))) {
		if (upload->failed)
			result = err_set(
				err, ERR_NET,
				"it has to wait for part %u, which did not arrive",
				upload->next);
		else if (host_wait(&upload->host->options.stop, &upload->moved,
				   &upload->lock) < 0)
			result = err_set(err, ERR_CANCELLED, "cancelled");
	}
	*ret_at_end = result == 0 && number == upload->next;
	if (*ret_at_end) {
		upload->busy = true;
		upload->failed = false;
	}
	pthread_mutex_unlock(&upload->lock);
	return result;
}

static void end_turn(struct depot_upload *upload, const struct depot_part *part,
		     bool good)
{
	pthread_mutex_lock(&upload->lock);
	if (good)
		depot_parts_set(&upload->parts, part);
	if (part->number == upload->next) {
		upload->busy = false;
		upload->next += good;
		upload->failed = !good;
		pthread_cond_broadcast(&upload->moved);
	}
	pthread_mutex_unlock(&upload->lock);
}

static int send_part(struct depot_upload *upload, const struct depot_part *part,
		     const void *data, bool at_end, struct err *err)
{
	int64_t offset = (int64_t)(part->number - 1) * (int64_t)upload->part_bytes;
	_cleanup_free_ char *from = str_format("%jd", (intmax_t)offset);
	_cleanup_free_ char *number = str_format("%u", part->number);
	_cleanup_free_ char *bytes = str_format("%jd", (intmax_t)part->size_bytes);
	_cleanup_free_ char *block = str_format("%zu", upload->part_bytes);
	struct host_call call = {
		.what = upload->name,
		.script = at_end ? host_script_part : host_script_replace,
		.args = {upload->id, at_end ? from : number, bytes,
			 at_end ? NULL : block},
		.input = data,
		.input_bytes = (size_t)part->size_bytes,
		.idle_ms = HOST_DATA_IDLE_MS,
	};
	return host_do(upload->host, &call, err);
}

int host_put_part(struct depot_upload *upload, unsigned number, const void *data,
		  size_t bytes, const unsigned char *sha256, struct err *err)
{
	const struct depot_part part = {.number = number, .size_bytes = (int64_t)bytes};
	(void)sha256;
	if (number < 1 || number > DEPOT_PARTS_MAX || bytes > upload->part_bytes)
		return err_set(err, ERR_LIMIT,
			       "part %u of '%s' with %zu bytes is too large", number,
			       upload->name, bytes);
	bool at_end;
	if (wait_for_turn(upload, number, &at_end, err) < 0)
		return err_wrap(err, "part %u", number);
	int result = send_part(upload, &part, data, at_end, err);
	end_turn(upload, &part, result == 0);
	return result < 0 ? err_wrap(err, "part %u", number) : 0;
}

/* --- ending -------------------------------------------------------------------------------- */

static int remove_files(struct host *host, const char *name, const char *id,
			struct err *err)
{
	struct host_call call = {
		.what = name, .script = host_script_drop, .args = {id}, .tidies = true};
	return host_do(host, &call, err);
}

static int publish(struct depot_upload *upload, struct err *err)
{
	const struct depot_part *last = &upload->parts.items[upload->parts.count - 1];
	int64_t bytes = (int64_t)(last->number - 1) * (int64_t)upload->part_bytes +
			last->size_bytes;
	_cleanup_free_ char *size = str_format("%jd", (intmax_t)bytes);
	struct host_call call = {.what = upload->name,
				 .script = host_script_finish,
				 .args = {upload->id, size, upload->name},
				 .tidies = true,
				 .idle_ms = HOST_DATA_IDLE_MS};
	return host_do(upload->host, &call, err);
}

int host_finish(struct depot_upload *upload, struct depot_object *ret, struct err *err)
{
	struct host *host = upload->host;
	*ret = (struct depot_object){0};
	int result = depot_parts_check(&upload->parts, upload->part_bytes, err);
	if (result < 0)
		err_wrap(err, "'%s' is not complete", upload->name);
	else
		result = publish(upload, err);
	if (result == 0)
		result = remove_files(host, upload->name, upload->id, err);
	if (result == 0)
		result = host_head(&host->depot, upload->name, ret, err);
	if (result == 0)
		host_drop(upload);
	return result;
}

int host_abort(struct depot_upload *upload, struct err *err)
{
	int result = remove_files(upload->host, upload->name, upload->id, err);
	host_drop(upload);
	return result;
}

int host_abandon(struct depot *depot, const struct depot_unfinished *which,
		 struct err *err)
{
	if (upload_id_check(which->id, err) < 0)
		return -1;
	return remove_files((struct host *)depot, which->name, which->id, err);
}

/* --- what is left behind ------------------------------------------------------------------- */

/* "SECONDS ID NOTE" */
static void add_unfinished(const char *line, const char *prefix, int64_t now_ms,
			   int64_t before_ms, struct depot_unfinished_list *ret)
{
	struct err ignored = {0};
	char *end = NULL;
	int64_t begun_ms = (int64_t)strtoll(line, &end, 10) * 1000;
	if (end == line || *end != ' ' || strlen(end) < 18 || end[17] != ' ')
		return;
	_cleanup_free_ char *id = mem_strndup(end + 1, 16);
	_cleanup_free_ char *name = upload_note_name(end + 18);
	if (begun_ms < before_ms && upload_id_check(id, &ignored) == 0 &&
	    upload_note_counts(name, prefix, begun_ms, now_ms))
		*vec_push(ret) =
			(struct depot_unfinished){TAKE_PTR(name), TAKE_PTR(id), begun_ms};
}

int host_unfinished(struct depot *depot, const char *prefix, int64_t before_ms,
		    struct depot_unfinished_list *ret, struct err *err)
{
	struct host_answer answer;
	*ret = (struct depot_unfinished_list){0};
	struct host_call call = {.what = prefix, .script = host_script_notes};
	int result = host_run((struct host *)depot, &call, &answer, err);
	char *line = result == 0 ? answer.text.data : NULL;
	int64_t now_ms = line ? (int64_t)strtoll(line, NULL, 10) * 1000 : 0;
	for (char *end; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		add_unfinished(line, prefix, now_ms, before_ms, ret);
	}
	host_answer_release(&answer);
	return result;
}
