"""From an exam to its result with a bundle as it is: what every application asks."""
