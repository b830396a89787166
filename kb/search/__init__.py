"""Notes as documents of an index, and what is asked of them and answered."""
