"""`python -m services.inventory.movimiento_inventario`: the stock, on port 5001."""

import sys

from services.inventory.command_line import run
from services.inventory.movimiento_inventario.service import MOVIMIENTO_INVENTARIO

if __name__ == "__main__":
    sys.exit(run(MOVIMIENTO_INVENTARIO))
