"""The tables of users, `koneksi-<environment>-users`: one item for each user, by its id.

    id   name   email

Each is encrypted by KMS and recoverable to a point in time; production's is protected from deletion.
"""

from typing import Final

from services.common.tables import Key, Table

ENVIRONMENTS: Final = ("staging", "uat", "prod")
PROTECTED: Final = frozenset({"prod"})
KEY = Key(("id", "S"))


def table_name(environment: str) -> str:
    """The name of an environment's table."""
    return f"koneksi-{environment}-users"


def table(environment: str) -> Table:
    """The table of an environment."""
    return Table(
        table_name(environment),
        KEY,
        encrypted_by_kms=True,
        deletion_protected=environment in PROTECTED,
    )
