"""ratings: stars that reviewers gave. Kept in memory, so POST changes them until the process ends."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from service import Handler, serve  # noqa: E402  (the sample is run from its folder, without an installation)

BODY_BYTES_MAX = 64 << 10
given = {}


class Ratings(Handler):
    name = "ratings"

    def get(self, path):
        number = self.number(path)
        if number is not None:
            self.json(200, {"id": number, "ratings": given.get(number, {"Reviewer1": 5, "Reviewer2": 4})})

    def post(self, path, body):
        number = self.number(path)
        if number is None:
            return
        try:
            if len(body) > BODY_BYTES_MAX:
                raise ValueError
            stars = json.loads(body)
            given[number] = {str(reviewer): int(count) for reviewer, count in stars.items()}
        except (ValueError, TypeError, AttributeError):
            self.json(400, {"error": "please provide valid ratings JSON"})
            return
        self.json(200, {"id": number, "ratings": given[number]})

    def number(self, path):
        text = path.removeprefix("/ratings/")
        if not path.startswith("/ratings/"):
            self.json(404, {"error": f"nothing at {path}"})
        elif not text.isdigit():
            self.json(400, {"error": "please provide numeric product ID"})
        else:
            return int(text)
        return None


if __name__ == "__main__":
    serve(Ratings)
