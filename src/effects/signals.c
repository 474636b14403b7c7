/* SIGINT and SIGTERM, counted: the one place with process-wide state, because a signal has no
 * other address. Signal n makes event descriptor n readable for good, so any number of threads
 * can wait for it without taking it away from each other. After the last descriptor the signal's
 * default action applies: somebody who insists that often gets out. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "belay/effects_chain.h"

enum { SIGNALS_MAX = 8 };

static atomic_uint count;
static atomic_bool caught;
static int wake_fds[SIGNALS_MAX];

static void on_signal(int number)
{
	int saved_errno = errno;
	unsigned before = atomic_fetch_add(&count, 1);
	if (before < SIGNALS_MAX) {
		/* eventfd(2): adds to a counter; readable while that is not zero. */
		uint64_t one = 1;
		ssize_t ignored = write(wake_fds[before], &one, sizeof one);
		(void)ignored;
	} else {
		signal(number, SIG_DFL);
		raise(number);
	}
	errno = saved_errno;
}

void effects_catch_signals(void)
{
	if (atomic_exchange(&caught, true))
		return;
	for (size_t i = 0; i < SIGNALS_MAX; i++)
		wake_fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

unsigned signals_count(void)
{
	return atomic_load(&count);
}

int signals_wake_fd(unsigned acknowledged)
{
	return atomic_load(&caught) && acknowledged < SIGNALS_MAX ? wake_fds[acknowledged]
								  : -1;
}
