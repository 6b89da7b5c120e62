"""Writing one row: what has changed, and the statements."""

import datetime as dt
import decimal
import uuid
from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..engines import ROUTER
from ..errors import DataError
from .defaults import default_of
from .errors import KeylessModel, MassAssignmentError, ModelNotFound, StaleModel
from .plan import Plan, plan_of

if TYPE_CHECKING:
    from .model import Model

_UNCHANGING = frozenset(
    {type(None), bool, int, float, str, bytes, dt.datetime, dt.date, dt.time, dt.timedelta, decimal.Decimal, uuid.UUID}
)


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
    plan, values = plan_for(one), one.__dict__
    decoders = plan.decoders
    one._stored = tuple([_kept(values[name]) if name in decoders else values[name] for name in plan.names])


def _kept(value: Any) -> Saved:
    return Saved(value if type(value) in _UNCHANGING else deepcopy(value))


async def insert(one: "Model") -> None:
    """Insert a row; its generated key becomes known."""
    plan, values = plan_for(one), one.__dict__
    engine = ROUTER.engine
    is_generated = bool(plan.generated) and values[plan.generated] is None
    names = plan.inserted if is_generated or not plan.generated else plan.names
    try:
        encoded = plan.row_encoder(names)(values)
        if is_generated:
            values[plan.generated] = await engine.insert(plan.insert, encoded)
        else:
            await engine.execute(plan.insertion(names), encoded)
    except DataError as error:
        raise plan.located(error, names, values) from None


async def update(one: "Model", changed: dict[str, Any]) -> None:
    """Store changes of a row.

    Raises:
        ModelNotFound: it does not exist any more.
        StaleModel: it was changed since it was read.
    """
    plan = plan_for(one)
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
    stored_key = original(one)[plan.key] if plan.key in changed else one.pk
    names = tuple(changed)
    text = plan.update(names)
    try:
        values = [*plan.row_encoder(names)(changed), plan.encode(plan.key, stored_key)]
        if counter:
            text += f" AND {plan.quoted[counter]} = {plan.placeholder(len(values) + 1)}"
            values.append(before)
        count = await ROUTER.engine.execute(text, values)
    except DataError as error:
        raise plan.located(error, names, changed) from None
    if not count:
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
    if plan.generated and any(plan.generated in row for row in rows):
        names = plan.names
    encode = plan.row_encoder(names)
    width, columns = len(names), plan.columns
    values = []
    for row in rows:
        full = row if len(row) == width else {n: row[n] if n in row else default_of(columns[n]) for n in names}
        try:
            values.append(encode(full))
        except DataError as error:
            raise plan.located(error, names, full) from None
    text = plan.insertion(names)
    if unique:
        given = {name for row in rows for name in row}
        changed = list(update) if update is not None else sorted(given - {*unique, plan.key})
        changed += [name for name in model.automatic_values() if name not in changed]
        text += f" ON CONFLICT ({', '.join(map(plan.stored_name, unique))}) DO "
        sets = ", ".join(f"{plan.stored_name(n)} = excluded.{plan.stored_name(n)}" for n in changed)
        text += f"UPDATE SET {sets}" if changed else "NOTHING"
    try:
        return await engine.executemany(text, values)
    except DataError as error:
        told = (plan.located(error, names, row) for row in rows)
        raise next((found for found in told if found.columns), error) from None
