"""Jobs that run by the clock."""


class Schedule: ...
