"""The settings of the service, by the variables of its document."""

from dataclasses import dataclass
from pathlib import Path

from services.common.settings import (
    DatabaseSettings,
    ServerSettings,
    environment,
    group,
    port,
    read,
    variable,
)

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Settings:
    """What the service is told by its environment."""

    table: str = variable("DYNAMODB_TABLE_NAME", default="orders")
    port: int = variable("PORT", default=3000, parse=port)
    database: DatabaseSettings = group(DatabaseSettings)
    server: ServerSettings = group(ServerSettings)


def load() -> Settings:
    """The settings of this process: its environment, over a `.env` file here or in `api`."""
    return read(Settings, environment(HERE / "api", HERE))
