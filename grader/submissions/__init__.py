"""What students hand in: one module a format, recognised by content, never by the file's name.

A format is a module here with `recognises(text) -> bool` and `read(text, source) -> answers and problems`.
"""

from grader.submissions.reading import Format as Format
from grader.submissions.reading import submissions as submissions
