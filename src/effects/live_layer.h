/* What the decorators above live share with it. Private to src/effects. */
#ifndef BELAY_EFFECTS_LIVE_LAYER_H
#define BELAY_EFFECTS_LIVE_LAYER_H

#include "layer.h"

/* The registry of secrets of a live layer; borrowed, lives as long as the layer. */
struct secrets *live_secrets(struct effects_layer *layer);

#endif
