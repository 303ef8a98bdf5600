"""For containers: exit status 0 if the web process in here is up, 1 if not. No curl is needed."""

import http.client
import os
import sys

SECONDS = 4.0


def main() -> int:
    """Ask `/livez`, and not `/readyz`: a service that drains, or waits for its database, must not be killed for it."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=SECONDS)
    try:
        connection.request("GET", "/livez")
        status = connection.getresponse().status
    except OSError as error:
        print(f"/livez does not answer: {error}")
        return 1
    print(f"/livez answers {status}")
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
