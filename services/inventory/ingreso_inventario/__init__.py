"""The goods receipts (ingresos de inventario)."""
