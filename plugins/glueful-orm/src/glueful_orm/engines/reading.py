"""Which statements can be sent twice without harm."""

import re
from functools import lru_cache

_WORDS = """
    abs all and any array_agg array_length as avg between bool_and bool_or by cast ceil char char_length coalesce
    concat concat_ws count date_part date_trunc decimal dense_rank distinct else every except exists extract filter
    first_value floor from greatest having ilike in intersect json_agg json_array_length json_build_array
    json_build_object json_object_agg jsonb_agg jsonb_array_length jsonb_build_array jsonb_build_object
    jsonb_object_agg lag last_value lateral lead least left length like lower max md5 min mod not ntile nullif numeric
    on or over partition position power rank replace right round row row_number row_to_json select sign similarity
    some sqrt string_agg strpos substr substring sum then to_char to_json to_jsonb to_tsquery to_tsvector trim ts_rank
    union unnest upper using values varchar version when where
"""
PURE = frozenset(_WORDS.split())
"""What may stand before a parenthesis: functions without an effect, and keywords."""

_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)\s*\(")
_LOCK = re.compile(r"\bFOR\s+(NO\s+KEY\s+UPDATE|UPDATE|SHARE|KEY\s+SHARE)\b", re.IGNORECASE)
_INTO = re.compile(r"\bINTO\b", re.IGNORECASE)


@lru_cache(maxsize=1024)
def is_repeatable(sql: str) -> bool:
    """Whether a statement only reads: a ``SELECT`` without locks, ``INTO`` and functions that may have an effect.

    A statement that is not recognised counts as having one.
    """
    return (
        sql.lstrip()[:6].upper() == "SELECT"
        and _LOCK.search(sql) is None
        and _INTO.search(sql) is None
        and all(name.lower() in PURE for name in _CALL.findall(sql))
    )
