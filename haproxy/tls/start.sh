#!/bin/sh
# HAProxy with TLS to clients and services, by docker-compose.haproxy.tls.yml.
set -eu
# Renewed certificates: HAProxy reads them when it reloads. While a new pair does not fit together it keeps the old one, and
# says so. $$ is this process, which becomes HAProxy: Docker's signals go to it alone, and the loop ends with it.
sums() { cksum /run/tls/tls.crt /run/tls/tls.key /run/tls/ca.crt 2>&1 || true; }
known=$(sums)
while sleep 5 && kill -0 $$ 2>/dev/null; do
  now=$(sums)
  [ "$now" = "$known" ] || kill -USR2 $$
  known=$now
done &
cd /usr/local/etc/haproxy
exec haproxy -W -db -f tls/tls.cfg -f haproxy.cfg
