"""The stock and its movements (movimientos de inventario)."""
