"""Text in several languages, as pretix writes it, and which of them is taken."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from schemas.fields import Value, shape

ANY = ""


class Translated(Value[dict[str, str]]):
    """Text by language, `{"en": …, "de": …}`, or plain text, which serves any language; inside without empty ones."""

    def read(self, value: Any) -> dict[str, str]:
        """The texts by language; empty where there is none."""
        texts = {ANY: value} if isinstance(value, str | None) else value
        if not isinstance(texts, dict) or not all(isinstance(text, str | None) for text in texts.values()):
            raise ValidationError(f"Is {shape(value)}, not text by language.")
        return {language: text for language, text in texts.items() if text and text.strip()}


def pick(texts: Mapping[str, str], language: str) -> str | None:
    """The text in `language`, else in a variety of it (`de-informal` for `de`), in English, or in whatever there is."""
    wanted = language.lower().replace("_", "-")
    names = {name.lower().replace("_", "-"): name for name in texts}
    kin = sorted(name for name in names if name.partition("-")[0] == wanted.partition("-")[0])
    best = next((name for name in (wanted, *kin, "en") if name in names), None)
    return next(iter(texts.values()), None) if best is None else texts[names[best]]
