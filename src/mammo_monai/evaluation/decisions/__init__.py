"""What a set of weights decides: asked for by a plan, fitted on validation, stored beside the weights, then applied."""
