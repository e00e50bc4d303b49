"""Reading mammograms by the standard: start at :func:`mammo_monai.dicom.image.read_image`."""
