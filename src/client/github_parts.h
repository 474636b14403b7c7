/* What the files of the GitHub client share. Private to src/client. */
#ifndef BELAY_CLIENT_GITHUB_PARTS_H
#define BELAY_CLIENT_GITHUB_PARTS_H

#include "belay/attr.h"
#include "belay/github.h"

/* "/repos/acme/shop" and what the format adds. Fresh string. */
ATTR_PRINTF(2, 3) char *github_path(const struct github *github, const char *format, ...);

/* The text, cut at the end of a character to at most `max` of them. Fresh string. */
char *github_clip(const char *text, size_t max);

/* An act whose answer nobody needs, and which asked for twice is done once. */
int github_set(struct github *github, struct effects *fx, const char *method,
	       const char *path, const json_t *body, const char *summary,
	       struct err *err);

/* Refusals in GitHub's own words, with the permission that is missing: api.explain. */
void github_explain(const struct api *api, const char *method, const char *path,
		    const json_t *answer, struct err *err);

#endif
