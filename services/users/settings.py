"""The settings of the service: which environment it serves, and in which region."""

from dataclasses import dataclass
from pathlib import Path

from services.common.settings import (
    DatabaseSettings,
    ServerSettings,
    environment,
    group,
    one_of,
    port,
    read,
    variable,
)
from services.users.tables import ENVIRONMENTS, table_name

HERE = Path(__file__).parent
REGION = "ap-southeast-1"


@dataclass(frozen=True)
class Settings:
    """What the service is told by its environment."""

    environment: str = variable("KONEKSI_ENVIRONMENT", default="staging", parse=one_of(*ENVIRONMENTS))
    port: int = variable("PORT", default=5020, parse=port)
    database: DatabaseSettings = group(DatabaseSettings, defaults={"region": REGION})
    server: ServerSettings = group(ServerSettings)

    @property
    def table(self) -> str:
        """The name of the table."""
        return table_name(self.environment)


def load() -> Settings:
    """The settings of this process: its environment, over a `.env` file."""
    return read(Settings, environment(HERE))
