"""What pages are made of: results, reports, filters, lists, drawings; and what is made once a generation."""
