/* SIGINT, SIGTERM and SIGHUP, counted: the one place with process-wide state, because a signal has no
 * other address. Signal n makes event descriptor n readable for good, so any number of threads
 * can wait for it without taking it away from each other. After the last descriptor the signal's
 * default action applies: somebody who insists that often gets out. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "belay/effects_chain.h"

enum { SIGNALS_MAX = 8 };

static atomic_uint count;
static atomic_bool caught;
static int wake_fds[SIGNALS_MAX];

/* The line that is gone is told of by the shell, by the kernel and by service managers behind a SIGTERM: none of that is
 * somebody who insists. So a hangup counts when it is the first of all signals. */
static bool is_news(int number, unsigned *ret_before)
{
	*ret_before = 0;
	if (number == SIGHUP)
		return atomic_compare_exchange_strong(&count, ret_before, 1);
	*ret_before = atomic_fetch_add(&count, 1);
	return true;
}

static void on_signal(int number)
{
	int saved_errno = errno;
	unsigned before;
	if (!is_news(number, &before))
		return;
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
	/* Who ignores it before we begin (nohup) wants us to go on without a terminal. */
	struct sigaction hangup;
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
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
