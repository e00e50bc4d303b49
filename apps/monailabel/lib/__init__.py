"""The parts of the MONAI Label app; thin over :class:`mammo_monai.inference.predictor.Predictor`."""
