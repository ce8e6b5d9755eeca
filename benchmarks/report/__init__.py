"""From results to what people read: `figures` derives, `table` writes, `plot` and `percentiles` draw."""
