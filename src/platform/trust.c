/* Trust: parsed CA bundles, one for each source, kept for the life of a `struct trust`. */
#include "platform/trust.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/env.h"
#include "platform/openssl.h"

/* In the order in which they are looked for. */
static const char *const bundle_variables[] = {
	"SSL_CERT_FILE",
	"CURL_CA_BUNDLE",
	"GIT_SSL_CAINFO",
};
static const char *const bundle_paths[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Alpine, Arch */
	"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL without the link */
	"/etc/ssl/ca-bundle.pem",                            /* SUSE */
	"/etc/ssl/cert.pem",                                 /* Alpine, BSDs */
	"/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD */
};

struct trust_entry {
	char *file;  /* resolved path, or NULL when there is no bundle */
	char *extra; /* PEM text, or NULL */
	X509_STORE *store;
};

struct trust {
	pthread_mutex_t lock;
	struct {
		struct trust_entry *items;
		size_t count, capacity;
	} entries;
};

struct trust *trust_new(void)
{
	struct trust *trust = mem_new(struct trust);
	pthread_mutex_init(&trust->lock, NULL);
	return trust;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	for (size_t i = 0; i < trust->entries.count; i++) {
		free(trust->entries.items[i].file);
		free(trust->entries.items[i].extra);
		X509_STORE_free(trust->entries.items[i].store);
	}
	free(trust->entries.items);
	pthread_mutex_destroy(&trust->lock);
	free(trust);
}

const char *trust_openssl_reason(char *buffer, unsigned long size_bytes)
{
	unsigned long code = ERR_peek_last_error();
	ERR_clear_error();
	if (!code)
		return "unknown reason";
	const char *reason = ERR_reason_error_string(code);
	if (reason)
		return reason;
	ERR_error_string_n(code, buffer, size_bytes);
	return buffer;
}

static const char *machine_bundle(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bundle_variables); i++) {
		const char *path = env_get(bundle_variables[i]);
		if (!str_is_blank(path))
			return path;
	}
	for (size_t i = 0; i < ARRAY_SIZE(bundle_paths); i++)
		if (access(bundle_paths[i], R_OK) == 0)
			return bundle_paths[i];
	return NULL;
}

/* Adds every certificate of `bio`; returns their number, or -1 when one is damaged. */
static int add_certificates(X509_STORE *store, BIO *bio)
{
	int count = 0;
	for (;;) {
		X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
		if (!certificate)
			break;
		X509_STORE_add_cert(store, certificate);
		X509_free(certificate);
		count++;
	}
	/* The text simply ends: no (further) PEM block. */
	bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	if (!ended)
		return -1;
	ERR_clear_error();
	return count;
}

static int add_file(X509_STORE *store, const char *path, struct err *err)
{
	char reason[160];
	BIO *bio = BIO_new_file(path, "r");
	if (!bio) {
		int number = errno;
		ERR_clear_error();
		err_set_errno(err, ERR_CONFIG, number, "cannot read CA bundle '%s'",
			      path);
		return err_hint(err, "name a readable PEM file with CA certificates");
	}
	int count = add_certificates(store, bio);
	BIO_free(bio);
	if (count < 0)
		return err_set(err, ERR_CONFIG, "CA bundle '%s' is damaged: %s", path,
			       trust_openssl_reason(reason, sizeof reason));
	if (count == 0)
		return err_set(err, ERR_CONFIG, "CA bundle '%s' holds no certificate",
			       path);
	return 0;
}

static int add_text(X509_STORE *store, const char *text, struct err *err)
{
	char reason[160];
	BIO *bio = BIO_new_mem_buf(text, -1);
	int count = add_certificates(store, bio);
	BIO_free(bio);
	if (count < 0)
		return err_set(err, ERR_CONFIG, "CA certificate is damaged: %s",
			       trust_openssl_reason(reason, sizeof reason));
	if (count == 0) {
		err_set(err, ERR_CONFIG, "CA certificate is not in PEM form");
		return err_hint(err, "it starts with '-----BEGIN CERTIFICATE-----'");
	}
	return 0;
}

static int load(const char *file, const char *extra, X509_STORE **ret_store,
		struct err *err)
{
	X509_STORE *store = X509_STORE_new();
	/* A certificate in the bundle is trusted as it stands, also when it is no root: that is
	 * what people mean who put their server's own certificate there. */
	X509_STORE_set_flags(store,
			     X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	if ((file && add_file(store, file, err) < 0) ||
	    (extra && add_text(store, extra, err) < 0)) {
		X509_STORE_free(store);
		return -1;
	}
	*ret_store = store;
	return 0;
}

static struct trust_entry *find(struct trust *trust, const char *file, const char *extra)
{
	for (size_t i = 0; i < trust->entries.count; i++) {
		struct trust_entry *entry = &trust->entries.items[i];
		if (str_equal(entry->file, file) && str_equal(entry->extra, extra))
			return entry;
	}
	return NULL;
}

static int get_locked(struct trust *trust, const char *file, const char *extra,
		      X509_STORE **ret_store, struct err *err)
{
	X509_STORE *store;
	struct trust_entry *entry = find(trust, file, extra);
	if (!entry) {
		if (load(file, extra, &store, err) < 0)
			return -1;
		entry = vec_push(&trust->entries);
		entry->file = file ? mem_strdup(file) : NULL;
		entry->extra = extra ? mem_strdup(extra) : NULL;
		entry->store = store;
	}
	X509_STORE_up_ref(entry->store);
	*ret_store = entry->store;
	return 0;
}

int trust_get(struct trust *trust, const char *ca_file, const char *extra_ca,
	      struct x509_store_st **ret_store, struct err *err)
{
	const char *file = ca_file ? ca_file : machine_bundle();
	if (!file && !extra_ca) {
		err_set(err, ERR_CONFIG,
			"no CA bundle on this machine to verify TLS peers with");
		return err_hint(err, "install ca-certificates or set SSL_CERT_FILE");
	}
	pthread_mutex_lock(&trust->lock);
	int result = get_locked(trust, file, extra_ca, ret_store, err);
	pthread_mutex_unlock(&trust->lock);
	return result;
}

void trust_store_free(struct x509_store_st *store)
{
	X509_STORE_free(store);
}

void trust_apply(struct x509_store_st *store, struct ssl_ctx_st *context)
{
	SSL_CTX_set1_cert_store(context, store);
}
