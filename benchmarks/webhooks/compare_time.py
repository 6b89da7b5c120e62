"""Whether the time of a verification tells where a signature is wrong.

    python benchmarks/webhooks/compare_time.py [RUNS]

Signatures whose first byte is wrong and ones whose last byte is, in turn; prints both means, and Welch's t: beyond 4.5
either way it would be called a leak.
"""

import statistics
import sys
import time

from glueful_webhooks import new_secret


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    key, content = new_secret(), b"msg_1.1700000000." + b"x" * 500
    good = key.sign(content)
    wrong = {"first byte": bytes([good[0] ^ 1]) + good[1:], "last byte": good[:-1] + bytes([good[-1] ^ 1])}
    took = {name: [] for name in wrong}
    for _ in range(runs):
        for name, signature in wrong.items():
            started = time.perf_counter_ns()
            key.verify(signature, content)
            took[name].append(time.perf_counter_ns() - started)
    for name, values in took.items():
        # What the machine did in between is no property of the comparison.
        took[name] = sorted(values)[: int(runs * 0.9)]
    first, last = took.values()
    error = (statistics.variance(first) / len(first) + statistics.variance(last) / len(last)) ** 0.5
    print(", ".join(f"{name} wrong: {statistics.fmean(values):.0f} ns" for name, values in took.items()))
    print(f"t = {(statistics.fmean(first) - statistics.fmean(last)) / error:.1f}")


if __name__ == "__main__":
    main()
