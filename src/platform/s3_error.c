/* S3's error codes as errors. */
#include "platform/s3_error.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "platform/depot.h"
#include "platform/s3_xml.h"

/* What an error is about decides how it is put. */
enum about {
	ABOUT_LOGIN,
	ABOUT_CLOCK,
	ABOUT_REGION,
	ABOUT_BUCKET,
	ABOUT_ACTION,
	ABOUT_OBJECT,
	ABOUT_BUSY,
	ABOUT_SETTING,
	ABOUT_FULL
};

static const struct row {
	const char *code;
	enum about about;
	const char *text; /* the cause, in words */
	const char *hint;
} rows[] = {
	{"SignatureDoesNotMatch", ABOUT_LOGIN,
	 "the secret key does not belong to the access key",
	 "look at the secret key: a line break or a missing character is enough"},
	{"InvalidAccessKeyId", ABOUT_LOGIN, "the access key is unknown",
	 "is it a key of this store, and still active?"},
	{"ExpiredToken", ABOUT_LOGIN, "the session token has expired",
	 "get new temporary credentials; they must outlive the run"},
	{"TokenRefreshRequired", ABOUT_LOGIN, "the session token has expired",
	 "get new temporary credentials; they must outlive the run"},
	{"InvalidToken", ABOUT_LOGIN, "the session token is not valid",
	 "temporary keys need the session token they came with, other keys must have none"},
	{"InvalidSecurity", ABOUT_LOGIN, "the credentials are not valid", NULL},
	{"AccountProblem", ABOUT_LOGIN, "the account is not in order",
	 "the provider of the store knows more"},
	{"NotSignedUp", ABOUT_LOGIN, "the account has no access to the store", NULL},
	{"RequestTimeTooSkewed", ABOUT_CLOCK, NULL, NULL},
	{"RequestExpired", ABOUT_CLOCK, NULL, NULL},
	{"AuthorizationHeaderMalformed", ABOUT_REGION, NULL, NULL},
	{"PermanentRedirect", ABOUT_REGION, NULL, NULL},
	{"TemporaryRedirect", ABOUT_REGION, NULL, NULL},
	{"IllegalLocationConstraintException", ABOUT_REGION, NULL, NULL},
	{"NoSuchBucket", ABOUT_BUCKET, NULL,
	 "look at the name, the endpoint and the region; belay does not make buckets"},
	{"InvalidBucketName", ABOUT_SETTING, "the name of the bucket is not valid", NULL},
	{"AccessDenied", ABOUT_ACTION, NULL, NULL},
	{"AllAccessDisabled", ABOUT_ACTION, NULL, NULL},
	{"NoSuchKey", ABOUT_OBJECT, "it does not exist", NULL},
	{"NoSuchUpload", ABOUT_OBJECT, "its upload was finished or aborted", NULL},
	{"InvalidObjectState", ABOUT_SETTING,
	 "it lies in an archive and cannot be read at once",
	 "restore it in the store first (S3 Glacier), or use another storage class"},
	{"MethodNotAllowed", ABOUT_SETTING, "the store does not allow this here", NULL},
	{"TooManyBuckets", ABOUT_FULL, "there are too many buckets", NULL},
	{"SlowDown", ABOUT_BUSY, "the store asks for fewer requests",
	 "run fewer uploads at once, or try again later"},
	{"ServiceUnavailable", ABOUT_BUSY, "the store is not available", NULL},
	{"InternalError", ABOUT_BUSY, "the store failed inside", NULL},
	{"OperationAborted", ABOUT_BUSY, "another operation is under way", NULL},
	{"RequestTimeout", ABOUT_BUSY, "the store waited too long for data", NULL},
	{"BadDigest", ABOUT_BUSY, "data was damaged on the way", NULL},
	{"XAmzContentSHA256Mismatch", ABOUT_BUSY, "data was damaged on the way", NULL},
	{"QuotaExceeded", ABOUT_FULL, "the quota is used up",
	 "remove old backups, or raise the quota"},
	{"XMinioStorageFull", ABOUT_FULL, "the store is full", NULL},
	{"EntityTooLarge", ABOUT_FULL, "it is larger than the store allows", NULL},
	{"EntityTooSmall", ABOUT_SETTING, "parts must have 5 MiB at least", NULL},
	{"InvalidStorageClass", ABOUT_SETTING,
	 "the storage class is unknown to this store", NULL},
	{"InvalidEncryptionAlgorithmError", ABOUT_SETTING,
	 "the encryption is unknown to this store", NULL},
	{"KMS.DisabledException", ABOUT_SETTING, "the KMS key is disabled", NULL},
	{"KMS.NotFoundException", ABOUT_SETTING, "there is no such KMS key",
	 "look at 'kms_key': an ARN, or an id of the bucket's region"},
	{"ServerSideEncryptionConfigurationNotFoundError", ABOUT_SETTING,
	 "the bucket has no encryption configured", NULL},
	{"ObjectLockConfigurationNotFoundError", ABOUT_SETTING,
	 "the bucket has no object lock",
	 "object lock is switched on when a bucket is made"},
	{"InvalidRetentionPeriod", ABOUT_SETTING,
	 "the object lock must end in the future", NULL},
	{"NotImplemented", ABOUT_SETTING, "the store does not know this operation", NULL},
};

/* Ceph refuses a KMS key with the code for unknown access keys. */
static const struct row kms_key = {"InvalidAccessKeyId", ABOUT_SETTING,
				   "the store cannot use the KMS key",
				   "look at 'kms_key': is it there, and may it be used?"};

static const struct row *row_of(const struct s3_fault *fault)
{
	const char *code = fault->code;
	if (strcmp(code, kms_key.code) == 0 && strcasestr(fault->message, "kms"))
		return &kms_key;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].code, code) == 0)
			return &rows[i];
	return NULL;
}

/* --- reading ------------------------------------------------------------------------------- */

static void copy_clean(char *to, size_t room, const char *from)
{
	size_t len = 0;
	for (; *from && len + 1 < room; from++)
		to[len++] = (unsigned char)*from < 0x20 || *from == 0x7f ? ' ' : *from;
	to[len] = '\0';
}

static void note(void *context, const char *parent, const char *name, const char *text)
{
	struct s3_fault *fault = context;
	if (strcmp(parent, "Error") != 0)
		return;
	if (strcmp(name, "Code") == 0)
		copy_clean(fault->code, sizeof fault->code, text);
	else if (strcmp(name, "Message") == 0)
		copy_clean(fault->message, sizeof fault->message, text);
	else if (strcmp(name, "Region") == 0)
		copy_clean(fault->region, sizeof fault->region, text);
	else if (strcmp(name, "Endpoint") == 0)
		copy_clean(fault->endpoint, sizeof fault->endpoint, text);
	else if (strcmp(name, "ServerTime") == 0)
		(void)time_parse(text, &fault->store_ms);
}

bool s3_fault_read(int status, const char *body, size_t len, struct s3_fault *ret)
{
	struct err ignored = {0};
	*ret = (struct s3_fault){.status = status};
	(void)s3_xml_walk(body, len, note, ret, &ignored);
	return *ret->code || status < 200 || status >= 300;
}

void s3_fault_headers(struct s3_fault *fault, const char *region, const char *date)
{
	time_t at = date && !fault->store_ms ? curl_getdate(date, NULL) : -1;
	if (at > 0)
		fault->store_ms = (int64_t)at * 1000;
	if (region && !*fault->region)
		copy_clean(fault->region, sizeof fault->region, region);
}

/* --- judging ------------------------------------------------------------------------------- */

bool s3_fault_is_expired(const struct s3_fault *fault)
{
	if (row_of(fault) == &kms_key)
		return false;
	static const char *const codes[] = {"ExpiredToken", "TokenRefreshRequired",
					    "InvalidAccessKeyId", "InvalidToken"};
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(fault->code, codes[i]) == 0)
			return true;
	/* All that the answer to a HEAD can say. */
	return fault->status == 400 && !*fault->code;
}

bool s3_fault_passes(const struct s3_fault *fault)
{
	const struct row *row = row_of(fault);
	int status = fault->status;
	if (row)
		return row->about == ABOUT_BUSY;
	return status == 429 || status == 500 || (status >= 502 && status <= 504);
}

bool s3_fault_is_unknown(const struct s3_fault *fault)
{
	return fault->status == 501 || strcmp(fault->code, "NotImplemented") == 0;
}

bool s3_fault_is_taken(const struct s3_fault *fault)
{
	return fault->status == 412 || strcmp(fault->code, "PreconditionFailed") == 0;
}

static enum about about_status(int status)
{
	if (status == 401 || status == 403)
		return ABOUT_ACTION;
	if (status == 301 || status == 307 || status == 308)
		return ABOUT_REGION;
	if (status == 404)
		return ABOUT_OBJECT;
	if (status == 507)
		return ABOUT_FULL;
	return status >= 500 || status == 429 ? ABOUT_BUSY : ABOUT_SETTING;
}

static int set_region(const struct s3_fault *fault, const struct s3_place *place,
		      struct err *err)
{
	bool other = *fault->region && strcmp(fault->region, place->region) != 0;
	if (!other && *fault->endpoint) {
		err_set(err, ERR_CONFIG, "bucket '%s' is not at this endpoint",
			place->bucket);
		return err_hint(err, "the store says: endpoint '%s'", fault->endpoint);
	}
	err_set(err, ERR_CONFIG, "bucket '%s' is not in region '%s'", place->bucket,
		place->region);
	if (*fault->endpoint)
		return err_hint(err, "the store says: region '%s', endpoint '%s'",
				fault->region, fault->endpoint);
	if (*fault->region)
		return err_hint(err,
				"the store says: region '%s'; the endpoint must be the "
				"one of that region",
				fault->region);
	return err_hint(err,
			"give the region of the bucket, and the endpoint of that region");
}

static int set_clock(const struct s3_fault *fault, const struct s3_place *place,
		     struct err *err)
{
	char ours[TIME_TEXT_BYTES], theirs[TIME_TEXT_BYTES] = "unknown";
	if (fault->store_ms)
		time_format(fault->store_ms, theirs);
	err_set(err, ERR_AUTH,
		"the clocks are apart: this machine says %s, the store of bucket '%s' %s",
		time_format(place->at_ms, ours), place->bucket, theirs);
	return err_hint(err, "set the clock of this machine (NTP): a signature is good "
			     "for a quarter of an hour");
}

static int set_action(const struct s3_fault *fault, const struct s3_place *place,
		      struct err *err)
{
	err_set(err, ERR_AUTH, "the store refuses %s on '%s%s%s'%s%s", place->action,
		place->bucket, place->key ? "/" : "", place->key ? place->key : "",
		*fault->code ? ": " : " and does not say why", fault->code);
	if (!*fault->code)
		return err_hint(err, "is the secret key right, and may this key do it?");
	return err_hint(err, "allow %s in the policy of the key or of the bucket",
			place->action);
}

int s3_fault_set(const struct s3_fault *fault, const struct s3_place *place,
		 struct err *err)
{
	static const enum err_code codes[] = {
		[ABOUT_LOGIN] = ERR_AUTH,    [ABOUT_CLOCK] = ERR_AUTH,
		[ABOUT_REGION] = ERR_CONFIG, [ABOUT_BUCKET] = ERR_NOT_FOUND,
		[ABOUT_ACTION] = ERR_AUTH,   [ABOUT_OBJECT] = ERR_NOT_FOUND,
		[ABOUT_BUSY] = ERR_NET,      [ABOUT_SETTING] = ERR_CONFIG,
		[ABOUT_FULL] = ERR_LIMIT,
	};
	const struct row *row = row_of(fault);
	enum about about = row ? row->about : about_status(fault->status);
	if (s3_fault_is_taken(fault))
		return depot_fail_exists(place->key ? place->key : place->bucket, err);
	/* A HEAD is refused without a word, but for the header with the region. */
	if (!*fault->code && fault->status == 400 && *fault->region &&
	    strcmp(fault->region, place->region) != 0)
		about = ABOUT_REGION;
	if (about == ABOUT_REGION)
		return set_region(fault, place, err);
	if (about == ABOUT_CLOCK)
		return set_clock(fault, place, err);
	if (about == ABOUT_ACTION)
		return set_action(fault, place, err);
	if (about == ABOUT_BUCKET) {
		err_set(err, ERR_NOT_FOUND, "there is no bucket '%s'", place->bucket);
		return err_hint(err, "%s", row->hint);
	}
	const char *text = row && row->text        ? row->text
			   : *fault->message       ? fault->message
			   : about == ABOUT_OBJECT ? "it does not exist"
						   : "no reason given";
	err_set(err, codes[about], "%s failed on '%s%s%s': %s (%d%s%s)", place->action,
		place->bucket, place->key ? "/" : "", place->key ? place->key : "", text,
		fault->status, *fault->code ? " " : "", fault->code);
	if (row && row->hint)
		return err_hint(err, "%s", row->hint);
	/* Some stores do not say which argument. */
	if (place->storage_class && strcmp(fault->code, "InvalidArgument") == 0)
		return err_hint(err, "does this store know the storage class '%s'?",
				place->storage_class);
	return -1;
}
