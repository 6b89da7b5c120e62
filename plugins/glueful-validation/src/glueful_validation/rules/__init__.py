"""The rules that come with the package."""
