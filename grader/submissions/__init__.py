"""What students hand in: one module a format, recognised by content, never by the file's name.

A format is a module here with `recognises(text) -> bool` and `read(text, source) -> answers and problems`; one that
holds one student's answers also has `read_owned(text, source, student)`, for files whose place tells whose they are.
Archives are read member by member and spreadsheets as the text of a table, before a format is looked for.
"""

from grader.submissions.reading import Format as Format
from grader.submissions.reading import Wanted as Wanted
from grader.submissions.reading import formats as formats
from grader.submissions.reading import submissions as submissions
