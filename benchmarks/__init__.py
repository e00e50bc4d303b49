"""Speed as ratios inside one run. Each module without a leading underscore is a benchmark: ``lines(folder)``."""
