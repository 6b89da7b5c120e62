"""``python -m conduit.demo``: migrate, seed and serve on SQLite; HOST, PORT and DATABASE can be set."""

import os
import subprocess
import sys

from .seeds import EMAIL, PASSWORD

COMMAND = [sys.executable, "-m", "glueful_kernel.cli", "--app", "conduit.app:app"]


def main() -> None:
    """Run the three steps, each as anybody would by hand."""
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    database = os.environ.get("DATABASE", "conduit.sqlite3")
    os.environ.setdefault("GLUEFUL_ORM__URL", database if "://" in database else f"sqlite:///{database}")
    os.environ.setdefault("GLUEFUL_KERNEL__ENVIRONMENT", "development")
    os.environ.setdefault("GLUEFUL_AUTH__SECRET", "a key for the demo only, known to everybody")
    for step in (["db", "migrate"], ["db", "seed"]):
        result = subprocess.run([*COMMAND, *step], check=False)
        if result.returncode:
            sys.exit(result.returncode)
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    print(  # noqa: T201 - this is a command
        f"""
Conduit is served at {base}/api   (Ctrl-C stops it)

  {base}/schema              its documentation
  curl {base}/api/articles   something to read
  curl {base}/api/users/login -H 'Content-Type: application/json' \\
       -d '{{"user": {{"email": "{EMAIL}", "password": "{PASSWORD}"}}}}'
""",
        flush=True,
    )
    os.execv(sys.executable, [*COMMAND, "serve", "--host", host, "--port", port])  # noqa: S606 - becomes the server


if __name__ == "__main__":
    main()
