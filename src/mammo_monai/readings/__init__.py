"""Several readers on the same cases: their tables, how well they agree, and one label of them all."""
