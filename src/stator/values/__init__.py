"""Attribute values: their checks, numbers, sizes, order, and the ordered bytes of keys.

A value in memory is its DynamoDB JSON, a dict with one member such as `{"S": "x"}`. Once normalised, its
texts are canonical, so the JSON of the dict is at once what is stored and what is answered.
"""
