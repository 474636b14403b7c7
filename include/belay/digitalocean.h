/* room: client
 * DigitalOcean's API as far as belay uses it: App Platform, Droplets, backups of managed databases.
 *
 * Source of formats: DigitalOcean's OpenAPI description (v2). Answers are given as the service gives
 * them, reduced to the member that matters ({"app": …} → the app). Functions that change something
 * say in their name what; each is safe as api.h says.
 */
#ifndef BELAY_DIGITALOCEAN_H
#define BELAY_DIGITALOCEAN_H

#include "belay/api.h"

/* `token` is a secret reference. `base_url` NULL: https://api.digitalocean.com. */
void digitalocean_init(struct api *api, const char *base_url, const json_t *token);

/* --- App Platform -------------------------------------------------------------------------- */

int digitalocean_app(struct api *api, struct effects *fx, const char *app, json_t **ret,
		     struct err *err);
int digitalocean_app_health(struct api *api, struct effects *fx, const char *app,
			    json_t **ret, struct err *err);
int digitalocean_app_alerts(struct api *api, struct effects *fx, const char *app,
			    json_t **ret, struct err *err);
int digitalocean_app_update(struct api *api, struct effects *fx, const char *app,
			    const json_t *spec, json_t **ret_app, enum api_sent *ret_sent,
			    struct err *err);
int digitalocean_deployments(struct api *api, struct effects *fx, const char *app,
			     size_t limit, json_t **ret, struct err *err);
int digitalocean_deployment(struct api *api, struct effects *fx, const char *app,
			    const char *deployment, json_t **ret, struct err *err);
int digitalocean_deploy(struct api *api, struct effects *fx, const char *app,
			bool force_build, json_t **ret_deployment,
			enum api_sent *ret_sent, struct err *err);
int digitalocean_cancel(struct api *api, struct effects *fx, const char *app,
			const char *deployment, struct err *err);
/* `components` NULL: all. */
int digitalocean_restart(struct api *api, struct effects *fx, const char *app,
			 const json_t *components, json_t **ret_deployment,
			 struct err *err);
/* kind: BUILD, DEPLOY, RUN, RUN_RESTARTED. The last lines as text, read from the URL that the service
 * names. An archive that is gone gives an empty text. */
int digitalocean_logs(struct api *api, struct effects *fx, const char *app,
		      const char *deployment, const char *component, const char *kind,
		      size_t max_bytes, char **ret_text, struct err *err);

/* --- rollback ------------------------------------------------------------------------------ */

/* {valid, error?: {code, message, components}, warnings: [..]}. A look. */
int digitalocean_rollback_validate(struct api *api, struct effects *fx, const char *app,
				   const char *deployment, bool skip_pin, json_t **ret,
				   struct err *err);
/* Rolls back and pins the app (unless skip_pin): later deployments wait until commit or revert. */
int digitalocean_rollback(struct api *api, struct effects *fx, const char *app,
			  const char *deployment, bool skip_pin, json_t **ret_deployment,
			  enum api_sent *ret_sent, struct err *err);
int digitalocean_rollback_commit(struct api *api, struct effects *fx, const char *app,
				 struct err *err);
int digitalocean_rollback_revert(struct api *api, struct effects *fx, const char *app,
				 json_t **ret_deployment, struct err *err);
/* "more revisions back than the app keeps": a condition's code in words; the code itself when it is
 * not known. */
const char *digitalocean_condition(const char *code);

/* --- phases -------------------------------------------------------------------------------- */

enum digitalocean_phase {
	DEPLOYMENT_RUNNING, /* on its way */
	DEPLOYMENT_ACTIVE,
	DEPLOYMENT_SUPERSEDED, /* was replaced; says nothing about its health */
	DEPLOYMENT_FAILED,     /* ERROR */
	DEPLOYMENT_CANCELLED,
};
enum digitalocean_phase digitalocean_phase_of(const json_t *deployment);

/* --- machines and databases (for checks and forensics) --------------------------------------- */

int digitalocean_droplet(struct api *api, struct effects *fx, int64_t droplet,
			 json_t **ret, struct err *err);
int digitalocean_droplet_snapshots(struct api *api, struct effects *fx, int64_t droplet,
				   json_t **ret, struct err *err);
int digitalocean_droplet_power_cycle(struct api *api, struct effects *fx, int64_t droplet,
				     json_t **ret_action, struct err *err);
int digitalocean_database_backups(struct api *api, struct effects *fx,
				  const char *database, json_t **ret, struct err *err);

#endif
