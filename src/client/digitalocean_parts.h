/* What the files of the DigitalOcean client share. Private to src/client. */
#ifndef BELAY_CLIENT_DIGITALOCEAN_PARTS_H
#define BELAY_CLIENT_DIGITALOCEAN_PARTS_H

#include "belay/attr.h"
#include "belay/digitalocean.h"

/* "/v2/apps/ID" and what the format adds. Fresh string. */
ATTR_PRINTF(2, 3) char *digitalocean_app_path(const char *app, const char *format, ...);

/* GET `path`; the member of the answer that matters ({"app": …}), or null when it has none. An
 * assumed answer is given whole. */
int digitalocean_look(struct api *api, struct effects *fx, const char *path,
		      const char *member, json_t **ret, struct err *err);

/* Sends a request and gives the member of its answer. */
int digitalocean_act(struct api *api, struct effects *fx,
		     const struct api_request *request, const char *member, json_t **ret,
		     enum api_sent *ret_sent, struct err *err);

#endif
