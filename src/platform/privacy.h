/* room: platform
 * What this process has in memory stays in memory.
 */
#ifndef BELAY_PLATFORM_PRIVACY_H
#define BELAY_PLATFORM_PRIVACY_H

/* From here on a crash leaves no core file, and other processes of the same user cannot read this
 * one's memory (prctl(2), PR_SET_DUMPABLE): it holds keys and tokens. Programs that we start are not
 * concerned. */
void privacy_keep_memory(void);

#endif
