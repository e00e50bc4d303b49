"""Which image a reader should label next: one module per strategy, found by listing this folder.

A module has a docstring, whose first line clients see, ``BY_PREDICTION`` and ``urgency(probabilities, labelled)``: the
higher, the sooner. ``probabilities`` of each class are those the scoring method stored, calibrated where the weights
have a decision, {} for an image without; ``labelled`` is how many images of each class have been submitted. Where
``BY_PREDICTION`` says so, only images with probabilities are compared. Among equals the longest waiting comes first.
"""
