# Stator, the database. Build at the top of the repository:
#   docker build -f deploy/docker/stator.Dockerfile -t stator:0.1.0 .
# The hot modules are compiled, which takes a C compiler; what is served from has none.
FROM python:3.12-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/stator \
    && HATCH_BUILD_HOOK_ENABLE_MYPYC=1 /opt/stator/bin/pip install --no-cache-dir .

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin stator \
    && mkdir /data && chown stator:stator /data
COPY --from=build /opt/stator /opt/stator
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENV STATOR_HOST=0.0.0.0 STATOR_DATA=/data
ENTRYPOINT ["/opt/stator/bin/stator"]
CMD ["serve"]
