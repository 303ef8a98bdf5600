"""What happens to a notification, room by room: received, kept, forwarded, operated."""
