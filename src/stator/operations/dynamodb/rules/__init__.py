"""What operations on tables refuse, as ordered data: one module per operation, and what they share."""
