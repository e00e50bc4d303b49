"""From probabilities to figures, tables, plots and reports."""
