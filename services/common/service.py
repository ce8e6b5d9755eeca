"""A process of a service: its logs, traces and database, set up in one step."""

from typing import Any, Protocol

from services.common import logs, telemetry
from services.common.dynamodb import Database, connect
from services.common.settings import DatabaseSettings, ServerSettings, secrets_of


class ServiceSettings(Protocol):
    """What the settings of each service have."""

    @property
    def database(self) -> DatabaseSettings:
        """Where the database is."""
        ...

    @property
    def server(self) -> ServerSettings:
        """Where it listens and what it logs."""
        ...


def prepare(name: str, settings: ServiceSettings) -> Database:
    """Set up the logs and traces of this process, and connect to the database. Raises SettingsError."""
    anything: Any = settings
    logs.configure(name, settings.server, secrets_of(anything))
    return connect(settings.database, *telemetry.observers(name, settings.server))
