"""Resources for Glueful: declared responses with exact schemas, pages, includes and sparse fields."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .application import ApplicationResources
    from .collection import CursorCollection, PagedCollection, ResourceCollection, ResourceStream
    from .errors import (
        HiddenColumn,
        QueryError,
        ResourceError,
        ResourceMismatch,
        RouteUnknown,
        SelectionInvalid,
        TypeContradiction,
        UnknownAttribute,
    )
    from .fields import (
        Links,
        Route,
        computed,
        field,
        has_role,
        has_scope,
        links,
        merge_when,
        route,
        when,
        when_aggregated,
        when_counted,
        when_exists_loaded,
        when_has,
        when_loaded,
        when_not_null,
        when_pivot_loaded,
    )
    from .hookspecs import ResourceSource
    from .litestar_plugin import ResourceResponses
    from .pages import CursorMeta, PageLinks, PageMeta
    from .plugin import ResourcesPlugin
    from .resource import Resource
    from .settings import ResourcesSettings

__all__ = [
    "ApplicationResources",
    "CursorCollection",
    "CursorMeta",
    "HiddenColumn",
    "Links",
    "PageLinks",
    "PageMeta",
    "PagedCollection",
    "QueryError",
    "Resource",
    "ResourceCollection",
    "ResourceError",
    "ResourceMismatch",
    "ResourceResponses",
    "ResourceSource",
    "ResourceStream",
    "ResourcesPlugin",
    "ResourcesSettings",
    "Route",
    "RouteUnknown",
    "SelectionInvalid",
    "TypeContradiction",
    "UnknownAttribute",
    "computed",
    "field",
    "has_role",
    "has_scope",
    "links",
    "merge_when",
    "route",
    "when",
    "when_aggregated",
    "when_counted",
    "when_exists_loaded",
    "when_has",
    "when_loaded",
    "when_not_null",
    "when_pivot_loaded",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "ApplicationResources": ".application",
        "CursorCollection": ".collection",
        "CursorMeta": ".pages",
        "HiddenColumn": ".errors",
        "Links": ".fields",
        "PageLinks": ".pages",
        "PageMeta": ".pages",
        "PagedCollection": ".collection",
        "QueryError": ".errors",
        "Resource": ".resource",
        "ResourceCollection": ".collection",
        "ResourceError": ".errors",
        "ResourceMismatch": ".errors",
        "ResourceResponses": ".litestar_plugin",
        "ResourceSource": ".hookspecs",
        "ResourceStream": ".collection",
        "ResourcesPlugin": ".plugin",
        "ResourcesSettings": ".settings",
        "Route": ".fields",
        "RouteUnknown": ".errors",
        "SelectionInvalid": ".errors",
        "TypeContradiction": ".errors",
        "UnknownAttribute": ".errors",
        "computed": ".fields",
        "field": ".fields",
        "has_role": ".fields",
        "has_scope": ".fields",
        "links": ".fields",
        "merge_when": ".fields",
        "route": ".fields",
        "when": ".fields",
        "when_aggregated": ".fields",
        "when_counted": ".fields",
        "when_exists_loaded": ".fields",
        "when_has": ".fields",
        "when_loaded": ".fields",
        "when_not_null": ".fields",
        "when_pivot_loaded": ".fields",
    },
)
