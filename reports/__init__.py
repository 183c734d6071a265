"""Words and pages: catalogs, printed mathematics, solution sheets, feedback and summaries in Hebrew and English."""
