"""Numbers about related rows: one grouped statement for each relation and function."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..engines import ROUTER
from ..model.codecs import decoder
from ..model.plan import plan_of

if TYPE_CHECKING:
    from ..model.model import Model
    from .clauses import Refinement


class Aggregate(NamedTuple):
    """A function of the related rows of each row."""

    relation: str
    function: str
    """``COUNT``, ``EXISTS``, ``SUM``, ``MIN`` or ``MAX``."""
    column: str | None
    """Attribute of the target; None for ``COUNT`` and ``EXISTS``."""
    refine: "Refinement | None"

    @property
    def attribute(self) -> str:
        """Where the rows keep the result."""
        suffix = f"_{self.column}" if self.column else ""
        return f"{self.relation}_{self.function.lower()}{suffix}"


async def add_aggregates(model: "type[Model]", rows: "Sequence[Model]", aggregates: Sequence[Aggregate]) -> None:
    """Set the attributes of aggregates on rows of a model."""
    engine = ROUTER.engine
    for aggregate in aggregates:
        relation = model.__relations__[aggregate.relation]
        query, key = relation.source(aggregate.refine)
        target = plan_of(relation.target, engine.dialect)
        owners = list({row.__dict__[relation.local_name] for row in rows} - {None})
        query = query.where_member(key, owners)
        value = f"{aggregate.function}({target.quoted[aggregate.column]})" if aggregate.column else "COUNT(*)"
        mark = "+" if engine.dialect == "sqlite" else ""
        sql, values = query.sql(f"{mark}{key}, {value}", is_ordered=False)
        found = await engine.fetch(f"{sql} GROUP BY {key}", values)
        decode_key = relation.decoder()
        decode = target.decoders.get(aggregate.column or "")
        if aggregate.function == "SUM" and aggregate.column:
            decode = decoder(target.columns[aggregate.column], engine.dialect)
        results: dict[Any, Any] = {}
        for owner, result in found:
            owner_key = owner if decode_key is None or owner is None else decode_key(owner)
            results[owner_key] = result if decode is None or result is None else decode(result)
        missing: Any = {"COUNT": 0, "EXISTS": 0, "SUM": 0}.get(aggregate.function)
        for row in rows:
            result = results.get(row.__dict__[relation.local_name], missing)
            row.__dict__[aggregate.attribute] = bool(result) if aggregate.function == "EXISTS" else result
