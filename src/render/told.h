/* Lines on messages that a run sent, below whatever it did. Private to src/render. */
#ifndef BELAY_RENDER_TOLD_H
#define BELAY_RENDER_TOLD_H

#include "belay/render.h"

/* `told`: [{notification, topic, outcome, reason?}]; NULL adds nothing. */
void told_add(struct str *out, const struct render *render, const json_t *told);

#endif
