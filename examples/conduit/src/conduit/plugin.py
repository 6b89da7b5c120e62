"""What Conduit itself tells the plugins: its migrations, its first rows, its format of errors."""

from pathlib import Path

from glueful_errors import ProblemRenderer
from glueful_hookspecs import Plugin, hookimpl
from glueful_orm import MigrationSource, Seeder


class ConduitPlugin(Plugin):
    """The application as a plugin of itself."""

    @hookimpl
    def glueful_migrations(self) -> MigrationSource:
        """The tables of ``models.py``."""
        return MigrationSource("conduit", Path(__file__).parent / "migrations", models="conduit.models")

    @hookimpl
    def glueful_seeders(self) -> Seeder:
        """Something to read."""
        from .seeds import plant

        return Seeder("conduit", plant)

    @hookimpl
    def glueful_problem_renderer(self) -> ProblemRenderer:
        """RealWorld's format."""
        from .errors import RealWorldRenderer

        return RealWorldRenderer()
