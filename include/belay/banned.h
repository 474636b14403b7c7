/* room: base
 * Functions that do not compile in src/. The build puts this header in front of every source file.
 *
 * Each is easy to get wrong and has a better one in reach:
 *     strcpy strcat strncpy sprintf   str_append and friends (belay/str.h), snprintf
 *     strtok                          strchr, strcspn
 *     atoi                            strtol with its error looked at
 *     gmtime localtime                belay/timefmt.h: no static storage, no local time zone
 *     system popen                    the process effect: arguments as a list, no shell in between
 *     getenv                          the environment effect; only src/platform/env.c reads it
 *
 * The headers that declare them come first, so that only a call is an error.
 */
#ifndef BELAY_BANNED_H
#define BELAY_BANNED_H

#ifndef BELAY_MAY_USE_BANNED

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef sprintf
#undef strtok
#undef atoi
#undef gmtime
#undef localtime
#undef system
#undef popen
#undef getenv

#define strcpy(...) sorry_strcpy_is_banned_see_banned_h()
#define strcat(...) sorry_strcat_is_banned_see_banned_h()
#define strncpy(...) sorry_strncpy_is_banned_see_banned_h()
#define sprintf(...) sorry_sprintf_is_banned_see_banned_h()
#define strtok(...) sorry_strtok_is_banned_see_banned_h()
#define atoi(...) sorry_atoi_is_banned_see_banned_h()
#define gmtime(...) sorry_gmtime_is_banned_see_banned_h()
#define localtime(...) sorry_localtime_is_banned_see_banned_h()
#define system(...) sorry_system_is_banned_see_banned_h()
#define popen(...) sorry_popen_is_banned_see_banned_h()
#define getenv(...) sorry_getenv_is_banned_see_banned_h()

#endif
#endif
