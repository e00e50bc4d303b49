"""Label maps, one JSON file each; read by :mod:`mammo_monai.datasets.labels`."""
