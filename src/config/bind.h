/* Binding: a validated tree → the structs of belay/config.h. Private to src/config. */
#ifndef BELAY_CONFIG_BIND_H
#define BELAY_CONFIG_BIND_H

#include "belay/config.h"

/* Fills everything of `config` from config->tree, which must be valid, complete with defaults, and have
 * its secret references in the seam's form. Cannot fail: what could be wrong was found before. */
void bind_config(struct config *config);

/* The parts. */
void bind_state(struct config *config);
void bind_hosts(struct config *config);
void bind_checks(struct config *config);
void bind_github(struct config *config);
void bind_incidents(struct config *config);
void bind_notifications(struct config *config);
void bind_backups(struct config *config);
void bind_environments(struct config *config);

/* Copies an array of strings. */
void bind_names(const json_t *array, struct config_names *ret);
void names_release(struct config_names *names);
void environment_release(struct config_environment *environment);
void notification_release(struct config_notification *notification);
void backup_release(struct config_backup *backup);

/* A duration under `key`, or `fallback_ms`. */
int64_t bind_duration(const json_t *object, const char *key, int64_t fallback_ms);
/* The same, falling back to `defaults.KEY`. */
int64_t bind_default_duration(const struct config *config, const json_t *object,
			      const char *key);
/* How many members count ("x-" ones do not). */
size_t bind_count(const json_t *object);

#endif
