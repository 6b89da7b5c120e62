"""Why the health report cannot be made."""

from glueful_hookspecs import GluefulError


class HealthCheckNameTaken(GluefulError):
    """Two plugins contribute health checks of one name: one of them would never be seen."""

    code = "health.name_taken"

    def __init__(self, name: str, owner: str, plugin: str) -> None:
        self.name, self.owner, self.plugin = name, owner, plugin
        super().__init__(
            what=f"{plugin} contributes the health check {name}, which {owner} contributes already",
            fix=f"glueful serve --without {plugin}   and ask its author to name it {plugin}.…",
        )
