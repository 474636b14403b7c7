#include "belay/config.h"
#include "belay/effects.h"
#include "belay/nowhere.h"
#include "plan.h"
#include <stdio.h>
#include <pcre2.h>
