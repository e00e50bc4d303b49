"""Exams selected, predicted and reported by operators of MONAI Deploy; what they do is ``mammo_monai``'s."""
