"""The load generator: wrk, a Lua script per workload. One in Python would be slower than what it measures."""
