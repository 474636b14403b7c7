/* Starting Oniguruma. Its own lazy start sets a plain flag, which two threads may race for; the
 * pthread_once below is the one mutable global of this room, and exists to remove that one. */
#include "onig_start.h"

#include <oniguruma.h>
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
	OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
	onig_initialize(encodings, 1);
}

void onig_start(void)
{
	pthread_once(&once, start);
}
