"""What an operator sees and does: health, metrics, API, commands, logs."""
