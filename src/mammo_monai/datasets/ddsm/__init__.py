"""What the ``.OVERLAY`` files of DDSM outline, as findings; the films themselves are read in ``dicom/ddsm``."""
