# Two images with the same binary.
#
#   action    FROM scratch: the binary and a CA bundle, nothing else. What action.yml names. The last stage, so that a build
#             without a target (action/action.yml: the runner builds it) gives this one.
#   toolbox   Debian slim with a shell, git and an SSH client: for services with `driver: command`. What toolbox/action.yml
#             names.
#
# BINARY=build compiles everything in here, third-party libraries included (a few minutes); BINARY=prebuilt takes
# build/release/belay from the context. VERSION is what `belay version` says (there is no .git in the context). scripts/image
# builds either with what the machine has: docker, or buildah.
ARG BINARY=build

FROM debian:bookworm-slim AS build
WORKDIR /src
# Alone first: the libraries are built again only when their recipe changes.
COPY scripts/bootstrap scripts/
RUN scripts/bootstrap --build-only
COPY . .
ARG VERSION=
RUN cmake --preset release -DBELAY_TESTS=OFF -DBELAY_VERSION="$VERSION" \
	&& cmake --build --preset release --target belay

FROM debian:bookworm-slim AS prebuilt
RUN apt-get -qq update \
	&& apt-get -qq install -y --no-install-recommends ca-certificates \
	&& rm -rf /var/lib/apt/lists/*
COPY build/release/belay /src/build/release/belay

# What both images hold. /belay-post is the same program: the name it is started by tells the end of a job from the step.
FROM ${BINARY} AS files
RUN install -D -m 755 /src/build/release/belay /files/belay \
	&& ln -s belay /files/belay-post \
	&& install -D -m 644 /etc/ssl/certs/ca-certificates.crt /files/etc/ssl/certs/ca-certificates.crt

FROM debian:bookworm-slim AS toolbox
LABEL org.opencontainers.image.title="belay toolbox" \
	org.opencontainers.image.description="Deploy with a safety line; with a shell for commands" \
	org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get -qq update \
	&& apt-get -qq install -y --no-install-recommends ca-certificates curl git jq openssh-client rsync unzip zstd \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=files /files/belay /files/belay-post /
ENTRYPOINT ["/belay", "action"]

FROM scratch AS action
LABEL org.opencontainers.image.title="belay" \
	org.opencontainers.image.description="Deploy with a safety line: health gates, automatic undo, a record on a git branch" \
	org.opencontainers.image.licenses="Apache-2.0"
COPY --from=files /files/ /
ENTRYPOINT ["/belay", "action"]
