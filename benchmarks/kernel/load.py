"""A small closed-loop HTTP/1.1 client: N keep-alive connections, each sends the next request after the answer."""

import asyncio
import sys
import time

CONNECTIONS = 32


async def connection(host: str, port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    done = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode("latin-1"))
        start = head.lower().index(b"content-length:") + 15
        await reader.readexactly(int(head[start : head.index(b"\r\n", start)]))
        done += 1
    writer.close()
    return done


async def main(port: int, path: str, seconds: float) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: benchmark\r\n\r\n".encode()
    begin = time.perf_counter()
    counts = await asyncio.gather(
        *(connection("127.0.0.1", port, request, begin + seconds) for _ in range(CONNECTIONS))
    )
    print(sum(counts) / (time.perf_counter() - begin))


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
