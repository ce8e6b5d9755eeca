"""Alarms: their definitions and states, how they are evaluated, and what is done when a state changes."""
