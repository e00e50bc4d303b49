"""What the bundles' configurations name beside MONAI's and Ignite's own parts."""
