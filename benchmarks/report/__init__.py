"""From results to what people read: `figures` derives, `expectations` judges, `table` and `plot` show."""
