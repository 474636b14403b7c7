/* The TLS probe, and HTTPS, against servers in this process with certificates made on the spot. */
#include "platform/tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "belay/mem.h"
#include "platform/http.h"
#include "platform/openssl.h"
#include "platform/trust.h"
#include "test.h"

#define DAY 86400L
#define NOW_MS ((int64_t)time(NULL) * 1000)

struct identity {
	EVP_PKEY *key;
	X509 *certificate;
	char *pem;
};

/* Self-signed, from one day ago until `days` from now. */
static void identity_make(struct identity *identity, const char *names, long days)
{
	X509V3_CTX context;
	identity->key = EVP_EC_gen("P-256");
	X509 *certificate = identity->certificate = X509_new();
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate),
			(days < 0 ? days - 1 : -1) * DAY);
	X509_gmtime_adj(X509_getm_notAfter(certificate), days * DAY + 60);
	X509_set_pubkey(certificate, identity->key);
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"belay test", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension =
		X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, names);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	X509_sign(certificate, identity->key, EVP_sha256());

	char *data;
	BIO *bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, certificate);
	long len = BIO_get_mem_data(bio, &data);
	identity->pem = mem_strndup(data, (size_t)len);
	BIO_free(bio);
}

static void identity_release(struct identity *identity)
{
	X509_free(identity->certificate);
	EVP_PKEY_free(identity->key);
	free(identity->pem);
}

struct server {
	int fd, port;
	SSL_CTX *context; /* NULL: says something that is no TLS */
	pthread_t thread;
};

static void converse(struct server *server, int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	char request[2048];
	if (!server->context) {
		send(fd, "220 mail.example ESMTP\r\n", 24, MSG_NOSIGNAL);
		return;
	}
	SSL *ssl = SSL_new(server->context);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0)
		SSL_write(ssl, answer, sizeof answer - 1);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	ERR_clear_error();
}

static void *serve(void *context)
{
	struct server *server = context;
	int fd;
	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		converse(server, fd);
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return NULL;
}

static void server_start(struct server *server, const struct identity *identity)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	signal(SIGPIPE, SIG_IGN);
	*server = (struct server){0};
	if (identity) {
		server->context = SSL_CTX_new(TLS_server_method());
		SSL_CTX_use_certificate(server->context, identity->certificate);
		SSL_CTX_use_PrivateKey(server->context, identity->key);
	}
	server->fd = socket(AF_INET, SOCK_STREAM, 0);
	bind(server->fd, (struct sockaddr *)&address, sizeof address);
	listen(server->fd, 8);
	getsockname(server->fd, (struct sockaddr *)&address, &size);
	server->port = ntohs(address.sin_port);
	pthread_create(&server->thread, NULL, serve, server);
}

static void server_stop(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
	SSL_CTX_free(server->context);
}

TEST(what_a_probe_reports)
{
	static const struct row {
		const char *name;
		const char *names; /* in the certificate */
		long days;
		const char *server_name; /* NULL: the address */
		bool trusted;
		bool name_match, chain_valid;
		int64_t days_left;
		const char *chain_error;
	} rows[] = {
		{"good", "IP:127.0.0.1", 90, NULL, true, true, true, 90, NULL},
		{"by name", "DNS:api.example", 10, "api.example", true, true, true, 10,
		 NULL},
		{"wildcard", "DNS:*.example.org", 10, "api.example.org", true, true, true,
		 10, NULL},
		{"not two levels", "DNS:*.example.org", 10, "a.b.example.org", true,
		 false, true, 10, NULL},
		{"wrong name", "DNS:other.example", 10, "api.example", true, false, true,
		 10, NULL},
		{"name is no address", "DNS:127.0.0.1", 10, NULL, true, false, true, 10,
		 NULL},
		{"untrusted", "IP:127.0.0.1", 10, NULL, false, true, false, 10, "self"},
		{"expired", "IP:127.0.0.1", -3, NULL, true, true, false, -3, "expired"},
	};
	FOR_ROWS(row, rows) {
		struct identity identity;
		struct identity stranger;
		struct server server;
		struct tls_result result;
		struct err err = {0};
		struct trust *trust = trust_new();
		identity_make(&identity, row->names, row->days);
		identity_make(&stranger, "DNS:stranger", 10);
		server_start(&server, &identity);
		const struct tls_probe probe = {
			.trust = trust,
			.host = "127.0.0.1",
			.port = server.port,
			.server_name = row->server_name,
			.extra_ca = row->trusted ? identity.pem : stranger.pem,
			.timeout_ms = 5000,
			.now_ms = NOW_MS,
			.stop = STOP_NEVER,
		};
		CHECK_OK(tls_probe(&probe, &result, &err), &err);
		if (CHECK(result.connected)) {
			CHECK_INT_EQ(result.name_match, row->name_match);
			CHECK_INT_EQ(result.chain_valid, row->chain_valid);
			CHECK_INT_EQ(result.days_left, row->days_left);
			CHECK_STR_EQ(result.subject, "CN=belay test");
			CHECK_STR_EQ(result.protocol, "TLSv1.3");
			CHECK_STR_EQ(result.key_type, "EC");
			CHECK_INT_EQ(result.key_bits, 256);
			CHECK_INT_EQ(strlen(result.fingerprint_sha256), 64);
			CHECK_INT_EQ(result.names.count, 1);
			if (row->chain_error)
				CHECK_STR_HAS(result.chain_error, row->chain_error);
			else
				CHECK_NULL(result.chain_error);
		}
		tls_result_release(&result);
		server_stop(&server);
		identity_release(&identity);
		identity_release(&stranger);
		trust_free(trust);
	}
}

TEST(no_tls_and_nobody_there)
{
	struct server server;
	struct tls_result result;
	struct identity identity;
	struct err err = {0};
	struct trust *trust = trust_new();
	identity_make(&identity, "IP:127.0.0.1", 1);
	server_start(&server, NULL);
	struct tls_probe probe = {
		.trust = trust,
		.host = "127.0.0.1",
		.port = server.port,
		.extra_ca = identity.pem,
		.timeout_ms = 5000,
		.now_ms = NOW_MS,
		.stop = STOP_NEVER,
	};
	CHECK_OK(tls_probe(&probe, &result, &err), &err);
	CHECK(!result.connected);
	CHECK_INT_EQ(result.failure, TLS_HANDSHAKE);
	tls_result_release(&result);
	server_stop(&server);

	CHECK_OK(tls_probe(&probe, &result, &err), &err);
	CHECK_INT_EQ(result.failure, TLS_CONNECT);
	CHECK_INT_EQ(result.tcp_failure, TCP_REFUSED);
	tls_result_release(&result);

	probe.extra_ca = "no certificate";
	CHECK_FAILS(tls_probe(&probe, &result, &err), &err, ERR_CONFIG, "PEM");
	tls_result_release(&result);
	probe.extra_ca = NULL;
	probe.ca_file = "/nonexistent/ca.pem";
	CHECK_FAILS(tls_probe(&probe, &result, &err), &err, ERR_CONFIG,
		    "/nonexistent/ca.pem");
	tls_result_release(&result);
	identity_release(&identity);
	trust_free(trust);
}

TEST(https_verifies)
{
	static const struct row {
		const char *name;
		const char *names;
		const char *server_name;
		bool trusted, insecure;
		enum http_failure failure;
	} rows[] = {
		{"good", "IP:127.0.0.1", NULL, true, false, HTTP_OK},
		{"untrusted", "IP:127.0.0.1", NULL, false, false, HTTP_TLS},
		{"untrusted, but nobody looks", "IP:127.0.0.1", NULL, false, true,
		 HTTP_OK},
		{"wrong name", "DNS:api.example", NULL, true, false, HTTP_TLS},
		{"the name that was asked for", "DNS:api.example", "api.example", true,
		 false, HTTP_OK},
	};
	/* One client for all: what was good with one authority must not pass for another. */
	struct trust *trust = trust_new();
	struct http_client *client = http_client_new(trust);
	struct identity stranger;
	identity_make(&stranger, "DNS:stranger", 10);
	FOR_ROWS(row, rows) {
		struct identity identity;
		struct server server;
		struct http_response response;
		struct err err = {0};
		char url[64];
		identity_make(&identity, row->names, 10);
		server_start(&server, &identity);
		snprintf(url, sizeof url, "https://127.0.0.1:%d/", server.port);
		const struct http_request request = {
			.url = url,
			.tls = {.extra_ca = row->trusted ? identity.pem : stranger.pem,
				.insecure = row->insecure,
				.server_name = row->server_name},
			.timeout_ms = 5000,
			.max_body_bytes = 100,
			.max_header_bytes = 1000,
			.stop = STOP_NEVER,
		};
		CHECK_OK(http_perform(client, &request, &response, &err), &err);
		CHECK_INT_EQ(response.failure, row->failure);
		CHECK_STR_EQ(str_text(&response.body),
			     row->failure == HTTP_OK ? "ok" : "");
		http_response_release(&response);
		server_stop(&server);
		identity_release(&identity);
	}
	identity_release(&stranger);
	http_client_free(client);
	trust_free(trust);
}
