"""From the class of a resource to what is known about its fields, checked against the model."""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, get_args, get_origin, get_type_hints

import inflection
import msgspec

from .annotations import AnyResource, is_resource, nested, parts, without_none
from .columns import contradiction
from .errors import HiddenColumn, ResourceError, TypeContradiction, UnknownAttribute
from .fields import Condition, FieldSpec, Links, Presence, Visible
from .resource import Options, Resource

if TYPE_CHECKING:
    from .hookspecs import ResourceSource

_RENAMES: dict[str, Callable[[str], str]] = {
    "camel": lambda name: inflection.camelize(name, uppercase_first_letter=False),
    "pascal": inflection.camelize,
    "kebab": inflection.dasherize,
    "lower": str.lower,
    "upper": str.upper,
}


class FieldPlan(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One field, with nothing left to find out."""

    name: str
    """As declared."""
    json_name: str
    annotation: Any
    spec: FieldSpec
    owner: AnyResource
    """The class whose ``self`` its functions take; another one than the shape's for merged fields."""
    access: str
    """``column``, ``attribute``, ``relation``, ``pivot``, ``computed`` or ``links``."""
    source: str
    """The attribute that is read."""
    child: AnyResource | None = None
    is_many: bool = False
    is_optional_row: bool = False
    """A relation that may be None."""
    conditions: tuple[tuple[AnyResource, Condition], ...] = ()
    guards: tuple[Visible, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether every whole answer has it."""
        return self.spec.presence is Presence.ALWAYS and not self.conditions and not self.guards


class Shape:
    """A resource, read for the sources of one application.

    Args:
        resource: the class.
        sources: asked in turn for the source of its model.

    Raises:
        ResourceError: it cannot be what it says.
    """

    def __init__(self, resource: AnyResource, sources: "tuple[ResourceSource, ...]") -> None:
        self.resource = resource
        self.options: Options = resource.options
        self.model = _model_of(resource)
        is_class = isinstance(self.model, type)
        self.source = next((source for source in sources if is_class and source.accepts(self.model)), None)
        self.is_mapping = self.source is None and isinstance(self.model, type) and issubclass(self.model, Mapping)
        self.type_name = self.options.name or _plural(resource.__name__)
        self.fields = self._fields()
        self.by_name = {plan.json_name: plan for plan in self.fields}
        self.has_prepare = resource.prepare is not Resource.prepare
        self.struct = msgspec.defstruct(
            resource.__name__,
            [(f"f{index}", Any, msgspec.UNSET) for index in range(len(self.fields))],
            rename={f"f{index}": plan.json_name for index, plan in enumerate(self.fields)},
            gc=False,
        )
        for child in {plan.child for plan in self.fields if plan.child is not None}:
            if not is_resource(child):
                raise ResourceError(f"{resource.__name__} holds {child!r}, which is no resource")

    def _fields(self) -> tuple[FieldPlan, ...]:
        place = self.resource.__name__
        if self.source is not None:
            self.columns = self.source.columns(self.model)
            self.hidden = frozenset(self.source.hidden(self.model))
            self.relations = self.source.relations(self.model)
        else:
            self.columns, self.hidden, self.relations = {}, frozenset[str](), {}
        found: dict[str, FieldPlan] = {}
        for plan in self._plans(self.resource, (), ()):
            if plan.json_name in found:
                raise ResourceError(f"{place} has two fields that are {plan.json_name!r} in JSON", "rename one of them")
            found[plan.json_name] = plan
        if not found:
            raise ResourceError(f"{place} declares no field", "annotate what it shows: name: str")
        return tuple(found.values())

    def _plans(self, resource: AnyResource, conditions: Any, guards: Any) -> "list[FieldPlan]":
        plans: list[FieldPlan] = []
        for name, annotation, spec in declared(resource):
            visible = (*guards, *([spec.visible_if] if spec.visible_if else ()))
            if spec.presence is Presence.MERGED:
                part, _ = without_none(annotation)
                if not is_resource(part):
                    raise ResourceError(f"{resource.__name__}.{name}: merge_when takes a resource of the same row")
                plans += self._plans(part, (*conditions, (resource, spec.condition)), visible)
                continue
            required = (*conditions, *([(resource, spec.condition)] if spec.condition else ()))
            plans.append(self._plan(resource, name, annotation, spec, required, visible))
        return plans

    def _plan(
        self, resource: AnyResource, name: str, annotation: Any, spec: FieldSpec, conditions: Any, guards: Any
    ) -> FieldPlan:
        place, source = f"{resource.__name__}.{name}", spec.source or name
        json_name = spec.name or _renamed(name, resource.options.rename, place)
        child = nested(annotation)
        common: dict[str, Any] = {
            "name": name,
            "json_name": json_name,
            "annotation": annotation,
            "spec": spec,
            "owner": resource,
            "source": source,
            "conditions": conditions,
            "guards": guards,
        }
        names = [source, *(s for r in (spec.routes or {}).values() for s in (*r.parameters, *r.parameters.values()))]
        if bad := next((one for one in names if not one.isidentifier()), None):
            raise ResourceError(f"{place} names {bad!r}, which is no attribute", "make it @computed")
        self._refuse_models(place, annotation, is_nested=child is not None)
        if spec.function is not None:
            if child is not None:
                raise ResourceError(
                    f"{place}: a computed field cannot be a resource", "declare the relation as a field"
                )
            return FieldPlan(access="computed", **common)
        if spec.routes is not None:
            return FieldPlan(access="links", **{**common, "annotation": Links})
        if child is not None:
            kind, is_many, is_optional = child
            if spec.presence not in (Presence.ALWAYS, Presence.LOADED):
                raise ResourceError(
                    f"{place}: a relation is always there, or when_loaded()", "use when(...) for a condition"
                )
            self._check_relation(place, source, kind, is_many=is_many, is_optional=is_optional)
            return FieldPlan(access="relation", child=kind, is_many=is_many, is_optional_row=is_optional, **common)
        if spec.presence is Presence.LOADED:
            raise ResourceError(
                f"{place}: when_loaded takes a resource, or a list of one", "annotate it with the resource"
            )
        if spec.presence is Presence.PIVOT:
            return FieldPlan(access="pivot", **common)
        self._check_attribute(place, source, annotation, spec)
        return FieldPlan(access="column" if source in self.columns else "attribute", **common)

    def _refuse_models(self, place: str, annotation: Any, *, is_nested: bool) -> None:
        for part in parts(annotation):
            if isinstance(part, type) and self.source is not None and self.source.accepts(part):
                raise ResourceError(f"{place} is typed as the model {part.__name__}", "name a resource for it")
            if is_resource(part) and not is_nested:
                raise ResourceError(f"{place}: a resource stands alone or in a list", f"write list[{part.__name__}]")

    def _check_relation(self, place: str, source: str, child: AnyResource, *, is_many: bool, is_optional: bool) -> None:
        if self.source is None or source in self.columns:
            return
        if source not in self.relations:
            raise UnknownAttribute(place, self.model.__name__, source, {*self.columns, *self.relations})
        target, has_many, may_be_none = self.relations[source]
        if has_many is not is_many:
            fix = f"list[{child.__name__}]" if has_many else child.__name__
            raise TypeContradiction(place, f"the relation has {'many rows' if has_many else 'one row'}", f"write {fix}")
        if may_be_none and not is_many and not is_optional:
            raise TypeContradiction(place, "the row of the relation may be missing", f"write {child.__name__} | None")
        model = _model_of(child)
        if target is not None and isinstance(model, type) and model is not object and not issubclass(target, model):
            raise TypeContradiction(
                place, f"the relation leads to {target.__name__}", f"{child.__name__} shows {model.__name__}"
            )

    def _check_attribute(self, place: str, source: str, annotation: Any, spec: FieldSpec) -> None:
        if self.source is None:
            return
        if source in self.hidden and not spec.reveals_hidden:
            raise HiddenColumn(place, self.model.__name__, source)
        if source in self.columns:
            kind, is_nullable = self.columns[source]
            may_be_none = is_nullable and spec.presence is not Presence.NOT_NULL
            if (why := contradiction(annotation, kind, is_nullable=may_be_none)) is not None:
                raise TypeContradiction(place, *why)
        elif spec.presence is not Presence.HAS and not hasattr(self.model, source):
            raise UnknownAttribute(place, self.model.__name__, source, {*self.columns, *self.relations})


def declared(resource: AnyResource) -> list[tuple[str, Any, FieldSpec]]:
    """Name, annotation and specification of each field, those of base classes first.

    Raises:
        ResourceError: an annotation names what cannot be found, or a computed field has none.
    """
    names: dict[str, None] = {}
    for base in reversed(resource.__mro__):
        if base is Resource or not issubclass(base, Resource):
            continue
        own = [*inspect.get_annotations(base), *(n for n, v in vars(base).items() if isinstance(v, FieldSpec))]
        names |= dict.fromkeys(name for name in own if not name.startswith("_"))
    hints = _hints(resource, resource)
    found = []
    for name in names:
        value = inspect.getattr_static(resource, name, None)
        spec = value if isinstance(value, FieldSpec) else FieldSpec()
        annotation = hints.get(name)
        if get_origin(annotation) is ClassVar or annotation is ClassVar or (value is None and annotation is None):
            continue
        if spec.function is not None:
            annotation = _hints(spec.function, resource).get("return")
        if hasattr(Resource, name):
            raise ResourceError(
                f"{resource.__name__}.{name} takes the place of a member of Resource",
                f"other_name = field({name!r}, name={name!r})",
            )
        if value is not None and value is not spec:
            raise ResourceError(f"{resource.__name__}.{name} has a value", "say where it comes from: field(...)")
        if annotation is None and spec.routes is None:
            raise ResourceError(f"{resource.__name__}.{name} has no type", "annotate what it returns")
        found.append((name, annotation, spec))
    return found


def _hints(thing: Any, resource: AnyResource) -> dict[str, Any]:
    try:
        return get_type_hints(thing, localns={resource.__name__: resource}, include_extras=True)
    except NameError as error:
        raise ResourceError(
            f"{resource.__name__}: the annotations name {error.name!r}, which its module does not have at run time",
            "import it outside of `if TYPE_CHECKING`",
        ) from error


def _model_of(resource: AnyResource) -> Any:
    for base in resource.__mro__:
        for generic in getattr(base, "__orig_bases__", ()):
            origin, arguments = get_origin(generic), get_args(generic)
            if isinstance(origin, type) and issubclass(origin, Resource) and arguments:
                model = get_origin(arguments[0]) or arguments[0]
                if isinstance(model, type):
                    return model
    return object


def _plural(name: str) -> str:
    return inflection.pluralize(inflection.underscore(name.removesuffix("Resource") or name))


def _renamed(name: str, rename: Any, place: str) -> str:
    if rename is None or rename is msgspec.UNSET:
        return name
    if isinstance(rename, Mapping):
        return str(rename.get(name, name))
    if rename not in _RENAMES:
        raise ResourceError(f"{place}: rename={rename!r} is unknown", f"one of {', '.join(sorted(_RENAMES))}")
    return _RENAMES[rename](name)
