"""Every reason in plain words, and what a person can do about it: one table for the API, the pages and the commands."""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """What a reason means, and how to mend it; None where nothing need be done, or nothing can."""

    says: str
    mend: str | None = None


_BY_ITSELF = "Nothing need be done: it is tried again by itself."
_REPLAY = "Then replay it."
_OUTCOMES: Mapping[str, Words] = {
    "invalid": Words(
        "It is no notification of its platform, or its fields contradict each other: the detail names them.",
        f"Mend the sender, or the source's settings (map, custom_properties). {_REPLAY}",
    ),
    "not_in_hubspot": Words(
        "HubSpot has no marketing event for it.",
        'Link it to its marketing event, or set on_missing = "create" in the source and replay it.',
    ),
    "ambiguous": Words("HubSpot has several marketing events for it.", "Link it to the right one."),
    "linked_elsewhere": Words(
        "Its marketing event stands for another event already.", "Link one of the two to another marketing event."
    ),
    "wrong_account": Words(
        "HubSpot has its external id under other accounts only.", "Set the source's account_id, or link it."
    ),
    "made_by_another_app": Words(
        "Another app made its marketing event.", "Set update_foreign = true in the source and replay it, or link it."
    ),
    "rejected_by_hubspot": Words(
        "HubSpot refuses what was sent: the detail says why.",
        f"Mend the event at the platform, or what HubSpot demands (such as a missing property). {_REPLAY}",
    ),
    "not_published": Words("It was never on sale, so that it waits unsent.", None),
    "deleted": Words("Its platform no longer has it.", None),
    "cancelled": Words("It was cancelled before HubSpot knew it, so that there is nothing to create.", None),
    "series_parent": Words("It is a series, whose dates are sent instead.", None),
    "series_occurrence": Words("It is a date of a series, which is sent as a whole.", None),
    "other_organization": Words("It belongs to another organization than the source's.", None),
    "other_platform": Words("It is kept on another platform.", None),
    "not_looked_up": Words("Its platform cannot be asked about it.", None),
    "took_place": Words("It took place, and its platform no longer tells of it.", None),
    "list_compared": Words("The platform's list was compared, and what it lacks is looked up.", None),
    "list_doubted": Words(
        "So much was missing in the platform's list that it was not believed.", "Look at the platform; then backfill."
    ),
    "not_shown": Words(
        "HubSpot took it, and shows some fields otherwise: the detail names them.",
        "Define these properties for marketing events in HubSpot, then send it again.",
    ),
}
_WAITS: Mapping[str, Words] = {
    "creating": Words("It may have been created in HubSpot just now, and is looked up.", _BY_ITSELF),
    "unconfirmed": Words("HubSpot did not say whether it took it.", _BY_ITSELF),
    "late_answer": Words("An earlier call may yet overwrite it, so that it is sent once more.", _BY_ITSELF),
    "source_paused": Words("An operator paused its source.", "Resume the source."),
    "source_not_configured": Words("Its source is no longer configured.", "Configure the source again."),
    "internal_error": Words("Marquee failed at it, which is logged.", "Look for its id in the log, and report it."),
    "platform_budget": Words("Its platform is asked only so often.", _BY_ITSELF),
    "platform_unexpected_status": Words("Its platform answers about it in a way that is not known.", _BY_ITSELF),
    "platform_refuses_event": Words(
        "Its platform refuses to tell of it.", "Give the source's token the right to see the event."
    ),
    "platform_refuses_token": Words(
        "The platform refuses the source's token.", "Give the source a valid token and restart."
    ),
    "platform_redirects": Words("The platform redirects, which is never followed.", "See the source's api_url."),
    "platform_throttles": Words("The platform takes no more calls for a moment.", _BY_ITSELF),
    "platform_lists_no_organization": Words("The source's token belongs to no organization.", "Give another token."),
    "organization_id_needed": Words(
        "The source's token belongs to several organizations.", "Set organization_id in the source."
    ),
    "platform_unavailable": Words("The platform cannot answer just now.", _BY_ITSELF),
    "platform_unreachable": Words("There is no connection to the platform.", "See the source's api_url if it lasts."),
    "platform_unreadable": Words(
        "The platform answers with something that is not its API's.", "See the source's api_url."
    ),
}
_PAUSES: Mapping[str, Words] = {
    "operator": Words("An operator paused it.", "Resume it when the reason is gone."),
    "daily_limit": Words(
        "HubSpot's daily limit is used up.", "It goes on by itself at midnight; HubSpot can raise the limit."
    ),
    "rate_limited": Words("HubSpot takes no more calls for a moment.", _BY_ITSELF),
    "unauthorized": Words("HubSpot does not take the token.", "Give a valid HUBSPOT_ACCESS_TOKEN and restart."),
    "forbidden": Words("HubSpot does not let the token do this.", "Give the app the missing scopes."),
    "unavailable": Words("HubSpot cannot answer just now.", _BY_ITSELF),
    "unreachable": Words("HubSpot cannot be reached behind its own front.", "If it lasts, tell HubSpot's support."),
    "network": Words("There is no connection to HubSpot.", "See the network and HUBSPOT_BASE_URL if it lasts."),
    "locked": Words("HubSpot has locked something for a moment.", _BY_ITSELF),
    "migration": Words("HubSpot is moving the account to another data centre.", _BY_ITSELF),
    "redirected": Words("HubSpot redirects, which is never followed.", "See HUBSPOT_BASE_URL."),
    "not_found": Words("HubSpot has no such address.", "See HUBSPOT_BASE_URL and HUBSPOT_API_VERSION."),
    "unexpected_status": Words("HubSpot answers in a way without a known meaning.", "See the attempts and the log."),
    "unreadable_answer": Words("HubSpot answers with something that cannot be read.", "See HUBSPOT_BASE_URL."),
    "reconnect": Words("HubSpot takes the refresh token no more.", "Authorize the app again: OAuth in the README."),
    "bad_client": Words("HubSpot does not know the app.", "Compare HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET."),
    "token_refused": Words(
        "HubSpot's token endpoint refuses the call.", "See HUBSPOT_BASE_URL and HUBSPOT_API_VERSION."
    ),
    "token_unavailable": Words("HubSpot gives no access token just now.", _BY_ITSELF),
}
WORDS: Mapping[str, Words] = {**_PAUSES, **_WAITS, **_OUTCOMES}
STATES: Mapping[str, str] = {
    "waiting": "It is sent soon.",
    "held": "It was put off, and is taken up again by itself.",
    "dead": "It could not be sent as it is.",
    "not_in_hubspot": "It waits for a link to a marketing event.",
    "unpublished": "It waits unsent until it goes on sale.",
    "up_to_date": "HubSpot shows what the platform says.",
    "unknown": "Nothing has been settled about it yet.",
}


def words(reason: str | None) -> Words:
    """What the reason of an outcome, of a wait or of a pause means."""
    if reason is None:
        return Words("No reason was given.")
    return WORDS.get(reason) or Words(f"{reason.replace('_', ' ').capitalize()}.", "See the detail and the log.")


def state_words(state: str) -> str:
    """What an event's state means."""
    return STATES.get(state, state)
