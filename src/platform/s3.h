/* room: platform
 * A depot in a bucket of S3 (Amazon S3 API reference, 2006-03-01) or of anything that speaks like it. Over
 * platform/http.h; requests are signed with AWS Signature Version 4, payloads included.
 *
 * Nothing is overwritten: objects are made with "If-None-Match: *". A store that answers 501 to that is
 * asked first whether the name is taken, which leaves a gap; warning() says so from then on. A large
 * object (multipart upload) is looked for before it is completed as well, since some stores ignore the
 * condition there.
 *
 * Requests that fail on the way, and with 429, 500, 502, 503 or 504, are sent again, later and later.
 * Where an answer was lost, the object is asked for its mark before anything is called a failure, so that
 * what arrived is not taken for somebody else's.
 *
 * Keys that are good for a time only come from the depot's owner, who is asked for new ones before they run
 * out, and when the store takes them no more.
 *
 * Thread-safe: each call has a connection of its own, kept for the next.
 */
#ifndef BELAY_PLATFORM_S3_H
#define BELAY_PLATFORM_S3_H

#include <stdatomic.h>

#include "belay/secret.h"
#include "platform/aws.h"
#include "platform/depot.h"
#include "platform/http.h"

/* How a store is told what must arrive, besides the signed SHA-256 of the payload. */
enum s3_checksum {
	S3_CHECKSUM_SHA256, /* x-amz-checksum-sha256, which the store keeps */
	S3_CHECKSUM_MD5,    /* Content-MD5 */
	S3_CHECKSUM_NONE,
};

/* What outlives a depot belongs to whoever opened it. Everything may be NULL; functions are called from any
 * thread. */
struct s3_owner {
	void *context;
	/* Keys that are good now, in place of those of the options. `refused`: an access key that the store
	 * takes no more, or NULL. */
	int (*keys)(void *context, const char *refused, struct aws_credentials *ret,
		    struct err *err);
	/* Connections; both or none. */
	struct http_client *(*take)(void *context, const char *url);
	void (*give)(void *context, struct http_client *client, const char *url);
	atomic_bool *unconditional;     /* what warning() is about */
	void (*release)(void *context); /* with the depot */
};

/* Everything is copied but `stop` and `owner`. */
struct s3_options {
	const char *endpoint; /* "https://s3.eu-central-1.amazonaws.com"; no path */
	const char *bucket;
	const char *prefix; /* of all names, without slashes around; NULL: none */
	const char *region; /* NULL: "us-east-1" */
	bool virtual_host; /* https://BUCKET.HOST/… instead of https://HOST/BUCKET/… */
	const char *access_key;
	const struct secret *secret_key;
	const struct secret *session_token; /* NULL: none */

	const char *storage_class; /* NULL: the bucket's */
	const char *encryption;    /* "AES256", "aws:kms"; NULL: the bucket's */
	const char *kms_key;       /* with aws:kms; NULL: the account's */
	const char *lock_mode;     /* "GOVERNANCE", "COMPLIANCE"; NULL: none */
	int64_t lock_until_ms;
	enum s3_checksum checksum;

	const char *ca_file, *extra_ca; /* as in struct http_tls */
	int64_t timeout_ms;             /* for one request; 0: ten minutes */
	unsigned attempts;              /* 0: six */
	int64_t first_delay_ms;         /* before the second attempt; 0: half a second */
	struct stop stop;               /* not for the end of uploads, good or bad */
	struct s3_owner owner;
};

/* `trust` outlives the depot. No request is made. ERR_CONFIG: settings that cannot be. Release with
 * depot_freep(); after a failure the owner is not released. */
int s3_new(struct trust *trust, const struct s3_options *options, struct depot **ret,
	   struct err *err);

#endif
