"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line: what it is `about`, in one word, and a sentence; `is_fault` where something must be mended."""

    about: str
    text: str
    is_fault: bool = False


def fault(text: str) -> Finding:
    """Something that must be mended."""
    return Finding("fault", text, is_fault=True)
