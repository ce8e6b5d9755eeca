"""Scripts that make files of this repository; each says in its docstring what it makes and from what."""
