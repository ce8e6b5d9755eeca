"""The ground floor: errors, limits, the clock and identifiers. It imports nothing of Stator."""
