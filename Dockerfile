# One image per service: docker build --build-arg SERVICE=hello .

# The newest release of this major version, so that a build has its security fixes. CI builds where no image registry is reached and
# this tag alone is there. An exact release, such as the one that `npm ci` installs for tests: --build-arg NODE_VERSION=24.21.0
ARG NODE_VERSION=24
FROM node:${NODE_VERSION}-bookworm-slim AS base

# Of all source, what this service runs: its own folder, the contracts of the others, the packages.
FROM base AS source
ARG SERVICE
WORKDIR /app
COPY packages packages
COPY services services
RUN test -f "services/${SERVICE:?which service?}/main.ts" \
 && find services -type f ! -path "services/$SERVICE/*" ! -name contract.ts ! -name package.json -delete \
 && find services -type d -empty -delete \
 && ln -s "services/$SERVICE/main.ts" main.ts

# A copy from here is compared by content, so that a change to source alone doesn't install again.
FROM source AS manifests
RUN find . \( -type f -o -type l \) ! -name package.json -delete && find . -type d -empty -delete

FROM base AS dependencies
ARG SERVICE
WORKDIR /app
# TypeScript is an optional peer of valibot, and no service needs it to run.
COPY package.json package-lock.json .npmrc ./
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --omit=optional --workspace "services/$SERVICE" \
 && rm package-lock.json .npmrc

FROM base AS application
# Node sizes its young generation by the container's memory: of 256 MB it gets 1 MiB. With that a busy service
# takes 1.8 times the CPU. 8 MiB cost 15 MB at rest. Keep it in a NODE_OPTIONS of your own.
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=8
WORKDIR /app
COPY --from=dependencies /app ./
COPY --from=source /app ./
COPY container/check-health.sh ./
# All of it belongs to root: the service can read its code, not change it.
USER node

# Runs once until it is ready, for the compiled code: with it a start takes half of the CPU. A service that wants other
# variables than these ends at once, with its modules compiled all the same.
FROM application AS compiled
ENV NODE_COMPILE_CACHE=/tmp/compile-cache HOST=127.0.0.1 DRAIN_DELAY_MS=0 DATA_DIR=/tmp/data
RUN export GREETINGS_URL=http://127.0.0.1:1 HELLO_URL=http://127.0.0.1:1 \
 && { node --conditions=@parley/source --disable-warning=ExperimentalWarning main.ts & service=$!; } \
 && for try in $(seq 300); do kill -0 $service && ! bash check-health.sh || break; sleep 0.1; done \
 && { kill $service; wait $service; chmod -R a+rX /tmp/compile-cache; }

FROM application
COPY --from=compiled --chown=root:root /tmp/compile-cache .compile-cache
# Good for the user `node`: Node keeps the code of each user apart, and another one starts without.
ENV NODE_COMPILE_CACHE=/app/.compile-cache
EXPOSE 3000 9000
# Healthy is what may get traffic. What hangs is killed: see the script. It needs `--init` (`init: true`) for that.
HEALTHCHECK --interval=10s --timeout=25s --retries=3 --start-period=30s --start-interval=500ms \
  CMD ["bash", "check-health.sh"]
# Node itself and no npm, so that SIGTERM reaches it. main.ts is a link to the service's own.
CMD ["node", "--conditions=@parley/source", "--disable-warning=ExperimentalWarning", "main.ts"]
