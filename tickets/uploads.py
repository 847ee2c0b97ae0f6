"""What may be attached to an article: how much, which types, under which names (domain §2).

A file is taken for what its bytes say, never for what the browser claims: the ending must be one of `TYPES`, and the
content must begin as files of that ending do. Nothing a browser would run is among them. The few beginnings stand here
and not in a library, which would guess what a file might be: what is asked is whether it is what its name says. Files
are never opened, unpacked or drawn, so none can swell.
"""

import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

MAX_SIZE = 10 * 1024 * 1024  # bytes, each
MAX_FILES = 10
MAX_TOGETHER = 25 * 1024 * 1024  # bytes of one form's files: what mail servers still pass on
MAX_NAME = 150  # characters
SNIFFED = 4096  # bytes looked at


@dataclass(frozen=True)
class FileType:
    """`content_type` is what it is served as; it begins with one of `magic`, or is text where there is none."""

    content_type: str
    magic: tuple[bytes, ...] = ()
    offset: int = 0


_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"

TYPES = {
    "txt": FileType("text/plain"),
    "log": FileType("text/plain"),
    "md": FileType("text/plain"),
    "csv": FileType("text/csv"),
    "json": FileType("application/json"),
    "eml": FileType("message/rfc822"),
    "png": FileType("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": FileType("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": FileType("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": FileType("image/gif", (b"GIF87a", b"GIF89a")),
    "webp": FileType("image/webp", (b"WEBP",), offset=8),
    "heic": FileType("image/heic", (b"ftyp",), offset=4),
    "mp4": FileType("video/mp4", (b"ftyp",), offset=4),
    "pdf": FileType("application/pdf", (b"%PDF-",)),
    "zip": FileType("application/zip", _ZIP),
    "7z": FileType("application/x-7z-compressed", (b"7z\xbc\xaf\x27\x1c",)),
    "gz": FileType("application/gzip", (b"\x1f\x8b",)),
    "docx": FileType(f"{_OFFICE}.wordprocessingml.document", _ZIP),
    "xlsx": FileType(f"{_OFFICE}.spreadsheetml.sheet", _ZIP),
    "pptx": FileType(f"{_OFFICE}.presentationml.presentation", _ZIP),
    "odt": FileType(f"{_OPEN}.text", _ZIP),
    "ods": FileType(f"{_OPEN}.spreadsheet", _ZIP),
    "odp": FileType(f"{_OPEN}.presentation", _ZIP),
    "doc": FileType("application/msword", _OLE),
    "xls": FileType("application/vnd.ms-excel", _OLE),
    "ppt": FileType("application/vnd.ms-powerpoint", _OLE),
    "msg": FileType("application/vnd.ms-outlook", _OLE),
}
# Shown in the browser; everything else is only ever saved to disk.
INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_RUNNABLE = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa",
    b"\xcf\xfa\xed\xfe",
    b"#!",
    b"PK\x03\x04",
)
_MARKUP = (b"<!doctype", b"<?xml", b"<!--", b"<html", b"<script", b"<svg", b"<iframe", b"<body", b"<head")


def clean_name(name: str) -> str:
    """`name` without folders, control and direction characters; its ending kept however long it is."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(one for one in name if unicodedata.category(one)[0] != "C").strip(" .")
    path = PurePosixPath(name or "file")
    return path.stem[: MAX_NAME - len(path.suffix)] + path.suffix[:20]


def clean(upload):
    """Give the upload a safe name and its true content type. Raises ValidationError saying which file and why."""
    upload.name = clean_name(upload.name)
    if upload.size > MAX_SIZE:
        raise ValidationError(
            _("“%(name)s” is too large (%(size)s): %(limit)s at most.")
            % {"name": upload.name, "size": filesizeformat(upload.size), "limit": filesizeformat(MAX_SIZE)}
        )
    if not upload.size:
        raise ValidationError(_("“%(name)s” is empty.") % {"name": upload.name})
    ending = PurePosixPath(upload.name).suffix.lstrip(".").lower()
    file_type = TYPES.get(ending)
    if file_type is None:
        raise ValidationError(
            _("“%(name)s” cannot be attached: files of this type are not accepted.") % {"name": upload.name}
        )
    upload.seek(0)
    head = upload.read(SNIFFED)
    upload.seek(0)
    if not _is(file_type, head):
        raise ValidationError(
            _("“%(name)s” cannot be attached: its content is not what its name says.") % {"name": upload.name}
        )
    upload.content_type = file_type.content_type
    return upload


def _is(file_type, head):
    if file_type.magic:
        return any(head.startswith(magic, file_type.offset) for magic in file_type.magic)
    if head.startswith(_RUNNABLE) or head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        return False
    # A text in UTF-16 has zero bytes by nature; elsewhere they betray something else.
    return b"\x00" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class AttachmentsField(forms.FileField):
    """Any number of files up to MAX_FILES; cleans to a list of uploads ready for `Ticket.note` and its like."""

    widget = FilesInput
    default_error_messages = {"invalid": gettext_lazy("This was not sent as a file.")}

    def __init__(self, **kwargs):
        kwargs.setdefault("label", gettext_lazy("Attachments"))
        super().__init__(required=False, **kwargs)
        self.widget.attrs["accept"] = ",".join(f".{ending}" for ending in TYPES)

    def clean(self, data, initial=None):
        uploads = [upload for upload in data or [] if upload]
        if len(uploads) > MAX_FILES:
            raise ValidationError(
                ngettext("%(count)d file at most.", "%(count)d files at most.", MAX_FILES)
                % {"count": MAX_FILES}
            )
        together = sum(upload.size for upload in uploads)
        if together > MAX_TOGETHER:
            raise ValidationError(
                _("The files are too large together (%(size)s): %(limit)s at most.")
                % {"size": filesizeformat(together), "limit": filesizeformat(MAX_TOGETHER)}
            )
        problems = []
        for upload in uploads:
            try:
                clean(upload)
            except ValidationError as problem:
                problems.extend(problem.messages)
        if problems:
            raise ValidationError(problems)
        return uploads
