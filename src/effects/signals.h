/* SIGINT, SIGTERM and SIGHUP (unless it was ignored when we began, as nohup does it), counted. Private to src/effects.
 *
 * Each signal cancels what is going on at that moment; whoever tidies up acknowledges the signals
 * seen so far and works on until the next one.
 */
#ifndef BELAY_EFFECTS_SIGNALS_H
#define BELAY_EFFECTS_SIGNALS_H

/* Signals so far in this process. */
unsigned signals_count(void);

/* A descriptor that is readable once more than `acknowledged` signals have come; never read it.
 * -1 when signals are not caught, or when so many came that the next one ends the process. */
int signals_wake_fd(unsigned acknowledged);

#endif
