"""What the processes of this host counted together, read back from where it is scraped."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from handlers.operating.totals import shared_totals


def counted(registry: CollectorRegistry, name: str) -> dict[tuple[str, ...], float]:
    """The values of one sample by its labels' values, in the order of the labels' names; nothing where it is not counted."""
    text = (shared_totals() or generate_latest(registry)).decode()
    lines = "\n".join(line for line in text.splitlines() if line.startswith(name))
    return {
        tuple(value for _label, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(f"{lines}\n")
        for sample in family.samples
        if sample.name == name
    }
