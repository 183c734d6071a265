"""Networks of our own writing, and what is published about them."""
