/* room: platform
 * What S3 stores say when they refuse, in belay's words. Codes: Amazon S3 API reference, "Error
 * responses", and those of Ceph, MinIO and Swift where they have their own.
 */
#ifndef BELAY_PLATFORM_S3_ERROR_H
#define BELAY_PLATFORM_S3_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"

struct s3_fault {
	int status;
	char code[64]; /* "NoSuchBucket"; "" when the answer had no body (HEAD) */
	char message[256];
	char region[64];    /* that the store names instead, or "" */
	char endpoint[256]; /* likewise */
	int64_t store_ms;   /* the store's clock; 0: not said */
};

/* From an answer. True when the body is an error: some come with status 200. */
bool s3_fault_read(int status, const char *body, size_t len, struct s3_fault *ret);

/* What the headers of the same answer say: x-amz-bucket-region and Date, or NULL. */
void s3_fault_headers(struct s3_fault *fault, const char *region, const char *date);

/* Are the keys not taken any more, while others of the same owner may be? */
bool s3_fault_is_expired(const struct s3_fault *fault);
/* Worth another attempt? */
bool s3_fault_passes(const struct s3_fault *fault);
/* Does the store not know conditional requests? */
bool s3_fault_is_unknown(const struct s3_fault *fault);
/* Is the name taken? */
bool s3_fault_is_taken(const struct s3_fault *fault);

struct s3_place {
	const char *action; /* "s3:PutObject" */
	const char *bucket;
	const char *key;           /* NULL: the bucket itself */
	const char *region;        /* that was signed for */
	int64_t at_ms;             /* and when */
	const char *storage_class; /* that was asked for, or NULL */
};

/* Returns -1. */
int s3_fault_set(const struct s3_fault *fault, const struct s3_place *place,
		 struct err *err);

#endif
