"""The reading page: a folder of exams, four views hung, the model's result, the reader's own category as a row."""
