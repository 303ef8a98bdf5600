"""From a changed event to a confirmed change in HubSpot."""
