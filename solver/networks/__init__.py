"""Networks from elsewhere: a live torch module, short text, JSON; and to text, JSON and torch code again."""
