"""What makes a DDSM film readable: its case header (``.ics``), its digitiser and its codec.

Source of the formats: M. Heath, K. Bowyer, D. Kopans, R. Moore, P. Kegelmeyer, "The Digital Database for Screening
Mammography", IWDM 2000, and the data base's pages "Description of a case" and "Mapping Grey Levels to Optical
Density" (University of South Florida).
"""
