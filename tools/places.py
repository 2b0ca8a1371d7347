"""Writes bot/resources/data/zip_codes.csv from the package zipcodes: python tools/places.py

The package holds its list as 42,000 dictionaries, 138 MB of memory in every serving process; what a
place is known by here is six columns of it, 2 MB.
"""

import csv
from pathlib import Path

import zipcodes

OUT = Path(__file__).parent.parent / "bot" / "resources" / "data" / "zip_codes.csv"
COLUMNS = ("zip_code", "city", "state", "county", "lat", "long")


def rows() -> list[dict[str, str]]:
    """The columns of every ZIP code, in order."""
    return [
        {column: str(row[column] or "") for column in COLUMNS}
        for row in sorted(zipcodes.list_all(), key=lambda row: row["zip_code"])
    ]


def main() -> None:
    """Writes the file."""
    with OUT.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())


if __name__ == "__main__":
    main()
