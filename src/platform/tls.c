/* The TLS probe, over OpenSSL. */
#include "platform/tls.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "belay/vec.h"
#include "platform/deadline.h"
#include "platform/openssl.h"
#include "platform/trust.h"

#define MS_PER_DAY INT64_C(86400000)

static bool is_address(const char *host)
{
	unsigned char bytes[16];
	return inet_pton(AF_INET, host, bytes) == 1 ||
	       inet_pton(AF_INET6, host, bytes) == 1;
}

/* --- what the certificate says ---------------------------------------------------------------- */

static int64_t time_of(const ASN1_TIME *time)
{
	struct tm tm = {0};
	if (!time || !ASN1_TIME_to_tm(time, &tm))
		return 0;
	return (int64_t)timegm(&tm) * 1000;
}

static char *name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	X509_NAME_print_ex(bio, name, 0,
			   XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	long len = BIO_get_mem_data(bio, &data);
	char *text = len > 0 ? mem_strndup(data, (size_t)len) : mem_strdup("");
	BIO_free(bio);
	return text;
}

/* A NUL in a name must not end it: what is before it would look like a name of its own. */
static char *dns_name(const ASN1_IA5STRING *name)
{
	size_t len = (size_t)ASN1_STRING_length(name);
	char *text = mem_strndup((const char *)ASN1_STRING_get0_data(name), len);
	for (char *at = text; (at = memchr(at, '\0', len - (size_t)(at - text)));)
		*at = '?';
	return text;
}

static void add_name(struct tls_result *result, const GENERAL_NAME *name)
{
	if (name->type == GEN_DNS) {
		*vec_push(&result->names) = dns_name(name->d.dNSName);
	} else if (name->type == GEN_IPADD) {
		char text[INET6_ADDRSTRLEN];
		int family =
			ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
		if (ASN1_STRING_length(name->d.iPAddress) != (family == AF_INET ? 4 : 16))
			return;
		inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), text,
			  sizeof text);
		*vec_push(&result->names) = mem_strdup(text);
	}
}

static void read_names(struct tls_result *result, X509 *certificate)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_name(result, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
}

static void read_key(struct tls_result *result, X509 *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	if (!key)
		return;
	const char *type = EVP_PKEY_get0_type_name(key);
	result->key_type = mem_strdup(type ? type : "unknown");
	result->key_bits = EVP_PKEY_get_bits(key);
}

static int64_t whole_days(int64_t duration_ms)
{
	int64_t days = duration_ms / MS_PER_DAY;
	return duration_ms % MS_PER_DAY < 0 ? days - 1 : days;
}

static void read_certificate(struct tls_result *result, const struct tls_probe *probe,
			     const char *name, X509 *certificate)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int digest_len = 0;
	result->not_before_ms = time_of(X509_get0_notBefore(certificate));
	result->not_after_ms = time_of(X509_get0_notAfter(certificate));
	result->days_left = whole_days(result->not_after_ms - probe->now_ms);
	result->subject = name_text(X509_get_subject_name(certificate));
	result->issuer = name_text(X509_get_issuer_name(certificate));
	read_names(result, certificate);
	read_key(result, certificate);
	result->name_match =
		is_address(name) ? X509_check_ip_asc(certificate, name, 0) == 1
				 : X509_check_host(certificate, name, 0, 0, NULL) == 1;
	X509_digest(certificate, EVP_sha256(), digest, &digest_len);
	result->fingerprint_sha256 = str_hex(digest, digest_len);
}

/* --- handshake -------------------------------------------------------------------------------- */

ATTR_PRINTF(2, 3)
static void fail_handshake(struct tls_result *result, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	result->failure = TLS_HANDSHAKE;
	vsnprintf(result->message, sizeof result->message, format, args);
	va_end(args);
}

/* Drives SSL_connect() on a non-blocking socket. */
static int handshake(SSL *ssl, int fd, int64_t deadline_ms, const struct tls_probe *probe,
		     struct tls_result *result, struct err *err)
{
	char reason[160];
	for (;;) {
		ERR_clear_error();
		int done = SSL_connect(ssl);
		if (done == 1) {
			result->connected = true;
			return 0;
		}
		int why = SSL_get_error(ssl, done);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
			bool closed =
				why == SSL_ERROR_SYSCALL || why == SSL_ERROR_ZERO_RETURN;
			fail_handshake(
				result, "TLS handshake failed: %s",
				closed ? "the peer closed the connection"
				       : trust_openssl_reason(reason, sizeof reason));
			return 0;
		}
		int ready = tcp_wait(fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT,
				     deadline_ms, &probe->stop);
		if (ready < 0)
			return err_set(err, ERR_CANCELLED, "cancelled");
		if (ready == 0) {
			result->tcp_failure = TCP_TIMEOUT;
			fail_handshake(result, "TLS handshake did not end in time");
			return 0;
		}
	}
}

static void read_session(struct tls_result *result, const struct tls_probe *probe,
			 const char *name, SSL *ssl)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	long verdict = SSL_get_verify_result(ssl);
	result->protocol = mem_strdup(SSL_get_version(ssl));
	result->cipher = mem_strdup(SSL_get_cipher_name(ssl));
	result->chain_valid = certificate && verdict == X509_V_OK;
	if (certificate)
		read_certificate(result, probe, name, certificate);
	if (!result->chain_valid)
		result->chain_error =
			mem_strdup(certificate ? X509_verify_cert_error_string(verdict)
					       : "the server shows no certificate");
}

/* Everything is accepted here; what OpenSSL thinks of the chain is read afterwards. */
static int accept_all(int preverified, X509_STORE_CTX *context)
{
	(void)preverified;
	(void)context;
	return 1;
}

static SSL_CTX *context_new(struct x509_store_st *store)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	if (!context)
		return NULL;
	trust_apply(store, context);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_all);
	/* A probe reports old versions and weak keys, it does not refuse them. */
	SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
	SSL_CTX_set_security_level(context, 0);
	return context;
}

static int probe_connected(const struct tls_probe *probe, SSL_CTX *context, int fd,
			   int64_t deadline_ms, struct tls_result *result,
			   struct err *err)
{
	const char *name = probe->server_name ? probe->server_name : probe->host;
	SSL *ssl = SSL_new(context);
	if (!ssl)
		return err_set(err, ERR_FAIL, "cannot start TLS");
	SSL_set_fd(ssl, fd);
	if (!is_address(name))
		SSL_set_tlsext_host_name(ssl, name);
	int status = handshake(ssl, fd, deadline_ms, probe, result, err);
	if (result->connected) {
		read_session(result, probe, name, ssl);
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	ERR_clear_error();
	return status;
}

static int connect_and_probe(const struct tls_probe *probe, SSL_CTX *context,
			     struct tls_result *result, struct err *err)
{
	int64_t start_ms = deadline_now_ms();
	int64_t deadline_ms = start_ms + probe->timeout_ms;
	struct tcp_peer peer;
	if (tcp_connect(probe->host, probe->port, deadline_ms, &probe->stop, &peer, err) <
	    0)
		return -1;
	memcpy(result->address, peer.address, sizeof result->address);
	if (peer.fd < 0) {
		result->failure = TLS_CONNECT;
		result->tcp_failure = peer.failure;
		snprintf(result->message, sizeof result->message, "%s", peer.message);
		return 0;
	}
	int status = probe_connected(probe, context, peer.fd, deadline_ms, result, err);
	close(peer.fd);
	result->latency_ms = deadline_now_ms() - start_ms;
	return status;
}

int tls_probe(const struct tls_probe *probe, struct tls_result *ret, struct err *err)
{
	struct x509_store_st *store;
	*ret = (struct tls_result){0};
	if (trust_get(probe->trust, probe->ca_file, probe->extra_ca, &store, err) < 0)
		return -1;
	SSL_CTX *context = context_new(store);
	trust_store_free(store);
	if (!context)
		return err_set(err, ERR_FAIL, "cannot start TLS");
	int status = connect_and_probe(probe, context, ret, err);
	SSL_CTX_free(context);
	return status;
}

void tls_result_release(struct tls_result *result)
{
	for (size_t i = 0; i < result->names.count; i++)
		free(result->names.items[i]);
	free(result->names.items);
	free(result->subject);
	free(result->issuer);
	free(result->chain_error);
	free(result->protocol);
	free(result->cipher);
	free(result->key_type);
	free(result->fingerprint_sha256);
}
