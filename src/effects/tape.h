/* The format of tapes, version 1. Private to src/effects.
 *
 * JSON lines. First the header: {"belay_tape": 1, …} with whatever the caller adds. Then one line
 * for each effect, in the order in which they ended:
 *
 *     {"lane", "n", "kind", "mode": "observe" | "act", "subject", "args", "answer"}
 *     {"lane", "n", "kind", "mode", "subject", "args", "error": {"code", "message", "hint", "errno"}}
 *
 * where n counts within a lane from 1. Last {"end": number of effects}: without it the run that
 * wrote the tape did not come to its end. Secrets are masked as "***" before they get here, in
 * arguments too; such a mask matches any text.
 */
#ifndef BELAY_EFFECTS_TAPE_H
#define BELAY_EFFECTS_TAPE_H

#include "belay/effects.h"

enum { TAPE_VERSION = 1 };

static inline const char *tape_mode(enum effect_mode mode)
{
	return mode == EFFECT_ACT ? "act" : "observe";
}

#endif
