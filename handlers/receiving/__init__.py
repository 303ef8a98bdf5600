"""The door: proves where a notification came from, stores it, answers."""
