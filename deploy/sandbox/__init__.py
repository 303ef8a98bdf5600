"""A stand-in for HubSpot's marketing events, for trying and testing without an account.

It shares no code with the service, so that no misunderstanding is tested against itself. Where HubSpot's behaviour is not
documented it is as strict as its documentation and recorded answers allow. Its own controls are below `/sandbox/`.
"""
