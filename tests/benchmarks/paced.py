"""Sends at an even pace and prints the rate reached, p50 and p99 in ms; called by ack.py."""

import hashlib
import hmac
import http.client
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from ack import EVENTS, body

LANES = 8


def main(port, rate, seconds, secret):
    requests = []
    for number in range(EVENTS):
        content = body(number)
        signature = hmac.new(secret.encode(), content.encode(), hashlib.sha256).hexdigest()
        requests.append((content, {"Content-Type": "application/json", "X-Signature": signature}))
    start = time.monotonic() + 0.5
    with ThreadPoolExecutor(LANES) as pool:
        lanes = pool.map(lambda lane: run(port, requests, start, rate, seconds, lane), range(LANES))
        latencies = sorted(latency for lane in lanes for latency in lane)
    took = time.monotonic() - start
    print(len(latencies) / took, latencies[len(latencies) // 2] * 1000, latencies[int(len(latencies) * 0.99)] * 1000)


def run(port, requests, start, rate, seconds, lane):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    latencies = []
    for turn in range(lane, int(rate * seconds), LANES):
        due = start + turn / rate
        time.sleep(max(0.0, due - time.monotonic()))
        content, headers = requests[turn % len(requests)]
        connection.request("POST", "/webhooks/bench", content, headers)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 202
        latencies.append(time.monotonic() - due)
    return latencies


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
