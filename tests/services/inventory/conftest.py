"""The inventory's services and tables; ids are a test's own, so tests share both."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from ..process import ServiceProcess
from .fleet import SERVICES, SUPPLIER, Fleet, create_tables


@pytest.fixture(scope="session")
def tables(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The endpoint, with the tables."""
    create_tables(endpoint, tmp_path_factory.mktemp("inventory-tables"))
    return endpoint


@pytest.fixture(scope="module")
def services(tables: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ServiceProcess]]:
    """The four services, which all tests of a module use.

    They ask for changes all the time: beside all other tests of a run, that would take a third of a core.
    """
    fleet = Fleet(tmp_path_factory.mktemp("inventory"), tables)
    try:
        yield {name: fleet.start(name) for name in SERVICES}
    finally:
        fleet.close()


@pytest.fixture
def proveedor(services: dict[str, ServiceProcess]) -> ServiceProcess:
    """The suppliers."""
    return services["proveedor"]


@pytest.fixture
def orden_compra(services: dict[str, ServiceProcess]) -> ServiceProcess:
    """The purchase orders."""
    return services["orden-compra"]


@pytest.fixture
def ingreso(services: dict[str, ServiceProcess]) -> ServiceProcess:
    """The goods receipts."""
    return services["ingreso-inventario"]


@pytest.fixture
def movimiento(services: dict[str, ServiceProcess]) -> ServiceProcess:
    """The stock."""
    return services["movimiento-inventario"]


@pytest.fixture
def supplier(proveedor: ServiceProcess) -> str:
    """The id of a supplier."""
    reply = proveedor.http.post("/proveedor", json=SUPPLIER)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


@pytest.fixture
def product() -> Callable[[], str]:
    """Makes codes of products."""
    return lambda: f"P-{uuid.uuid4().hex[:12]}"
