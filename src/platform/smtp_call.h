/* room: platform
 * One SMTP transfer under way. Private to smtp.c and smtp_fail.c.
 */
#ifndef BELAY_PLATFORM_SMTP_CALL_H
#define BELAY_PLATFORM_SMTP_CALL_H

#include <curl/curl.h>
#include <stdbool.h>

#include "platform/smtp.h"
#include "platform/smtp_header.h"

struct x509_store_st;

/* What curl borrows, and what was heard. */
struct smtp_call {
	const struct smtp_message *message;
	struct smtp_result *result;
	CURL *easy;
	struct smtp_address sender;
	struct curl_slist *fields, *recipients, *connect_to;
	curl_mime *mime;
	struct x509_store_st *store;
	char error_text[CURL_ERROR_SIZE];

	size_t asked;         /* recipients that the server was asked about */
	bool about_recipient; /* the next reply is to the last of them */
	bool begun;           /* the server waits for the message */
	bool over;            /* we said QUIT: what follows says nothing */
};

/* Why the transfer failed, as an error without the server's name. Returns -1. */
int smtp_call_fail(const struct smtp_call *call, CURLcode code, struct err *err);

#endif
