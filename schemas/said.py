"""What a platform says, of which only that is read which HubSpot shows."""

from marshmallow import EXCLUDE, Schema


class Said(Schema):
    """An object of a platform's."""

    class Meta:
        """Platforms say more, and tomorrow more still."""

        unknown = EXCLUDE
