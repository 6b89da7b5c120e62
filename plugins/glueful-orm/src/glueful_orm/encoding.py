"""How models leave: Litestar's encoder for them, and their schema in OpenAPI."""

from typing import Any

from litestar.config.app import AppConfig
from litestar.plugins import InitPlugin

from .model.model import Model


class ModelEncoding(InitPlugin):
    """Models that handlers return are encoded without their hidden columns."""

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Register the encoder."""
        app_config.type_encoders = {Model: encode_model, **(app_config.type_encoders or {})}
        return app_config


def encode_model(model: Model) -> dict[str, Any]:
    """What may leave of a model; for ``msgspec.json.encode(enc_hook=…)`` as well."""
    return model.visible()
