"""Which statements can be sent twice without harm."""

import re
from functools import lru_cache

PURE = frozenset(
    "abs any array_agg array_length avg bool_and bool_or ceil char_length coalesce concat concat_ws count date_part "
    "date_trunc every exists extract filter floor greatest in json_agg json_array_length json_build_array "
    "json_build_object json_object_agg jsonb_agg jsonb_array_length jsonb_build_array jsonb_build_object "
    "jsonb_object_agg least left length lower max md5 min mod nullif over partition position power replace right "
    "round row row_number rank dense_rank sign some sqrt string_agg strpos substr substring sum to_char to_json "
    "to_jsonb to_tsquery to_tsvector trim ts_rank unnest upper values version using on and or not as by from where "
    "select all distinct when then else between like ilike similarity row_to_json cast lag lead ntile first_value "
    "last_value numeric varchar decimal char lateral having union except intersect".split()
)
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
