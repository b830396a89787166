"""What a report is made of, as values: its outline, its talks and notes, their names, what is wrong with a file."""
