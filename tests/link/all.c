/*
 * Proves that one static executable can hold every library: it asks each for its version and for a
 * little work. The test runs it in an empty root directory, so anything that still wanted a shared
 * object, a locale or a file of the build machine fails.
 */
#include <archive.h>
#include <curl/curl.h>
#include <git2.h>
#include <jansson.h>
#include <jq.h>
#include <libssh/libssh.h>
#include <oniguruma.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>
#include <zlib.h>
#include <zstd.h>

/* The archive that was linked is the one whose headers were read: a system may have another. */
static bool headers_agree(void)
{
	static const char ssh[] = SSH_STRINGIFY(LIBSSH_VERSION);
	int major = 0;
	int minor = 0;
	int patch = 0;
	git_libgit2_version(&major, &minor, &patch);
	return major == LIBGIT2_VERSION_MAJOR && minor == LIBGIT2_VERSION_MINOR &&
	       patch == LIBGIT2_VERSION_REVISION &&
	       archive_version_number() == ARCHIVE_VERSION_NUMBER &&
	       strncmp(ssh_version(0), ssh, sizeof(ssh) - 1) == 0 &&
	       curl_version_info(CURLVERSION_NOW)->version_num == LIBCURL_VERSION_NUM;
}

/* jq is asked for work, not for a version: a regular expression goes through Oniguruma. */
static int jq_answers(void)
{
	jq_state *jq = jq_init();
	if (!jq || !jq_compile(jq, ".[0] | test(\"^be.ay$\")"))
		return -1;
	jq_start(jq, jv_parse("[\"belay\"]"), 0);
	jv result = jq_next(jq);
	int ok = jv_get_kind(result) == JV_KIND_TRUE ? 0 : -1;
	jv_free(result);
	jq_teardown(&jq);
	return ok;
}

int main(int argc, char **argv)
{
	printf("curl      %s\n", curl_version());
	int major = 0;
	int minor = 0;
	int patch = 0;
	git_libgit2_version(&major, &minor, &patch);
	printf("libgit2   %d.%d.%d\n", major, minor, patch);
	printf("libssh    %s\n", ssh_version(0));
	printf("archive   %s\n", archive_version_details());
	printf("oniguruma %s\n", onig_version());
	printf("jansson   %s\n", jansson_version_str());
	printf("libyaml   %s\n", yaml_get_version_string());
	printf("openssl   %s\n", OpenSSL_version(OPENSSL_VERSION));
	printf("zlib      %s\n", zlibVersion());
	printf("zstd      %s\n", ZSTD_versionString());

	if (!headers_agree())
		return printf("a library is not the one of its header\n"), 1;
	if (git_libgit2_init() < 0 || curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK ||
	    ssh_init() != SSH_OK)
		return 1;
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	CURL *easy = curl_easy_init();
	if (!tls || !easy)
		return 1;
	if (argc > 1 && strncmp(argv[1], "http", 4) == 0) {
		curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
		if (argc > 2)
			curl_easy_setopt(easy, CURLOPT_CAINFO, argv[2]);
		CURLcode code = curl_easy_perform(easy);
		if (code != CURLE_OK)
			return printf("%s\n", curl_easy_strerror(code)), 1;
	}
	curl_easy_cleanup(easy);
	SSL_CTX_free(tls);
	if (jq_answers() < 0)
		return printf("jq does not answer\n"), 1;
	return 0;
}
