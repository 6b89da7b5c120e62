"""The rules that ``FormRequest.rules`` returns, each with the values that it judges."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from .application import ApplicationValidation
from .context import ABSENT, INVALID, Absent
from .errors import RuleMisused
from .fieldtypes import items_of, made
from .pipe import NamedRule
from .pointer import Path
from .rules.rule import ConstraintRule, Rule
from .shape.containers import ArrayNode, MappingNode
from .shape.node import Node
from .shape.objects import ObjectNode
from .shape.unions import bare
from .shape.walk import Pending, Siblings, SiblingsBy, Walk, no_sibling

Target = tuple[Path, Any, Siblings]
"""A value, where it stands, and the fields around it."""


class FormRules:
    """Finds the values that rules are for.

    Args:
        root: the FormRequest's node.
        application: rules by name.
        place: what to call it in errors.
    """

    def __init__(self, root: ObjectNode, application: ApplicationValidation, place: str) -> None:
        self.root = root
        self.application = application
        self.place = place

    def of_value(self, field: str, spec: Any, request: Any) -> Iterator[Pending]:
        """The rules of one field on a request without errors.

        Args:
            field: ``"email"``, ``"user.email"``, ``"items.*.price"``, by declared names.
            spec: its rules.
            request: the FormRequest.

        Raises:
            RuleMisused: the field is not declared, or a rule does not suit it.
        """
        steps, node = self._find(field)

        def look(owner: Any, name: str) -> Any:
            value = owner.get(name, ABSENT) if isinstance(owner, dict) else getattr(owner, name, ABSENT)
            return ABSENT if value is msgspec.UNSET else value

        yield from self._judge(field, spec, node, _targets(self.root, request, steps, look, declared=True))

    def of_plain(self, field: str, spec: Any, plain: Any, bad: Sequence[Path], walk: Walk) -> Iterator[Pending]:
        """The same on plain data with errors elsewhere; see ``of_value``.

        Args:
            field: the field.
            spec: its rules.
            plain: the body as it was sent.
            bad: places that have errors.
            walk: converts parts of the body.
        """
        steps, node = self._find(field)

        def look(owner: Any, name: str) -> Any:
            return owner.get(name, ABSENT) if isinstance(owner, dict) else INVALID

        def decoded(path: Path, value: Any, of: Node) -> Any:
            if any(place[: len(path)] == path for place in bad):
                return INVALID
            return value if isinstance(value, Absent) else of.gather(of.decoded(value, walk), path, "", no_sibling, [])

        owner = _owner(self.root, steps)
        names = {member.name: member.encode_name for member in owner.members.values()}

        def good() -> Iterator[Target]:
            for path, value, around in _targets(self.root, plain, steps, look, declared=False):

                def other(name: str, around: Siblings = around, path: Path = path) -> Any:
                    member = owner.find(name)
                    if member is None:
                        return ABSENT
                    sent = around(member.encode_name)
                    return decoded((*path[:-1], member.encode_name), sent, member.node)

                found = decoded(path, value, node)
                if found is not INVALID:
                    yield path, found, SiblingsBy(other, names)

        yield from self._judge(field, spec, node, good())

    def _find(self, field: str) -> tuple[list[str], Node]:
        """The steps to a field, by declared names, and its node."""
        node: Node = self.root
        steps = field.split(".")
        for step in steps:
            below = _below(node, step)
            if below is None:
                raise RuleMisused(
                    repr(field), self.place, "is no field", "use declared names: user.email, items.*.price"
                )
            node = below
        return steps, node

    def _judge(self, field: str, spec: Any, node: Node, targets: Iterable[Target]) -> Iterator[Pending]:
        name = field.rpartition(".")[2]
        rules = [rule for item in items_of(spec) if (rule := self._rule(item, node, name)) is not None]
        for path, value, around in targets:
            for rule in rules:
                sees_absent = getattr(rule, "sees_absent", False)
                if sees_absent or (value is not None and value is not ABSENT):
                    yield Pending(rule, None if value is ABSENT else value, path, name, around)

    def _rule(self, item: Any, node: Node, name: str) -> Rule | None:
        if isinstance(item, NamedRule) and item.name == "required":
            return _Sent()
        base = next((kind for kind in node.python_types if kind in (str, int, float)), Any)
        built = made(item, list[Any] if list in node.python_types else base, name)
        if built is None:
            return None
        [resolved] = self.application.resolve(built)
        if isinstance(resolved, msgspec.Meta):
            return ConstraintRule(resolved)
        if not isinstance(resolved, Rule):
            raise RuleMisused(repr(item), self.place, "changes values", "declare it in the type of the field")
        return resolved


class _Sent(Rule):
    """``required`` in ``rules``: neither null nor left out nor empty."""

    code = "required"
    sees_absent = True

    def check(self, value: Any, context: Any) -> bool:  # noqa: ARG002  every rule has the same method
        return value is not None and value is not msgspec.UNSET and value not in ("", [])


def _below(node: Node, step: str) -> Node | None:
    node = bare(node)
    if step == "*":
        return node.item if isinstance(node, ArrayNode) and not node.is_set else None
    if isinstance(node, ObjectNode):
        return next((member.node for member in node.members.values() if member.name == step), None)
    return node.value if isinstance(node, MappingNode) else None


def _owner(root: ObjectNode, steps: Sequence[str]) -> ObjectNode:
    node: Node = root
    for step in steps[:-1]:
        node = _below(node, step) or node
    inner = bare(node)
    return inner if isinstance(inner, ObjectNode) else root


def _targets(
    root: Node, data: Any, steps: Sequence[str], look: Callable[[Any, str], Any], *, declared: bool
) -> Iterator[Target]:
    """Every value that steps lead to.

    Args:
        root: the type of ``data``.
        data: a decoded object or plain data.
        steps: declared names; ``*`` for each item.
        look: a member of an object.
        declared: whether ``look`` wants declared names, else those in JSON.
    """
    todo: list[tuple[Node, Any, Path, int, Siblings]] = [(root, data, (), 0, SiblingsBy(no_sibling, {}))]
    while todo:
        node, value, path, position, around = todo.pop()
        if position == len(steps):
            yield path, value, around
            continue
        step, inner = steps[position], bare(node)
        below = _below(node, step)
        if below is None or value is None or value is ABSENT:
            continue
        if step == "*":
            if isinstance(value, list | tuple):
                items = [(below, item, (*path, index), position + 1, around) for index, item in enumerate(value)]
                todo.extend(reversed(items))
            continue
        names = (
            {item.name: item.encode_name for item in inner.members.values()} if isinstance(inner, ObjectNode) else {}
        )
        encoded = names.get(step, step)

        def sibling(name: str, value: Any = value) -> Any:
            return look(value, name)

        found = look(value, step if declared else encoded)
        todo.append((below, found, (*path, encoded), position + 1, SiblingsBy(sibling, names)))
