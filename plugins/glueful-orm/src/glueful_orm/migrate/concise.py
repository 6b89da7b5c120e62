"""Generated Python without what goes without saying: parameters that have their defaults, imports that are not used."""

import ast
from collections.abc import Iterable, Sequence

UNSAID = {
    "primary_key": "False",
    "unique": "False",
    "index": "False",
    "index_method": "IndexMethod.btree",
    "choices": "None",
    "db_column_name": "None",
    "secret": "False",
    "target_column": "None",
    "schema": "None",
    "columns": "None",
}
"""Parameters of columns and of Piccolo's migration manager, with the defaults that they have in both."""


class _Shorten(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method in ("alter_column", "drop_constraint", "rename_column"):
            node.keywords = [k for k in node.keywords if not (k.arg == "schema" and ast.unparse(k.value) == "None")]
            return node
        node.keywords = [k for k in node.keywords if UNSAID.get(k.arg or "") != ast.unparse(k.value)]
        if method == "add_column":
            self._shorten_add_column(node)
        return node

    @staticmethod
    def _shorten_add_column(node: ast.Call) -> None:
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        redundant = {"column_class_name"} if "column_class" in given else set()
        if given.get("db_column_name") == given.get("column_name"):
            redundant.add("db_column_name")
        node.keywords = [keyword for keyword in node.keywords if keyword.arg not in redundant]
        for keyword in node.keywords:
            if keyword.arg == "params" and isinstance(keyword.value, ast.Dict):
                pairs = [
                    (key, value)
                    for key, value in zip(keyword.value.keys, keyword.value.values, strict=True)
                    if not (isinstance(key, ast.Constant) and UNSAID.get(str(key.value)) == ast.unparse(value))
                ]
                keyword.value = ast.Dict([key for key, _ in pairs], [value for _, value in pairs])


def shortened(source: str) -> str:
    """The same code with fewer words."""
    return ast.unparse(_Shorten().visit(ast.parse(source)))


def needed(imports: Iterable[str], code: Sequence[str]) -> list[str]:
    """The imports that ``code`` uses, one line a module, sorted."""
    used = {node.id for text in code for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    modules: dict[str, set[str]] = {}
    for line in imports:
        (statement,) = ast.parse(line).body
        if isinstance(statement, ast.ImportFrom):
            modules.setdefault(statement.module or "", set()).update(n.name for n in statement.names if n.name in used)
        elif isinstance(statement, ast.Import):
            modules.update((n.name, set()) for n in statement.names if n.name.partition(".")[0] in used)
    plain = [f"import {module}" for module, names in sorted(modules.items()) if not names and module in used]
    return [*plain, *(f"from {m} import {', '.join(sorted(names))}" for m, names in sorted(modules.items()) if names)]
