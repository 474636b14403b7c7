#include "belay/effects.h"
#include "domain/plan.h"
