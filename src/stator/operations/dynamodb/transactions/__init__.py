"""TransactWriteItems and TransactGetItems, and conflicts with them."""
