"""What is on a page: each module makes documents of values, in one language, for any format."""
