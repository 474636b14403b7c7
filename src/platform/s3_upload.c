/* Multipart uploads to S3. The store puts the parts together; which ones, with their ETags, is said at
 * the end. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/digest.h"
#include "platform/s3_request.h"
#include "platform/s3_xml.h"

struct depot_upload {
	struct s3 *s3;
	char *name, *mark, *id;
	size_t part_bytes;
	pthread_mutex_t lock; /* of parts */
	struct depot_parts parts;
};

static struct depot_upload *new_upload(struct s3 *s3, const struct depot_begin *begin,
				       const char *id)
{
	struct depot_upload *upload = mem_new(struct depot_upload);
	upload->s3 = s3;
	upload->name = mem_strdup(begin->name);
	upload->mark = mem_strdup(begin->mark);
	upload->id = mem_strdup(id);
	upload->part_bytes = begin->part_bytes;
	pthread_mutex_init(&upload->lock, NULL);
	return upload;
}

void s3_drop(struct depot_upload *upload)
{
	pthread_mutex_destroy(&upload->lock);
	depot_parts_release(&upload->parts);
	free(upload->name);
	free(upload->mark);
	free(upload->id);
	free(upload);
}

/* "uploadId=…", or with a part. Fresh. */
static char *query_of(const char *id, unsigned number)
{
	struct str query = STR_INIT;
	if (number)
		str_addf(&query, "partNumber=%u&", number);
	str_add(&query, "uploadId=");
	s3_add_encoded(&query, id, false);
	return str_take(&query);
}

/* --- beginning ----------------------------------------------------------------------------- */

static void take_id(void *context, const char *parent, const char *name, const char *text)
{
	if (strcmp(parent, "InitiateMultipartUploadResult") == 0 &&
	    strcmp(name, "UploadId") == 0)
		str_assign(context, text);
}

/* A lost answer leaves an upload that nobody knows: unfinished() finds it later. */
static int create(struct s3 *s3, const struct depot_begin *begin, char **ret_id,
		  struct err *err)
{
	struct s3_headers headers = {0};
	struct s3_answer answer = {0};
	s3_headers_for_object(&headers, s3, begin->mark);
	if (s3->checksum == S3_CHECKSUM_SHA256)
		s3_headers_add(&headers, "x-amz-checksum-algorithm", "SHA256");
	struct s3_call call = {.action = "s3:PutObject",
			       .method = "POST",
			       .name = begin->name,
			       .query = "uploads=",
			       .headers = &headers};
	int result = s3_call(s3, &call, &answer, err);
	if (result == 0)
		result = s3_xml_walk(str_text(&answer.http.body), answer.http.body.len,
				     take_id, ret_id, err);
	if (result == 0 && str_is_blank(*ret_id))
		result = err_set(err, ERR_NET,
				 "the store gave no id for the upload of '%s'",
				 begin->name);
	s3_headers_release(&headers);
	s3_answer_release(&answer);
	return result;
}

int s3_begin(struct depot *depot, const struct depot_begin *begin,
	     struct depot_upload **ret, struct err *err)
{
	struct s3 *s3 = (struct s3 *)depot;
	_cleanup_free_ char *id = NULL;
	if (depot_check_begin(depot, begin, err) < 0 ||
	    s3_refuse_taken(s3, begin->name, err) < 0 || create(s3, begin, &id, err) < 0)
		return -1;
	*ret = new_upload(s3, begin, id);
	return 0;
}

/* --- parts --------------------------------------------------------------------------------- */

/* Putting a part a second time replaces it: sending it again does no harm. */
int s3_put_part(struct depot_upload *upload, unsigned number, const void *data,
		size_t bytes, const unsigned char *sha256, struct err *err)
{
	if (number < 1 || number > DEPOT_PARTS_MAX || bytes > upload->part_bytes)
		return err_set(err, ERR_LIMIT,
			       "part %u of '%s' with %zu bytes is too large", number,
			       upload->name, bytes);
	struct s3_headers headers = {0};
	struct s3_answer answer = {0};
	unsigned char made[DIGEST_SHA256_BYTES];
	_cleanup_free_ char *query = query_of(upload->id, number);
	if (!sha256) {
		digest_sha256(data, bytes, made);
		sha256 = made;
	}
	s3_headers_checksum(&headers, upload->s3, data, bytes, sha256);
	struct s3_call call = {.action = "s3:PutObject",
			       .method = "PUT",
			       .name = upload->name,
			       .query = query,
			       .headers = &headers,
			       .body = data,
			       .body_len = bytes,
			       .body_sha256 = sha256};
	struct depot_part part = {.number = number, .size_bytes = (int64_t)bytes};
	int result = s3_call(upload->s3, &call, &answer, err);
	if (result == 0) {
		s3_copy_tag(part.tag, http_response_header(&answer.http, "ETag"));
		/* Only what the store says that it keeps can be named at the end. */
		s3_copy_sha256(
			part.sha256,
			http_response_header(&answer.http, "x-amz-checksum-sha256"));
		pthread_mutex_lock(&upload->lock);
		depot_parts_set(&upload->parts, &part);
		pthread_mutex_unlock(&upload->lock);
	}
	s3_headers_release(&headers);
	s3_answer_release(&answer);
	return result < 0 ? err_wrap(err, "part %u", number) : 0;
}

/* --- ending -------------------------------------------------------------------------------- */

static void add_part(struct str *body, const struct depot_part *part)
{
	str_addf(body, "<Part><PartNumber>%u</PartNumber><ETag>&quot;", part->number);
	s3_xml_escape(body, part->tag);
	str_add(body, "&quot;</ETag>");
	if (*part->sha256) {
		_cleanup_free_ char *base64 = s3_base64_of_hex(part->sha256);
		str_addf(body, "<ChecksumSHA256>%s</ChecksumSHA256>", base64);
	}
	str_add(body, "</Part>");
}

static int complete(struct depot_upload *upload, bool conditional,
		    struct s3_answer *answer, struct err *err)
{
	struct s3_headers headers = {0};
	_cleanup_str_ struct str body = STR_INIT;
	_cleanup_free_ char *query = query_of(upload->id, 0);
	str_add(&body, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < upload->parts.count; i++)
		add_part(&body, &upload->parts.items[i]);
	str_add(&body, "</CompleteMultipartUpload>");
	s3_headers_add(&headers, "Content-Type", "application/xml");
	if (conditional)
		s3_headers_add(&headers, "If-None-Match", "*");
	struct s3_call call = {.action = "s3:PutObject",
			       .method = "POST",
			       .name = upload->name,
			       .query = query,
			       .headers = &headers,
			       .body = body.data,
			       .body_len = body.len,
			       .tidies = true};
	int result = s3_call(upload->s3, &call, answer, err);
	s3_headers_release(&headers);
	return result;
}

/* A name that is taken by what we made before its answer was lost is no failure. */
static int complete_new(struct depot_upload *upload, struct err *err)
{
	struct s3 *s3 = upload->s3;
	struct s3_answer answer = {0};
	struct err why = {0};
	if (s3_refuse_taken(s3, upload->name, &why) < 0) {
		if (s3_is_ours(s3, upload->name, upload->mark))
			return 0;
		*err = why;
		return -1;
	}
	bool conditional = !atomic_load(s3->unconditional);
	int result = complete(upload, conditional, &answer, &why);
	if (result < 0 && conditional && s3_fault_is_unknown(&answer.fault)) {
		atomic_store(s3->unconditional, true);
		s3_answer_release(&answer);
		result = complete(upload, false, &answer, &why);
	}
	if (result < 0 && answer.unsure && s3_is_ours(s3, upload->name, upload->mark))
		result = 0;
	if (result < 0)
		*err = why;
	s3_answer_release(&answer);
	return result;
}

int s3_finish(struct depot_upload *upload, struct depot_object *ret, struct err *err)
{
	*ret = (struct depot_object){0};
	int result = depot_parts_check(&upload->parts, upload->part_bytes, err);
	if (result < 0)
		err_wrap(err, "'%s' is not complete", upload->name);
	else
		result = complete_new(upload, err);
	/* The answer to the completion may lack the ETag (Ceph): ask for it. */
	if (result == 0)
		result = s3_head(&upload->s3->depot, upload->name, ret, err);
	if (result == 0)
		s3_drop(upload);
	return result;
}

static int abort_upload(struct s3 *s3, const char *name, const char *id, struct err *err)
{
	struct s3_answer answer = {0};
	struct err why = {0};
	_cleanup_free_ char *query = query_of(id, 0);
	struct s3_call call = {.action = "s3:AbortMultipartUpload",
			       .method = "DELETE",
			       .name = name,
			       .query = query,
			       .tidies = true};
	int result = s3_call(s3, &call, &answer, &why);
	if (result < 0 && strcmp(answer.fault.code, "NoSuchUpload") == 0)
		result = 0; /* gone already */
	if (result < 0)
		*err = why;
	s3_answer_release(&answer);
	return result;
}

int s3_abort(struct depot_upload *upload, struct err *err)
{
	int result = abort_upload(upload->s3, upload->name, upload->id, err);
	s3_drop(upload);
	return result;
}

int s3_abandon(struct depot *depot, const struct depot_unfinished *which, struct err *err)
{
	return abort_upload((struct s3 *)depot, which->name, which->id, err);
}
