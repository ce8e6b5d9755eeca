"""The expression language: text to tree to closures over items, and the parameters that came before it.

The entry points are `condition.condition`, `update.update`, `projection.projection`,
`key_condition.key_condition` and the translations in `legacy`. Each takes a text and the request's
`bind.Bindings` and gives a program of plain Python closures, paired with the request's values.
"""
