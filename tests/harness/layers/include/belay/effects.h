/* room: effects */
#include <jansson.h>
#include <curl/curl.h>
