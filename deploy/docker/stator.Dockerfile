# Stator, the database. Build at the top of the repository:
#   docker build -f deploy/docker/stator.Dockerfile -t stator:0.1.0 .
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/stator && /opt/stator/bin/pip install --no-cache-dir .

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
