"""`python -m classifiers.corpus`: checks the corpus and counts it."""

import sys
from collections import Counter

from classifiers.corpus import CorpusError, load


def main() -> int:
    """Prints how many texts there are of everything, or the first line that is wrong."""
    try:
        lines = load()
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(lines)} texts")
    for column in ("voice", "kind", "category", "urgency", "style", "lang"):
        counts = Counter(str(getattr(line, column)) for line in lines).most_common()
        print(f"{column}: " + ", ".join(f"{name} {count}" for name, count in counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
