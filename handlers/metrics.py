"""What is counted while it happens; what can be read from the inbox is read at each scrape instead."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400)


class Metrics:
    """The counters of one process; never with an object's or an event's id as a label."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.notifications = Counter(
            "marquee_notifications", "Webhooks answered.", ["source", "status"], registry=registry
        )
        self.ack = Histogram("marquee_ack_seconds", "From request to answer.", registry=registry, buckets=_FAST)
        self.settled = Counter("marquee_settled", "Notifications settled.", ["source", "outcome"], registry=registry)
        self.hubspot_calls = Counter("marquee_hubspot_calls", "Calls of HubSpot.", ["status"], registry=registry)
        self.hubspot_seconds = Histogram(
            "marquee_hubspot_call_seconds", "From call to answer.", registry=registry, buckets=_FAST
        )
        self.hubspot_left = Gauge(
            "marquee_hubspot_limit_remaining",
            "Calls that HubSpot's limits leave, as its last answer told.",
            ["window"],
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self.secret_used = Gauge(
            "marquee_secret_used_timestamp_seconds",
            "When a source's secret, by its place from the newest, proved a webhook last.",
            ["source", "position"],
            registry=registry,
            multiprocess_mode="max",
        )
        self.platform_calls = Counter(
            "marquee_platform_calls", "Calls of the sources' platforms.", ["source", "status"], registry=registry
        )
        self.platform_seconds = Histogram(
            "marquee_platform_call_seconds", "From call to answer.", registry=registry, buckets=_FAST
        )
        self.inputs = Counter("marquee_inputs", "Inputs sent, by what HubSpot said.", ["outcome"], registry=registry)
        self.freshness = Histogram(
            "marquee_freshness_seconds", "From receipt to HubSpot's word.", ["source"], registry=registry, buckets=_SLOW
        )
