"""Pages: each a function from values to one self-contained file without scripts, which loads nothing."""

from reports.html.sheet import Refuted as Refuted
from reports.html.sheet import sheet_html as sheet_html
from reports.html.student import feedback_html as feedback_html
from reports.html.summary import summary_html as summary_html
