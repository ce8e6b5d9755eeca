# The services, one image for all: the arguments are a service's module and its command, such as
# `services.inventory.proveedor serve`. Build at the top of the repository:
#   docker build -f deploy/docker/services.Dockerfile -t stator-services:0.1.0 .
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml ./
# What the services stand on, without Stator: they speak to any endpoint.
RUN python -c "import tomllib; extra = tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']; print(*extra['services'], sep='\n')" > requirements.txt \
    && python -m venv /opt/services && /opt/services/bin/pip install --no-cache-dir -r requirements.txt

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin services
COPY --from=build /opt/services /opt/services
WORKDIR /srv
COPY services ./services
USER 10001:10001
ENV HOST=0.0.0.0 PYTHONDONTWRITEBYTECODE=1
EXPOSE 3000 4000 5001 5002 5003 5004 5010 5020
ENTRYPOINT ["/opt/services/bin/python", "-m"]
CMD ["services.inventory", "--help"]
