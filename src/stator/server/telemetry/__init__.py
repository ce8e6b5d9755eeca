"""What a server tells those who run it: logs, slow requests, metrics for Prometheus, traces."""
