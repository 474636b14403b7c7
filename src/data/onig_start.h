/* room: data
 * Oniguruma must be started once before several threads use it, libjq's use included. */
#ifndef BELAY_DATA_ONIG_START_H
#define BELAY_DATA_ONIG_START_H

/* Safe to call from any thread, any number of times. */
void onig_start(void);

#endif
