#!/usr/bin/env bash
# Succeeds when the process of this container is ready. In bash, because a Node that starts every few seconds in every
# container slows the services down.
set -eu
exec 3<>"/dev/tcp/127.0.0.1/${WINNOW_METRICS_ADDRESS##*:}"
printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3
read -r -t 3 _ code _ <&3
[ "$code" = 200 ]
