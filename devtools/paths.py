"""Where things are. Everything generated lies below DEV and nowhere else."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "b2b_family_mail"
REQUIREMENTS = ROOT / "dev-requirements.txt"

DEV = ROOT / ".dev"
LOG = DEV / "log"
RUN = DEV / "run"
VENV = DEV / "venv"
PYTHON = VENV / "bin" / "python"
ODOO_BIN = VENV / "bin" / "odoo"
ODOO_CONF = DEV / "odoo.conf"


def digest(*parts: str | bytes) -> str:
    """Short hexadecimal digest of the parts."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part.encode() if isinstance(part, str) else part)
        state.update(b"\0")
    return state.hexdigest()[:10]


def tree_digest(folder: Path) -> str:
    """Digest of the names and contents of all files below `folder`, caches left out."""
    return digest(
        *(
            part
            for path in source_files(folder)
            for part in (str(path.relative_to(folder)), path.read_bytes())
        )
    )


def source_files(folder: Path) -> list[Path]:
    """The files below `folder`, without the caches that tools leave there."""

    def is_cache(path: Path) -> bool:
        parts = path.relative_to(folder).parts
        return any(part == "__pycache__" or part.startswith(".") for part in parts)

    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not is_cache(path)
    ]
