#!/bin/sh
# nginx with TLS to the services. The same files, where every `proxy_pass http:` is one by https: so routes.conf stays the
# only list of routes. nginx takes no variable for the scheme of an upstream that is shared by name.
set -eu
rm -rf /tmp/nginx
cp -R /etc/nginx /tmp/nginx
cp /tmp/nginx/tls/listen.conf /tmp/nginx/listen.conf
sed -i 's|proxy_pass http:|proxy_pass https:|' /tmp/nginx/routes.conf /tmp/nginx/nginx.conf
exec nginx -c /tmp/nginx/nginx.conf -g 'daemon off; pid /tmp/nginx.pid;'
