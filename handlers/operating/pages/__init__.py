"""The operator's pages: is what HubSpot shows true, and if not, why, and what is to be done."""
