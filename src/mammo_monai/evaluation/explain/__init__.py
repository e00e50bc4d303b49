"""Why a network says what it says: saliency of one image, and heat maps of whole images from a patch network."""
