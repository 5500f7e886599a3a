"""`python -m devtools.bench.load`: calls an HTTP server as fast as it answers.

A line in is a list of requests as JSON, `{"method", "path", "body"}`, and how many are made
at a time; the line out says how long each took and what came back.
"""

import http.client
import json
import sys
import threading
import time


def fire(port: int, requests: list[dict], clients: int) -> dict:
    """Make the requests from `clients` threads, each on a connection that is kept."""
    pending = iter(requests)
    lock = threading.Lock()
    times, statuses = [], []

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                call = next(pending, None)
            if call is None:
                break
            start = time.perf_counter()
            status = _call(connection, call)
            times.append(time.perf_counter() - start)
            statuses.append(status)
        connection.close()

    threads = [threading.Thread(target=client) for _number in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "seconds": time.perf_counter() - start,
        "times": sorted(times),
        "statuses": statuses,
    }


def _call(connection: http.client.HTTPConnection, call: dict) -> int:
    headers = {"Content-Type": "application/json", **call.get("headers", {})}
    connection.request(call["method"], call["path"], call.get("body"), headers)
    response = connection.getresponse()
    body = response.read()
    # JSON-RPC answers 200 to what failed as well.
    if call.get("look_into") and b'"error"' in body:
        return 500
    return response.status


if __name__ == "__main__":
    for line in sys.stdin:
        message = json.loads(line)
        print(json.dumps(fire(**message)), flush=True)
