"""Metrics: what was measured, minute by minute, and how it is asked for."""
