"""The addresses, by what they are about. Images are asked for by their number in a scanned folder, never by path."""
