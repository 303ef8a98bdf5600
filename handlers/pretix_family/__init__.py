"""What pretix and its fork eventyay do alike: thin and unsigned, a webhook is only a hint of what to ask the REST API."""
