"""Studies: tables of named overlays on one bundle, trained, evaluated and compared by one command."""
