"""Auto scaling: what is to be kept at which utilization, when that asks for a change, and what was done.

Nothing here changes a table. What a decision comes to is carried out by `stator.operations.autoscaling`.
"""
