"""The kinds of resources that are made: what their properties mean, and how they are read and changed."""
