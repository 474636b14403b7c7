#include "belay/effects.h"
#include <jansson.h>
#	include <curl/curl.h>
#include "domain/plan.h"
#include "../domain/plan.h"
