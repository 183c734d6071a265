"""The failures that marks survive, and where each is tested; reports that are whole whatever happens."""

import subprocess
import sys
import time

import pytest

from tests.sources import ROOT

FAILURES = {
    "killed at any moment": "test_ledger.py::test_killed_at_twenty_moments_it_goes_on_where_it_was",
    "a full disk": "test_ledger.py::test_a_full_disk_is_told_of_and_what_was_kept_is_whole",
    "several graders at once": "test_ledger.py::test_graders_at_once_find_the_same",
    "the same twice": "test_ledger.py::test_the_same_class_by_the_same_version_is_one_run",
    "a double click": "test_web.py::test_a_double_click_is_one_attempt",
    "two submissions of one student": "test_ledger.py::test_of_two_answers_both_are_kept_and_the_rule_is_named",
    "corrupt rows": "test_ledger.py::test_a_broken_row_costs_no_other_student",
    "corrupt members": "test_hostile_files.py::test_a_damaged_or_locked_member_anywhere",
    "corrupt notebooks": "test_hostile_files.py::test_a_broken_notebook_in_a_folder",
    "a hanging answer": "test_engines.py::test_only_the_culprit_waits_for_a_person_wherever_it_stands",
    "ids that look alike": "test_ledger.py::test_ids_are_never_merged_silently",
    "another order, other workers": "test_ledger.py::test_the_order_of_rows_changes_no_mark",
    "graded again": "test_ledger.py::test_a_run_graded_again_tells_what_is_different_and_leaves_the_old_one",
    "marks that do not add up": "test_ledger.py::test_ten_graders_worth_of_checks",
    "a worker that dies": "test_engines.py::test_several_culprits_in_one_chunk",
    "half a report": "test_nothing_lost.py::test_who_reads_never_sees_half_a_report",
    "a clock set back": "test_ledger.py::test_a_clock_set_back_changes_no_order",
    "a copy made while grading": "test_ledger.py::test_a_copy_made_while_grading_opens_and_is_whole",
    "ten thousand answers": "test_ledger.py::test_ten_thousand_answers_take_little_room",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_has_a_test(failure):
    file, _, name = FAILURES[failure].partition("::")
    assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")


WRITER = """
import sys
from pathlib import Path
from tirgul.files import write
for number in range(10**9):
    write(Path(sys.argv[1]), (bytes([97 + number % 2]) * 10_000 for _ in range(200)))
"""


def test_who_reads_never_sees_half_a_report(tmp_path):
    report, seen = tmp_path / "marks.json", set()
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", WRITER, report], cwd=ROOT) as writer:
            while not report.exists() and writer.poll() is None:
                time.sleep(0.01)
            for _ in range(30):
                time.sleep(0.01)
                seen.add(report.read_bytes())
            writer.kill()
        seen.add(report.read_bytes())
    assert seen == {b"a" * 2_000_000, b"b" * 2_000_000}
