"""De-identification of mammograms: PS3.15 annex E for the header, text outside the breast for the pixels."""
