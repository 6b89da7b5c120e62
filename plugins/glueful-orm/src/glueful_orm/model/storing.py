"""Writing one row: what has changed, and the statements."""

from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..engines import ROUTER
from .errors import KeylessModel, MassAssignmentError, ModelNotFound, StaleModel
from .plan import Plan, default_of, plan_of

if TYPE_CHECKING:
    from .model import Model


class Saved:
    """A stored value in its Python form, kept apart from the attribute so that changes in place are seen."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def plan_for(one: "Model") -> Plan:
    """The plan of a row's model, for the database in use."""
    return plan_of(type(one), ROUTER.engine.dialect)


def original(one: "Model") -> dict[str, Any]:
    """The attributes as they are stored."""
    plan = plan_for(one)
    found = {}
    for name, stored in zip(plan.names, one._stored or (), strict=False):
        decode = plan.decoders.get(name)
        if isinstance(stored, Saved):
            found[name] = stored.value
        else:
            found[name] = stored if decode is None or stored is None else decode(stored)
    return found


def changes(one: "Model") -> dict[str, Any]:
    """Attributes that differ from the stored row, with their new values."""
    plan = plan_for(one)
    if one._stored is None:
        return {name: one.__dict__[name] for name in plan.names}
    changed = {}
    for name, stored in zip(plan.names, one._stored, strict=True):
        value = one.__dict__[name]
        if value is stored:
            continue
        decode = plan.decoders.get(name)
        if isinstance(stored, Saved):
            before = stored.value
        else:
            before = stored if decode is None or stored is None else decode(stored)
        if before != value:
            changed[name] = value
    return changed


def remember(one: "Model") -> None:
    """Keep what was stored, so that changes are seen later, also changes in place."""
    plan = plan_for(one)
    one._stored = tuple(
        Saved(deepcopy(one.__dict__[name])) if name in plan.decoders else one.__dict__[name] for name in plan.names
    )


async def insert(one: "Model") -> None:
    """Insert a row; its generated key becomes known."""
    plan = plan_for(one)
    values = [plan.encode(name, one.__dict__[name]) for name in plan.inserted]
    rows = await ROUTER.engine.fetch(plan.insert, values)
    if plan.key and plan.key not in plan.inserted:
        one.__dict__[plan.key] = rows[0][0]


async def update(one: "Model") -> None:
    """Store the changes of a row.

    Raises:
        ModelNotFound: it does not exist any more.
        StaleModel: it was changed since it was read.
    """
    plan = plan_for(one)
    changed = changes(one)
    for name, value in one.automatic_values().items():
        if name not in changed:
            changed[name] = one.__dict__[name] = value
    counter = one.version_column
    if counter is None:
        await _change(one, plan, changed)
        return
    before = original(one)[counter]
    changed[counter] = one.__dict__[counter] = before + 1
    try:
        await _change(one, plan, changed, counter, before)
    except BaseException:
        one.__dict__[counter] = before
        raise


async def _change(one: "Model", plan: Plan, changed: dict[str, Any], counter: str = "", before: Any = None) -> None:
    if not plan.key:
        raise KeylessModel(type(one).__name__)
    text = plan.update(tuple(changed))
    stored_key = original(one)[plan.key] if plan.key in changed else one.pk
    values = [*(plan.encode(name, value) for name, value in changed.items()), plan.encode(plan.key, stored_key)]
    if counter:
        text += f" AND {plan.quoted[counter]} = {plan.placeholder(len(values) + 1)}"
        values.append(before)
    if not await ROUTER.engine.execute(text, values):
        raise (StaleModel if counter else ModelNotFound)(type(one).__name__, one.pk)


async def delete(one: "Model") -> None:
    """Delete a row.

    Raises:
        StaleModel: it was changed since it was read.
    """
    plan = plan_for(one)
    if not plan.key:
        raise KeylessModel(type(one).__name__)
    text, values = plan.delete, [plan.encode(plan.key, one.pk)]
    if (counter := one.version_column) is not None:
        text += f" AND {plan.quoted[counter]} = {plan.placeholder(2)}"
        values.append(original(one)[counter])
    if not await ROUTER.engine.execute(text, values) and counter is not None:
        raise StaleModel(type(one).__name__, one.pk)


async def insert_many(
    model: "type[Model]", rows: Sequence[dict[str, Any]], unique: Sequence[str], update: Sequence[str] | None
) -> int:
    """Insert rows by one round trip; see ``Model.insert_many`` and ``Model.upsert``."""
    engine = ROUTER.engine
    plan = plan_of(model, engine.dialect)
    named = {name for row in rows for name in row} | {*unique, *(update or ())}
    if unknown := sorted(named - set(plan.names)):
        raise MassAssignmentError(model.__name__, unknown)
    names = plan.inserted
    if plan.key and plan.key not in names and any(plan.key in row for row in rows):
        names = plan.names
    values = [[plan.encode(n, row[n] if n in row else default_of(plan.columns[n])) for n in names] for row in rows]
    text = plan.insertion(names)
    if unique:
        given = {name for row in rows for name in row}
        changed = list(update) if update is not None else sorted(given - {*unique, plan.key})
        changed += [name for name in model.automatic_values() if name not in changed]
        text += f" ON CONFLICT ({', '.join(map(plan.stored_name, unique))}) DO "
        sets = ", ".join(f"{plan.stored_name(n)} = excluded.{plan.stored_name(n)}" for n in changed)
        text += f"UPDATE SET {sets}" if changed else "NOTHING"
    return await engine.executemany(text, values)
