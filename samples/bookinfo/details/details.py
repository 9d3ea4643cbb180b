"""details: facts about a book."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from service import Handler, serve  # noqa: E402  (the sample is run from its folder, without an installation)


def book(number):
    return {
        "id": number,
        "author": "William Shakespeare",
        "year": 1595,
        "type": "paperback",
        "pages": 200,
        "publisher": "PublisherA",
        "language": "English",
        "ISBN-10": "1234567890",
        "ISBN-13": "123-1234567890",
    }


class Details(Handler):
    name = "details"

    def get(self, path):
        number = path.removeprefix("/details/")
        if path.startswith("/details/") and number.isdigit():
            self.json(200, book(int(number)))
        elif path.startswith("/details"):
            self.json(400, {"error": "please provide numeric product id"})
        else:
            super().get(path)


if __name__ == "__main__":
    serve(Details)
