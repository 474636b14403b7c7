/* Droplets and backups of managed databases: what checks and forensics look at.
 */
#include <inttypes.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "digitalocean_parts.h"

#define LIST_MAX 200

int digitalocean_droplet(struct api *api, struct effects *fx, int64_t droplet,
			 json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = str_format("/v2/droplets/%" PRId64, droplet);
	return digitalocean_look(api, fx, path, "droplet", ret, err);
}

int digitalocean_droplet_snapshots(struct api *api, struct effects *fx, int64_t droplet,
				   json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = str_format(
		"/v2/droplets/%" PRId64 "/snapshots?per_page=%d", droplet, LIST_MAX);
	return api_list(api, fx, path, "snapshots", LIST_MAX, ret, err);
}

int digitalocean_droplet_power_cycle(struct api *api, struct effects *fx, int64_t droplet,
				     json_t **ret_action, struct err *err)
{
	_cleanup_free_ char *path =
		str_format("/v2/droplets/%" PRId64 "/actions", droplet);
	_cleanup_free_ char *summary =
		str_format("switch the Droplet %" PRId64 " off and on", droplet);
	_cleanup_json_ json_t *json = json_pack("{s:s}", "type", "power_cycle");
	const struct api_request request = {
		.method = "POST", .path = path, .json = json, .summary = summary};
	return digitalocean_act(api, fx, &request, "action", ret_action, NULL, err);
}

int digitalocean_database_backups(struct api *api, struct effects *fx,
				  const char *database, json_t **ret, struct err *err)
{
	_cleanup_free_ char *id = api_escape(database);
	_cleanup_free_ char *path = str_format("/v2/databases/%s/backups", id);
	return digitalocean_look(api, fx, path, "backups", ret, err);
}
