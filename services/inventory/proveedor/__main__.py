"""`python -m services.inventory.proveedor`: the suppliers, on port 5003."""

import sys

from services.inventory.command_line import run
from services.inventory.proveedor.service import PROVEEDOR

if __name__ == "__main__":
    sys.exit(run(PROVEEDOR))
