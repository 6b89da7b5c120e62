"""Ids sort by the order in which they were made."""

import time
import uuid

from glueful_webhooks.ids import new_id


def test_an_id_is_a_uuid_of_version_7_and_of_now() -> None:
    found = uuid.UUID(new_id("msg").removeprefix("msg_"))

    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert abs((found.int >> 80) - time.time_ns() // 1_000_000) < 10_000


def test_ids_of_one_process_increase() -> None:
    ids = [new_id("msg") for _ in range(20_000)]

    assert ids == sorted(set(ids))
    assert {len(text) for text in ids} == {36}
