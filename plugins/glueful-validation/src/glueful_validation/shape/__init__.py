"""The shape of a type: finds every error in data that msgspec refused, and every rule in data that it accepted."""
