"""Nodes that are one of several types. JSON's own types tell them apart, as msgspec demands."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ..pointer import Path
from .node import Node, RuledNode
from .objects import ObjectNode
from .walk import Pending, Sibling, Walk


class UnionNode(Node):
    """One of several types, or None.

    Args:
        annotation: the union as declared.
        options: the types.
    """

    def __init__(self, annotation: Any, options: Sequence[Node]) -> None:
        self.annotation = annotation
        self.options = tuple(options)
        self.kinds = [option.kind for option in self.options]
        self.kind = self.kinds[0] if len(self.kinds) == 1 else "type"
        self.python_types = tuple({kind for option in self.options for kind in option.python_types})
        self.json_types = tuple({kind for option in self.options for kind in option.json_types})
        self._tagged = {
            option.tag[1]: option
            for option in self.options
            if isinstance(option, ObjectNode) and option.tag is not None
        }

    def below(self) -> Iterable[Node]:
        """The options."""
        return self.options

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """The errors of the one option that the value's JSON type leaves; else that it is of none."""
        if walk.lax and isinstance(value, str):
            return self._collect_text(value, path, walk)
        if walk.lax or (self.is_unnamed and isinstance(value, dict | list)):
            return self._collect_refused(value, path, walk, is_refused=False)
        if walk.is_refused(path):
            return self._collect_refused(value, path, walk, is_refused=True)
        try:
            walk.judge(value, self.annotation, as_json=self.counts_distinct)
        except msgspec.ValidationError as error:
            known = walk.learn(path, error)
            self._collect_refused(value, path, walk, is_refused=True)
            walk.know(known)
            return False
        return True

    def _collect_refused(self, value: Any, path: Path, walk: Walk, *, is_refused: bool) -> bool:
        """What an option says; where it has no objection though msgspec refused the union, the type is wrong."""
        option = self._option_for(value, path, walk)
        if option is None or not option.collect(value, path, walk):
            return False
        if is_refused:
            self._add_wrong_type(path, walk)
        return not is_refused

    def _option_for(self, value: Any, path: Path, walk: Walk) -> Node | None:
        if isinstance(value, dict) and len(self._tagged) > 1:
            return self._tagged_option(value, path, walk)
        matching = [option for option in self.options if type(value) in option.json_types] or [
            option for option in self.options if object in option.json_types
        ]
        if len(matching) == 1:
            return matching[0]
        self._add_wrong_type(path, walk)
        return None

    def _collect_text(self, value: str, path: Path, walk: Walk) -> bool:
        """Text from a URL or form: good if one option takes it, spelled as that option wants it."""
        scalars = [option for option in self.options if option.kind not in ("array", "object")]
        for option in scalars:
            trial = Walk(1, lax=True, dec_hook=walk.dec_hook)
            if option.collect(value, path, trial):
                return True
        scalars = [option for option in scalars if option.kind != "null"]
        if len(scalars) == 1:
            return scalars[0].collect(value, path, walk)
        self._add_wrong_type(path, walk)
        return False

    def _tagged_option(self, value: dict[str, Any], path: Path, walk: Walk) -> Node | None:
        name = next(option.tag[0] for option in self._tagged.values() if option.tag is not None)
        if name not in value:
            walk.add((*path, name), "required")
            return None
        sent = value[name]
        option = self._tagged.get(sent) if isinstance(sent, str | int) and not isinstance(sent, bool) else None
        if option is None:
            walk.add((*path, name), "in", {"values": list(self._tagged)})
        return option

    def _add_wrong_type(self, path: Path, walk: Walk) -> None:
        kinds = [kind for kind in self.kinds if kind != "null"]
        if len(kinds) == 1:
            option = next(option for option in self.options if option.kind == kinds[0])
            walk.add(path, kinds[0], getattr(option, "params", None))
        else:
            walk.add(path, "type", {"types": kinds})

    def gather(self, value: Any, path: Path, field: str, sibling: Sibling, out: list[Pending]) -> Any:
        """The rules of the option that the decoded value is of."""
        for option in self.options:
            if option.has_rules and isinstance(value, option.python_types):
                return option.gather(value, path, field, sibling, out)
        return value

    def children(self, step: str | int) -> Iterable[Node]:
        """Those of all options."""
        return [child for option in self.options for child in option.children(step)]

    def limits(self, offence: str) -> bool:
        """Whether any option has that limit."""
        return any(option.limits(offence) for option in self.options)


def bare(node: Node) -> Node:
    """A node without its rules, and without the None beside it."""
    while isinstance(node, RuledNode):
        node = node.inner
    if isinstance(node, UnionNode):
        options = [option for option in node.options if option.kind != "null"]
        return bare(options[0]) if len(options) == 1 else node
    return node
