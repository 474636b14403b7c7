/* What the renderers of backups share. Private to src/render. */
#ifndef BELAY_RENDER_BACKUP_H
#define BELAY_RENDER_BACKUP_H

#include "belay/render.h"

/* "412.0 MiB"; nothing for null. */
void backup_add_size(struct str *out, const json_t *object, const char *key);
/* "3h 5m"; nothing for null. */
void backup_add_duration(struct str *out, const json_t *object, const char *key);
/* " in 1.2s, 345.0 MiB/s"; the rate only of what took long enough to have one. */
void backup_add_rate(struct str *out, int64_t bytes, int64_t duration_ms);
/* "3 minutes ago" for a time under `key`; nothing for null. */
void backup_add_when(struct str *out, const json_t *object, const char *key,
		     int64_t now_ms);
/* "412.0 MiB → 96.3 MiB (23%)" of a backup that was made. */
void backup_add_ratio(struct str *out, const json_t *row);

/* The word and the mark for the state of a copy in a store, and for how it was looked at. */
const char *backup_state_mark(const char *state, enum ink *ret_ink);
const char *backup_how_text(const char *how);
/* What vouches for a manifest: "on the journal", "signed by CN=…". */
void backup_add_trust(struct str *out, const json_t *row);

/* "  because …" and "  hint: …" where there are any. */
void backup_add_reason(struct str *out, const struct render *render, const json_t *row);
/* "  ! …" for each. */
void backup_add_warnings(struct str *out, const struct render *render,
			 const json_t *warnings);

/* Backups as `belay status` shows them. */
void backup_add_health(struct str *out, const struct render *render,
		       const json_t *backups);
/* "3h old, promised every 1d": the newest copy against the promise; without one the reason why there is
 * none. */
void backup_add_age(struct str *out, const json_t *health);
/* What there is to say beside that, or NULL. */
const char *backup_remark(const json_t *health);

#endif
