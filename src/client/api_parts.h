/* What the files of the API client share. Private to src/client. */
#ifndef BELAY_CLIENT_API_PARTS_H
#define BELAY_CLIENT_API_PARTS_H

#include "belay/api.h"

/* The http effect's answer to one try. */
bool api_answer_is_good(const json_t *answer); /* 2xx, or 304 */
/* Could the same request fare better a little later? */
bool api_answer_may_pass(const json_t *answer);
/* Of an act that failed: does this answer leave open whether it happened? */
enum api_sent api_answer_sent(const json_t *answer);
void api_answer_read_rate(const json_t *answer, int64_t now_ms, struct api_rate *rate);
/* Fills *err with the refusal in words; returns -1. */
int api_answer_refuse(const struct api *api, const struct api_request *request,
		      const json_t *answer, struct err *err);

/* A GET that gives the address of the next page as well: *ret_next is a path, fresh, or NULL. */
int api_get_page(struct api *api, struct effects *fx, const char *path, json_t **ret_body,
		 char **ret_next, struct err *err);

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7). 0 or -1. */
int api_parse_http_date(const char *text, int64_t *ret_at_ms);

#endif
