"""The inbox: the only SQL of the service, and all that the two halves share."""
