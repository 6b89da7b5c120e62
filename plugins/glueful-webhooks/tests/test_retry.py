"""The schedule of retries: times under a clock that tests move."""

from datetime import UTC, datetime, timedelta

import pytest
from glueful_webhooks import RetrySchedule, WebhookSettings
from glueful_webhooks.retry import parse_retry_after
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DELAYS = WebhookSettings().retry_delays


def test_the_default_is_the_schedule_of_standard_webhooks() -> None:
    hours = [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]

    assert list(DELAYS) == [round(hour * 3600) for hour in hours]
    assert RetrySchedule(DELAYS, 0).next_attempt(10, NOW) is None


@given(failures=st.integers(1, len(DELAYS)), fraction=st.floats(0, 1), jitter=st.floats(0, 1))
def test_a_delay_is_that_of_the_schedule_and_at_most_the_jitter_more(
    failures: int, fraction: float, jitter: float
) -> None:
    found = RetrySchedule(DELAYS, jitter, fraction=lambda: fraction).next_attempt(failures, NOW)

    assert found is not None
    delay = (found - NOW).total_seconds()
    assert DELAYS[failures - 1] <= delay <= DELAYS[failures - 1] * (1 + jitter) + 0.001


@given(asked=st.integers(-(10**6), 10**6), failures=st.integers(1, 9))
def test_a_retry_after_only_lengthens_a_delay_and_within_bounds(asked: int, failures: int) -> None:
    schedule = RetrySchedule(DELAYS, 0, most_retry_after=86_400)

    found = schedule.next_attempt(failures, NOW, NOW + timedelta(seconds=asked))

    assert found == NOW + timedelta(seconds=max(DELAYS[failures - 1], min(asked, 86_400)))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("3", 3),
        (" 120 ", 120),
        ("0", 0),
        ("-1", None),
        ("1e9", None),
        ("1.5", None),
        ("\u0663", None),
        ("9" * 20, None),
        ("soon", None),
        ("", None),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
        ("Thu, 01 Jan 2026 00:01:00 +0100", -3540),
        ("Thu, 99 Jan 2026 00:01:00 GMT", None),
        ("x" * 100_000, None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date_and_anything_else_is_nothing(text: str | None, seconds: int | None) -> None:
    found = parse_retry_after(text, NOW)

    assert found == (None if seconds is None else NOW + timedelta(seconds=seconds))
