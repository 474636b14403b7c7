#include "belay/effects.h"
#include "platform/http.h"
