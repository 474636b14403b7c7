/* What the handlers that speak to the network share: parsed CA bundles, connections that can be used
 * again, and git sessions. Private to src/effects. Kept in LIVE_SLOT_GIT, released with the layer.
 */
#ifndef BELAY_EFFECTS_LIVE_NET_H
#define BELAY_EFFECTS_LIVE_NET_H

#include "live.h"

struct vcs_pool;
struct http_client;
struct trust;

/* For the process; thread-safe. */
struct trust *live_trust(struct live_call *call);
struct vcs_pool *live_git_pool(struct live_call *call);

/* A client for one exchange with `origin` ("https://api.example.com/…": only scheme, host and port
 * count), if possible one that still has a connection there. Give it back. */
struct http_client *live_http_take(struct live_call *call, const char *origin);
void live_http_give(struct live_call *call, struct http_client *client,
		    const char *origin);

/* A member that names a file or holds a text or secret: fresh in *ret_secret, empty when absent. */
int live_resolve_member(struct live_call *call, const json_t *object, const char *key,
			const char *what, struct secret *ret_secret, struct err *err);

/* Reads a `tls` object of arguments; NULL: all by default. What *ret borrows is in *owner. */
struct live_tls {
	struct secret ca, key;
};
struct http_tls;
int live_read_tls(struct live_call *call, const json_t *tls, struct live_tls *owner,
		  struct http_tls *ret, struct err *err);
void live_tls_release(struct live_tls *owner);

/* ERR_CONFIG when a required member is missing: "http needs 'url'". */
int live_need_string(const json_t *object, const char *key, const char *kind,
		     const char **ret, struct err *err);

/* {code, message} as an answer reports a failed probe. */
json_t *live_error_new(const char *code, const char *message);

#endif
