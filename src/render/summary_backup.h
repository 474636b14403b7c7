/* Pages of the step summary on backups. Private to src/render. */
#ifndef BELAY_RENDER_SUMMARY_BACKUP_H
#define BELAY_RENDER_SUMMARY_BACKUP_H

#include "belay/render.h"

void summary_add_backup(struct str *out, const struct summary *summary);
void summary_add_backup_list(struct str *out, const struct summary *summary);
void summary_add_backup_verify(struct str *out, const struct summary *summary);
void summary_add_backup_restore(struct str *out, const struct summary *summary);
void summary_add_backup_forget(struct str *out, const struct summary *summary);
void summary_add_backup_drill(struct str *out, const struct summary *summary);
/* A section of the page on the state. */
void summary_add_backup_health(struct str *out, const json_t *backups);

#endif
