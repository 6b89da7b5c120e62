"""The verdict on a chaos run: what the database says was committed, against what the receiver saw."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from receiver import Arrival, Receiver


@dataclass
class Stored:
    """What the database holds at the end."""

    committed: set[int]
    """Numbers of the orders whose transaction was committed."""
    open: int
    """Deliveries that are not final."""
    acknowledged: set[tuple[str, int]]
    """Message ids, and the second of each attempt that is stored as a success."""
    statuses: dict[str, int]


@dataclass
class Verdict:
    """Violations by kind; a run without any is good."""

    violations: dict[str, list[Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.violations.values())


async def stored(url: str) -> Stored:
    """Ask the database."""
    connection = await asyncpg.connect(url)
    try:
        orders = await connection.fetch("SELECT number FROM chaos_orders")
        statuses = await connection.fetch("SELECT status, count(*) FROM webhook_deliveries GROUP BY status")
        waiting = await connection.fetchval("SELECT count(*) FROM webhook_messages WHERE relayed_at IS NULL")
        attempts = await connection.fetch(
            "SELECT message_id, started_at FROM webhook_attempts attempt JOIN webhook_deliveries delivery "
            "ON delivery.id = attempt.delivery_id WHERE attempt.failure IS NULL"
        )
    finally:
        await connection.close()
    found = {row[0]: row[1] for row in statuses}
    return Stored(
        {row[0] for row in orders},
        waiting + found.get("pending", 0) + found.get("retrying", 0),
        {(row[0], int(row[1].timestamp())) for row in attempts},
        found,
    )


def _told(arrival: Arrival) -> str:
    took = f"{arrival.acknowledged_at - arrival.at:.3f} s" if arrival.acknowledged_at else "no"
    return f"{arrival.worker} at {arrival.at:.3f}: {arrival.answer}, acknowledged: {took}"


def judge(
    receiver: Receiver,
    database: Stored,
    shipped: Mapping[int, int],
    killed_at: Mapping[str, float],
    longest_seconds: float,
) -> Verdict:
    """Compare.

    Args:
        receiver: what arrived, and what it acknowledged.
        database: what is stored.
        shipped: how often the job of each order ran.
        killed_at: names of the workers that were killed, and when.
        longest_seconds: an acknowledgement is lost if its worker was killed so long after it at most, and the database
            does not know it. Workers keep what they cannot store while PostgreSQL restarts, for as long as the lease.
    """
    verdict = Verdict()
    by_number: dict[int, list[Arrival]] = defaultdict(list)
    for arrival in receiver.arrivals:
        by_number[arrival.number].append(arrival)
    again, excused = [], 0
    for number, arrivals in by_number.items():
        for index, first in enumerate(arrivals):
            later = [one for one in arrivals[index + 1 :] if first.acknowledged_at and one.at > first.acknowledged_at]
            if not later:
                continue
            is_stored = (first.message_id, first.timestamp) in database.acknowledged
            kept_for = killed_at.get(first.worker, math.inf) - (first.acknowledged_at or 0)
            if is_stored or kept_for > longest_seconds:
                why = "is stored" if is_stored else f"worker lived for {kept_for:.3f} s"
                again.append((number, why, _told(first), *map(_told, later)))
            else:
                excused += 1
            break
    verdict.violations = {
        "committed and never acknowledged": sorted(database.committed - receiver.acknowledged),
        "delivered although rolled back": sorted(by_number.keys() - database.committed),
        "another id or other bytes the second time": [
            number for number, found in by_number.items() if len({(one.message_id, one.body) for one in found}) > 1
        ],
        "delivered again after an acknowledgement that was not lost": again,
        "jobs that never ran": sorted(database.committed - shipped.keys()),
        "jobs that ran although rolled back": sorted(shipped.keys() - database.committed),
        "signature that does not verify": [receiver.unverified] if receiver.unverified else [],
        "deliveries that are not final": [database.open] if database.open else [],
        "deliveries that are not delivered": [
            (status, count) for status, count in database.statuses.items() if status != "delivered"
        ],
    }
    verdict.facts = {
        "events committed": len(database.committed),
        "requests that arrived": len(receiver.arrivals),
        "answers": dict(Counter(one.answer for one in receiver.arrivals).most_common()),
        "acknowledged": len(receiver.acknowledged),
        "jobs that ran": len(shipped),
        "jobs that ran more than once": sum(times > 1 for times in shipped.values()),
        "arrived more than once after an acknowledgement that was lost with its worker": excused,
    }
    return verdict
