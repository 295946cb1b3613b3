"""What the commands do beyond one call: opening stores, reading asks, telling errors."""
