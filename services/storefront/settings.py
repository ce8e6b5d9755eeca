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
    whole,
)

HERE = Path(__file__).parent
VIEW_SHARDS_MAX = 100


@dataclass(frozen=True)
class Settings:
    """What the service is told by its environment."""

    products_table: str = variable("DYNAMODB_TABLE", default="products")
    sessions_table: str = variable("SESSIONS_TABLE", default="sessions")
    port: int = variable("PORT", default=5010, parse=port)
    # Where long descriptions are; made if it is not there.
    descriptions: str = variable("DESCRIPTIONS_FOLDER", default="descriptions")
    # How long a session lives after it was last changed.
    session_seconds: int = variable("SESSION_SECONDS", default=86_400, parse=whole(1, 31_536_000))
    # Over how many items the views of a product are spread. It may grow, but not shrink.
    view_shards: int = variable("VIEW_SHARDS", default=10, parse=whole(1, VIEW_SHARDS_MAX))
    database: DatabaseSettings = group(DatabaseSettings)
    server: ServerSettings = group(ServerSettings)


def load() -> Settings:
    """The settings of this process: its environment, over a `.env` file here."""
    return read(Settings, environment(HERE))
