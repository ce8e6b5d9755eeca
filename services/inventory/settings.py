"""The settings of the services. The document has two sets of variables for the database, and both stay."""

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
    whole,
)

HERE = Path(__file__).parent


@dataclass(frozen=True)
class _Settings:
    """What every service is told by its environment."""

    port: int | None = variable("PORT", default=None, parse=port)
    # `inside`: the process that answers requests follows the streams too. `apart`: another one does.
    projectors: str = variable("PROJECTORS", default="inside", parse=one_of("inside", "apart"))
    poll_milliseconds: int = variable("PROJECTOR_POLL_MILLISECONDS", default=500, parse=whole(10, 60_000))
    server: ServerSettings = group(ServerSettings)


@dataclass(frozen=True)
class DynamodbVariables(_Settings):
    """The set of movimiento-inventario and ingreso-inventario."""

    database: DatabaseSettings = group(
        DatabaseSettings,
        endpoint="DYNAMODB_ENDPOINT_URL",
        region="DYNAMODB_REGION",
        access_key="DYNAMODB_ACCESS_KEY",
        secret_key="DYNAMODB_SECRET_KEY",  # noqa: S106  # the name of a variable
        session_token="DYNAMODB_SESSION_TOKEN",  # noqa: S106
    )


@dataclass(frozen=True)
class AwsVariables(_Settings):
    """The set of orden-compra and proveedor, and of the administrator's commands: AWS's own."""

    database: DatabaseSettings = group(DatabaseSettings, endpoint="AWS_ENDPOINT_URL")


Settings = DynamodbVariables | AwsVariables


def load(schema: type[Settings]) -> Settings:
    """The settings of this process: its environment, over a `.env` file here. Raises SettingsError."""
    return read(schema, environment(HERE))
