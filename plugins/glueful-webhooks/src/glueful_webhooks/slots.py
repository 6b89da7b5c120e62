"""How many deliveries are being sent, altogether and to each endpoint."""

from collections import Counter
from collections.abc import Callable


class Slots:
    """Counts requests that are under way in this process.

    Args:
        most: requests altogether.
        most_per_endpoint: to one endpoint, so that one that hangs holds up nobody else.
        freed: called whenever a slot becomes free.
    """

    def __init__(self, most: int, most_per_endpoint: int, freed: Callable[[], None]) -> None:
        self.most, self._most_per_endpoint, self._freed = most, most_per_endpoint, freed
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many requests are under way."""
        return self._taken.total()

    @property
    def free(self) -> int:
        """How many more requests may begin."""
        return self.most - self.taken

    def free_for(self, endpoint_id: str) -> int:
        """How many more may begin to an endpoint."""
        return self._most_per_endpoint - self._taken[endpoint_id]

    def take(self, endpoint_id: str) -> Callable[[], None]:
        """Take a slot; returns what gives it back, which may be called twice."""
        self._taken[endpoint_id] += 1
        is_taken = True

        def give_back() -> None:
            nonlocal is_taken
            if not is_taken:
                return
            is_taken = False
            self._taken[endpoint_id] -= 1
            if not self._taken[endpoint_id]:
                del self._taken[endpoint_id]
            self._freed()

        return give_back
