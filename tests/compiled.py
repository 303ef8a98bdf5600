"""Templates that are compiled once in each process, however many apps its tests make."""

from jinja2 import BytecodeCache


class Compiled(BytecodeCache):
    """By name and text: https://jinja.palletsprojects.com/en/stable/api/#bytecode-cache."""

    def __init__(self):
        self._kept = {}

    def load_bytecode(self, bucket):
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket):
        self._kept[bucket.key, bucket.checksum] = bucket.code
