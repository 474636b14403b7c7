/* Marks and colours shared by the renderers. Private to src/render. */
#ifndef BELAY_RENDER_INK_H
#define BELAY_RENDER_INK_H

#include "belay/render.h"

/* `safe_text` is taken as it is: ours, or already through render_add_safe(). */
void ink_add(struct str *out, const struct render *render, enum ink ink,
	     const char *safe_text);

/* ✓ ! ✗ ? for an outcome's name (pass, warn, fail, inconclusive, ok, and how a deployment ended);
 * "·" for any other word. */
const char *ink_mark(const char *outcome, enum ink *ret_ink);
void ink_add_mark(struct str *out, const struct render *render, const char *outcome);

#endif
