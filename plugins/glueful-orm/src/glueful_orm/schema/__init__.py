"""What the tables of a database look like, read from its catalogue."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .drift import Difference, differences
    from .reading import read_table, read_tables, table_sizes
    from .tables import ColumnInfo, ForeignKeyInfo, IndexInfo, TableInfo, TableSize
    from .writing import model_source

__all__ = [
    "ColumnInfo",
    "Difference",
    "ForeignKeyInfo",
    "IndexInfo",
    "TableInfo",
    "TableSize",
    "differences",
    "model_source",
    "read_table",
    "read_tables",
    "table_sizes",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "ColumnInfo": ".tables",
        "Difference": ".drift",
        "ForeignKeyInfo": ".tables",
        "IndexInfo": ".tables",
        "TableInfo": ".tables",
        "TableSize": ".tables",
        "differences": ".drift",
        "model_source": ".writing",
        "read_table": ".reading",
        "read_tables": ".reading",
        "table_sizes": ".reading",
    },
)
