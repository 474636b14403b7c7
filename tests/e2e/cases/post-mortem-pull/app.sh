#!/bin/sh
# Brings a version out. What begins with "bad" makes the health check fail, what begins with "leaky" says a secret and fails.
case $BELAY_VERSION in
bad*) printf '[{"path": "^/health", "status": 503, "times": 999}]' >"$SINKS/script.json" ;;
*) rm -f "$SINKS/script.json" ;;
esac
echo "$BELAY_VERSION" >live
case $BELAY_VERSION in
leaky*)
	echo "no access with $API_TOKEN" >&2
	exit 3
	;;
esac
