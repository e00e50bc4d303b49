"""Training, validation and test: what a method fixes (:mod:`.methods`), the rest divided (:mod:`.division`)."""
