"""Tells somebody outside what changed for good or bad, once each way."""
