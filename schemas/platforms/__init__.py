"""What each platform's words mean: same stem as its handler."""
