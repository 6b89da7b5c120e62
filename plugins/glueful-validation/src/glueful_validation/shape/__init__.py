"""The shape of a type: a tree that finds every error in data that msgspec refused, and every rule in data it
accepted."""
