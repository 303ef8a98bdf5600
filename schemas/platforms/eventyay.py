"""eventyay: the keys of its sources. What it says is in `schemas.pretix_family`."""

import re
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from schemas.addresses import is_web_url
from schemas.fields import Value, shape
from schemas.pretix_family import FamilySource, FamilySourceSchema
from schemas.settings import base_url

# The tickets of before 2026 stand below /tickets: https://github.com/fossasia/eventyay-tickets, `BASE_PATH`.
_SITE = re.compile(r"[a-z]+://[^/?#]+(/(?!api(/|\Z))[A-Za-z0-9_-]+)*/?", re.IGNORECASE)


class Site(Value[str]):
    """Where an eventyay stands: https, or http on this host; perhaps with a path, but without that of its API."""

    def read(self, value: Any) -> str:
        """The address without a slash at its end."""
        if not isinstance(value, str) or not is_web_url(value) or not _SITE.fullmatch(value):
            raise ValidationError(
                f"Is {shape(value)}, not where an eventyay stands: such as https://eventyay.com or "
                "https://eventyay.com/tickets, without /api/v1."
            )
        return base_url(value)


@dataclass(frozen=True, kw_only=True)
class EventyaySource(FamilySource):
    """One eventyay. `frontend_url` is where visitors find its events, if that is not where its API stands."""

    frontend_url: str | None = None

    @property
    def site(self) -> str:
        """No event of eventyay's tells its own address."""
        return self.frontend_url or self.api_url


class EventyaySourceSchema(FamilySourceSchema):
    """The keys of a source on eventyay."""

    source = EventyaySource

    api_url = Site(required=True)
    frontend_url = Site()
