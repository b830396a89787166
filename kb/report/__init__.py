"""The values of a report: its outline, talks and notes, their ids and dates, and the problems of its file."""
