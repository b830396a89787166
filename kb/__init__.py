"""A knowledge base over talk notes: what a report is, how it becomes notes, and the commands over them."""
