"""What a datalist holds, as tables, figures, examples and one page; examples alone need its files."""
