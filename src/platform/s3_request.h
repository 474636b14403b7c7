/* room: platform
 * One request to an S3 store: signed, repeated while there is hope, its refusal put into words. What s3.c,
 * s3_list.c and s3_upload.c are made of.
 */
#ifndef BELAY_PLATFORM_S3_REQUEST_H
#define BELAY_PLATFORM_S3_REQUEST_H

#include <pthread.h>
#include <stdatomic.h>

#include "belay/str.h"
#include "belay/timefmt.h"
#include "platform/s3.h"
#include "platform/s3_error.h"
#include "platform/sigv4.h"

enum { S3_HEADERS_MAX = 16, S3_SIGNED_MORE = 5 };

struct s3 {
	struct depot depot;
	struct trust *trust;
	char *base;   /* URL of the bucket, without a slash at the end */
	char *prefix; /* "" or "production/db/" */
	char *bucket, *region;
	struct aws_credentials keys; /* unless the owner gives them */
	char *storage_class, *encryption, *kms_key, *lock_mode;
	int64_t lock_until_ms;
	enum s3_checksum checksum;
	char *ca_file, *extra_ca;
	int64_t timeout_ms;
	unsigned attempts;
	int64_t first_delay_ms;
	struct stop stop;
	struct s3_owner owner;
	atomic_bool own_unconditional;
	atomic_bool *unconditional; /* the store answered 501 to a condition */
	int64_t (*now_ms)(void);    /* the time that is signed */

	pthread_mutex_t lock; /* of idle */
	struct {
		struct http_client **items;
		size_t count, capacity;
	} idle;
};

struct s3_headers {
	struct http_header items[S3_HEADERS_MAX];
	char *owned[S3_HEADERS_MAX];
	size_t count;
};
ATTR_PRINTF(3, 4)
void s3_headers_add(struct s3_headers *headers, const char *name, const char *format,
		    ...);
void s3_headers_release(struct s3_headers *headers);
/* Storage class, encryption, lock and mark: what a new object is made with. */
void s3_headers_for_object(struct s3_headers *headers, const struct s3 *s3,
			   const char *mark);
/* The checksum of a body, whose SHA-256 is given. */
void s3_headers_checksum(struct s3_headers *headers, const struct s3 *s3,
			 const void *body, size_t len, const unsigned char *sha256);

struct s3_call {
	const char *action; /* "s3:PutObject", for messages */
	const char *method;
	const char *name;  /* object, without the prefix of the depot; NULL: the bucket */
	const char *query; /* encoded, every name with "="; NULL: none */
	const struct s3_headers *headers; /* NULL: none */
	const void *body;
	size_t body_len;
	const unsigned char *body_sha256; /* when it is known already */
	bool tidies; /* an end, good or bad: also when everything else stops */
	/* Where the answer's body goes when it is data; NULL: into the answer. */
	void *into;
	size_t into_bytes;
};

struct s3_answer {
	struct http_response http; /* body at most 16 MiB */
	struct s3_fault fault;
	size_t into_count;
	/* An attempt may have had its effect although nobody said so. */
	bool unsure;
};

/* 0 when the store did it; answer->fault tells a refusal. Release the answer in either case. */
int s3_call(struct s3 *s3, const struct s3_call *call, struct s3_answer *answer,
	    struct err *err);
void s3_answer_release(struct s3_answer *answer);

/* What an attempt of a call is sent with: the call's headers, and those that keys and time give. */
struct s3_signed {
	struct http_header headers[S3_HEADERS_MAX + S3_SIGNED_MORE]; /* borrowed */
	size_t count;
	struct aws_credentials keys;
	int64_t at_ms;
	char date[TIME_TEXT_BYTES];
	char *host, *authorization;
};
/* `refused`: an access key that the store takes no more, or NULL. Release *ret in either case; it stays where it
 * is until then. */
int s3_sign(struct s3 *s3, const struct s3_call *call, const char *url,
	    const char *payload_sha256, const char *refused, struct s3_signed *ret,
	    struct err *err);
void s3_signed_release(struct s3_signed *request);

/* RFC 3986: everything encoded but unreserved characters and, with `path`, slashes. */
void s3_add_encoded(struct str *out, const char *text, bool path);
/* An ETag without its quotes. */
void s3_copy_tag(char to[static DEPOT_TAG_BYTES], const char *etag);

/* A whole SHA-256 in base64 as hexadecimal; "" for anything else ("…-3": one of parts). */
void s3_copy_sha256(char to[static 65], const char *base64);
/* And back. Fresh. */
char *s3_base64_of_hex(const char *sha256);

/* Object made by us, known by its mark? For after a lost answer. */
bool s3_is_ours(struct s3 *s3, const char *name, const char *mark);
/* EEXIST when the name is taken. */
int s3_refuse_taken(struct s3 *s3, const char *name, struct err *err);

/* Operations of struct depot_ops that are not in s3.c. */
int s3_head(struct depot *depot, const char *name, struct depot_object *ret,
	    struct err *err);
int s3_list(struct depot *depot, const char *prefix, struct depot_objects *ret,
	    struct err *err);
int s3_unfinished(struct depot *depot, const char *prefix, int64_t before_ms,
		  struct depot_unfinished_list *ret, struct err *err);
int s3_begin(struct depot *depot, const struct depot_begin *begin,
	     struct depot_upload **ret, struct err *err);
int s3_put_part(struct depot_upload *upload, unsigned number, const void *data,
		size_t bytes, const unsigned char *sha256, struct err *err);
int s3_finish(struct depot_upload *upload, struct depot_object *ret, struct err *err);
int s3_abort(struct depot_upload *upload, struct err *err);
void s3_drop(struct depot_upload *upload);
int s3_abandon(struct depot *depot, const struct depot_unfinished *which,
	       struct err *err);

#endif
