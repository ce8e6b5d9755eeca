"""The purchase orders (órdenes de compra)."""
