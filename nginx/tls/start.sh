#!/bin/sh
# nginx with TLS to the services. The same files, those of local/ too, where every `proxy_pass http:` is one by https: so
# there is one list of routes. nginx takes no variable for the scheme of an upstream that is shared by name.
set -eu
rm -rf /tmp/nginx
cp -R /etc/nginx /tmp/nginx
cp /tmp/nginx/tls/listen.conf /tmp/nginx/listen.conf
# Where clients outside of the container find TLS.
sed -i "s|https_port 8443|https_port ${HTTPS_PORT:-8443}|" /tmp/nginx/listen.conf
find /tmp/nginx -name '*.conf' -exec sed -i 's|proxy_pass http:|proxy_pass https:|' {} +

# Renewed certificates: nginx reads them when it reloads. While a new pair does not fit together it keeps the old one,
# and says so. $$ is this process, which becomes nginx: Docker's signals go to it alone, and the loop ends with it.
sums() { cksum /run/tls/tls.crt /run/tls/tls.key /run/tls/ca.crt 2>&1 || true; }
known=$(sums)
while sleep 5 && kill -0 $$ 2>/dev/null; do
  now=$(sums)
  [ "$now" = "$known" ] || kill -HUP $$
  known=$now
done &
exec nginx -c /tmp/nginx/nginx.conf -g 'daemon off; pid /tmp/nginx.pid;'
