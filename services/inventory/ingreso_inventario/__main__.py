"""`python -m services.inventory.ingreso_inventario`: the goods receipts, on port 5004."""

import sys

from services.inventory.command_line import run
from services.inventory.ingreso_inventario.service import INGRESO_INVENTARIO

if __name__ == "__main__":
    sys.exit(run(INGRESO_INVENTARIO))
