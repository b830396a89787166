"""What pages are made of: hits, filters, trees, marks, texts."""
