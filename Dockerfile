# One image per service: docker build --build-arg SERVICE=hello .

# Of all source, what this service runs: its own folder, the contracts of the others, the packages.
FROM node:24-bookworm-slim AS source
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

FROM node:24-bookworm-slim AS dependencies
ARG SERVICE
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --workspace "services/$SERVICE" \
 && rm package-lock.json .npmrc

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app ./
COPY --from=source /app ./
# All of it belongs to root: the service can read its code, not change it.
USER node
EXPOSE 3000 9000
# Of the admin port, which only says ready when the service may get traffic.
HEALTHCHECK --interval=10s --timeout=3s --retries=3 --start-period=30s --start-interval=500ms \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT ?? 9000}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself and no npm, so that SIGTERM reaches it. main.ts is a link to the service's own.
CMD ["node", "--conditions=@parley/source", "--disable-warning=ExperimentalWarning", "main.ts"]
