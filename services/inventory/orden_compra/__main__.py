"""`python -m services.inventory.orden_compra`: the purchase orders, on port 5002."""

import sys

from services.inventory.command_line import run
from services.inventory.orden_compra.service import ORDEN_COMPRA

if __name__ == "__main__":
    sys.exit(run(ORDEN_COMPRA))
