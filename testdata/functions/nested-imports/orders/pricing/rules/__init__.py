"""Rules that change a price."""
