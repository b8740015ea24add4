# syntax=docker/dockerfile:1
# segnet-stream as a server:
#   docker build -t segnet-stream .
#   docker build -t segnet-stream:cuda --build-arg BASE=nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 .
#   docker run -p 127.0.0.1:8080:8080 -e SEGNET_STREAM_TOKEN segnet-stream rtsp://camera/stream
# With CUDA, run with --gpus all; the engine takes the GPU by itself where it finds one.
ARG BASE=debian:bookworm-slim
ARG NODE=node:20-bookworm-slim

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev
# npm ci runs no scripts (.npmrc), and this one brings onnxruntime-node's CUDA provider.
ARG BASE
RUN case "$BASE" in *cuda*) ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false ;; esac

FROM ${NODE} AS node

FROM ${BASE}
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates ffmpeg tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --uid 10001 segnet
COPY --from=node /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/model/weights model/weights
COPY --from=build /app/fixtures/clips fixtures/clips
USER segnet
# Inside a container the loopback is nobody's: it listens everywhere, and so needs SEGNET_STREAM_TOKEN.
# Both beat `host` and `port` of a mounted YAML file, as the environment does: change them by -e, or map the port with -p.
ENV NODE_ENV=production SEGNET_STREAM_HOST=0.0.0.0 SEGNET_STREAM_PORT=8080
EXPOSE 8080
# Whether the process answers. /readyz says whether the engine has warmed up, /metrics (segnet_stream_source_up) whether cameras are up.
# Token, certificate and YAML are read once: restart the container after a change (SIGHUP stops it).
# Of plain HTTP: with --tls-cert, run with --no-healthcheck or one of your own.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.SEGNET_STREAM_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# tini reaps and passes signals on; a stop finishes recordings, which may take a few seconds.
ENTRYPOINT ["tini", "--", "node", "dist/pipeline/cli.js", "serve"]
