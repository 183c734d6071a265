"""What a file is that is no text, by the bytes that it begins with."""

from __future__ import annotations

from collections.abc import Mapping

PICTURE, ARCHIVE = "picture", "other_archive"

# the reason that is given for it, a key of the catalogs
BEGINNINGS: Mapping[bytes, str] = {
    b"%PDF": "pdf",
    b"\x89PNG": PICTURE,
    b"\xff\xd8\xff": PICTURE,
    b"GIF8": PICTURE,
    b"II*\0": PICTURE,
    b"MM\0*": PICTURE,
    b"\xd0\xcf\x11\xe0": "document",  # .doc, .xls
    b"{\\rtf": "document",
    b"Rar!": ARCHIVE,
    b"7z\xbc\xaf": ARCHIVE,
    b"\x1f\x8b": ARCHIVE,
    b"PK\x05\x06": "empty_file",  # an archive without members
}


def not_text(data: bytes) -> str:
    """Why these bytes are no text; "" where they may be one.

    >>> not_text(b"%PDF-1.7"), not_text(b"\\0\\0\\0\\x18ftypheic"), not_text(b"student,answer")
    ('pdf', 'picture', '')
    """
    if data[4:8] == b"ftyp":  # what telephones make
        return PICTURE
    return next((reason for begins, reason in BEGINNINGS.items() if data.startswith(begins)), "")
