/* What services say about a failure, folded to its last lines. Private to src/render. */
#ifndef BELAY_RENDER_LOGS_H
#define BELAY_RENDER_LOGS_H

#include "belay/render.h"

/* `logs`: [{service, title, text}], or NULL. --verbose shows all of it. */
void logs_add(struct str *out, const struct render *render, const json_t *logs);

#endif
