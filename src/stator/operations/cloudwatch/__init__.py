"""CloudWatch's operations: metrics, and the alarms on them."""
