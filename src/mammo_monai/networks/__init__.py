"""Networks, and where their weights come from; one file per network family."""
