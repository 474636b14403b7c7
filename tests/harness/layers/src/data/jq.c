#include <jq.h>
#include <oniguruma.h>
