"""What requests may choose of a resource, found once for each operation."""

from .annotations import AnyResource
from .application import ApplicationResources
from .declaration import FieldPlan
from .errors import ResourceError
from .selection import Offer, Path


def offer_of(resource: AnyResource, application: ApplicationResources) -> Offer:
    """The fields and relations that requests for ``resource`` may choose.

    Raises:
        ResourceError: ``includes`` names what is no relation, or is longer than the setting ``max_include_depth``.
    """
    fields: dict[str, list[FieldPlan]] = {}
    for shape in application.reachable(resource):
        if shape.options.sparse:
            fields.setdefault(shape.type_name, []).extend(shape.fields)
    includes: dict[str, Path] = {}
    paths = application.shape_of(resource).options.includes
    for declared in paths if isinstance(paths, tuple) else ():
        names = tuple(declared.split("."))
        if len(names) > application.settings.max_include_depth:
            raise ResourceError(
                f"{resource.__name__}: {declared!r} is longer than {application.settings.max_include_depth} relations",
                "shorten it, or raise the setting max_include_depth",
            )
        for length in range(1, len(names) + 1):
            path = names[:length]
            includes[_in_json(resource, path, application)] = path
    return Offer(fields, includes)


def _in_json(resource: AnyResource, path: Path, application: ApplicationResources) -> str:
    names, here = [], resource
    for name in path:
        shape = application.shape_of(here)
        plan = next((plan for plan in shape.fields if plan.name == name and plan.child is not None), None)
        if plan is None or plan.child is None:
            known = ", ".join(plan.name for plan in shape.fields if plan.child is not None)
            raise ResourceError(
                f"{resource.__name__}: includes names {'.'.join(path)!r}, and {here.__name__} has no relation {name!r}",
                f"one of {known}" if known else "declare it: a field that is a resource",
            )
        names.append(plan.json_name)
        here = plan.child
    return ".".join(names)
