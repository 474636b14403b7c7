/* room: platform
 * Names of users and groups, from /etc/passwd and /etc/group alone: a static program cannot ask what else a system may
 * have configured (LDAP and the like); whoever is only there stays a number.
 */
#ifndef BELAY_PLATFORM_OWNER_NAMES_H
#define BELAY_PLATFORM_OWNER_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct owner_names;

/* Reads both files; a missing one is empty. */
struct owner_names *owner_names_read(void);
void owner_names_freep(struct owner_names **names);

/* NULL: not known. Valid as long as `names`. */
const char *owner_names_user(struct owner_names *names, uint32_t uid);
const char *owner_names_group(struct owner_names *names, uint32_t gid);

/* The number of a name, else the one given. `name` may be NULL. */
uint32_t owner_names_uid(struct owner_names *names, const char *name, uint32_t otherwise);
uint32_t owner_names_gid(struct owner_names *names, const char *name, uint32_t otherwise);

#endif
