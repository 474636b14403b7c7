#include <jq.h>
#include <http_parser.h>
