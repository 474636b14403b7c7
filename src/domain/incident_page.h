/* Parts of an incident as Markdown, for its own page and for its post-mortem. Private to src/domain.
 * Lines end in a newline, what stands within a line does not. */
#ifndef BELAY_DOMAIN_INCIDENT_PAGE_H
#define BELAY_DOMAIN_INCIDENT_PAGE_H

#include "belay/incident.h"

/* A table, a list, a checklist; lines. */
void page_add_evidence(struct str *out, const json_t *incident);
void page_add_timeline(struct str *out, const json_t *incident);
void page_add_todo(struct str *out, const json_t *incident);
/* "api, web"; "3h 5m", until now while it is open. */
void page_add_services(struct str *out, const json_t *incident);
void page_add_duration(struct str *out, const json_t *incident, int64_t now_ms);

#endif
