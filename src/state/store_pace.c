/* How long a store waits: for its turn among others who write, and for a remote that fails to answer.
 *
 * Nobody knows how many others there are, and only the one who pushes learns anything. Three rules
 * give 32 writers who never pause the throughput of a random access channel (e tries for a push) and
 * nobody a wait without end:
 *   - waits are measured in pushes, so that two writers on a disk hardly wait and a crowd on a slow
 *     remote does not keep trying in vain;
 *   - who has lost often waits less, plain exponential back-off lets losers starve;
 *   - who has just written does not write again before others had a chance: the winner needs no
 *     fetch, and without this it wins every time.
 */
#include "store_parts.h"

#define SPAN_PUSHES 16 /* the first span has room for so many pushes as the last one */
#define SPAN_MIN_MS 20
#define SPAN_FIRST_MAX_MS 4000
#define SPAN_MAX_MS 16000
#define VETERAN_TRIES 6 /* after so many the span is half as long … */
#define TRIES_MAX 16    /* … and after so many it shrinks no more */
#define GAP_PUSHES 3    /* between two appends of one store; others read and push in it */
#define URGENT_APPENDS 2 /* never wait: a plain deployment has two, the last in a hurry */
#define HASTY_APPENDS 6  /* do not wait where nobody else was met: who tells has more */

#define OUTAGE_FIRST_MS 250
#define OUTAGE_DOUBLINGS 5
#define PATIENCE_MS 60000
#define PATIENCE_PER_LEASE 3 /* a renewal begins after one third and must leave one */

static int64_t span_ms(int tries, int64_t push_ms)
{
	const int64_t veteran = VETERAN_TRIES * VETERAN_TRIES;
	int64_t span = push_ms * SPAN_PUSHES;
	int64_t max_ms = SPAN_FIRST_MAX_MS;
	if (span < SPAN_MIN_MS)
		span = SPAN_MIN_MS;
	if (tries > 1) { /* more than two are here */
		span *= 2;
		max_ms = SPAN_MAX_MS;
	}
	if (span > max_ms)
		span = max_ms;
	if (tries > TRIES_MAX)
		tries = TRIES_MAX;
	return span * veteran / (veteran + (int64_t)tries * tries);
}

/* Half of the span to one and a half of it. */
static int64_t jittered_ms(struct store *store, int64_t span)
{
	return span / 2 + (int64_t)(effects_random(store->fx) % (uint64_t)(span + 1));
}

int64_t store_pace_lost(struct store *store, int tries, int64_t push_ms)
{
	return jittered_ms(store, span_ms(tries, push_ms));
}

void store_pace_won(struct store *store, int tries, int64_t now_ms, int64_t push_ms)
{
	struct store_pace *pace = &store->pace;
	pace->appends++;
	pace->pushed_mono_ms = now_ms;
	pace->push_ms = push_ms;
	if (tries > 1)
		pace->crowd = tries - 1;
	else if (pace->crowd > 0)
		pace->crowd--;
}

bool store_pace_before(struct store *store, int64_t *ret_nap_ms)
{
	const struct store_pace *pace = &store->pace;
	int64_t gap_ms = pace->push_ms * GAP_PUSHES;
	*ret_nap_ms = 0;
	if (pace->appends < URGENT_APPENDS)
		return pace->crowd > 0;
	if (pace->appends < HASTY_APPENDS && pace->crowd == 0)
		return false;
	if (gap_ms > SPAN_FIRST_MAX_MS)
		gap_ms = SPAN_FIRST_MAX_MS;
	if (pace->crowd > 0)
		gap_ms = jittered_ms(store, 2 * span_ms(pace->crowd, pace->push_ms));
	*ret_nap_ms = pace->pushed_mono_ms + gap_ms - effects_mono_ms(store->fx);
	return pace->crowd > 0;
}

/* --- outages ------------------------------------------------------------------------------- */

/* Passes by itself, and what was asked may be asked again. */
static bool is_outage(const struct err *err)
{
	return err->code == ERR_NET || err->code == ERR_TIMEOUT;
}

static int64_t patience_ms(const struct store *store)
{
	const struct config_environment *environment =
		config_environment(store->config, store->environment);
	int64_t third_ms =
		environment ? environment->lease_ms / PATIENCE_PER_LEASE : PATIENCE_MS;
	return third_ms < PATIENCE_MS ? third_ms : PATIENCE_MS;
}

int store_outage_wait(struct store *store, struct store_outage *outage, struct err *err)
{
	struct err cancelled = {0};
	if (!is_outage(err))
		return -1;
	int64_t now_ms = effects_mono_ms(store->fx);
	int doublings =
		outage->tries < OUTAGE_DOUBLINGS ? outage->tries : OUTAGE_DOUBLINGS;
	if (outage->tries++ == 0)
		outage->began_ms = now_ms;
	int64_t left_ms = outage->began_ms + patience_ms(store) - now_ms;
	if (left_ms <= 0 || err->retry_after_ms > left_ms) {
		if (outage->tries > 1)
			err_wrap(err, "tried %d times in %lld s", outage->tries,
				 (long long)((now_ms - outage->began_ms) / 1000));
		return -1;
	}
	int64_t nap_ms = jittered_ms(store, (int64_t)OUTAGE_FIRST_MS << doublings);
	if (nap_ms < err->retry_after_ms)
		nap_ms = err->retry_after_ms;
	if (effects_sleep(store->fx, nap_ms < left_ms ? nap_ms : left_ms, &cancelled) ==
	    0)
		return 0;
	err_wrap(err, "%s", cancelled.message);
	err->code = cancelled.code;
	return -1;
}
