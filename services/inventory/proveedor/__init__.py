"""The suppliers (proveedores)."""
