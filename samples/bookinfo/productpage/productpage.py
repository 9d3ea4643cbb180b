"""productpage: the page that people see. Asks details and reviews, and says on the page which of them did not answer."""

import os
import sys
from html import escape
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, quote, unquote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from service import Handler, call, serve  # noqa: E402  (the sample is run from its folder, without an installation)

FOLDER = os.path.dirname(os.path.abspath(__file__))
TIMEOUT_SECONDS = 3
REVIEW_TRIES = 2
PRODUCT = {
    "id": 0,
    "title": "The Comedy of Errors",
    "descriptionHtml": "Two pairs of twins, parted in a shipwreck, meet in one town on one day, and nobody knows which is which.",
}
STATIC = {"/static/style.css": "text/css"}


class ProductPage(Handler):
    name = "productpage"

    def get(self, path):
        if path in ("/", "/index.html"):
            self.html(200, page("Bookinfo", '<main><h1>Bookinfo</h1><p>A sample of four services. <a href="/productpage">Open the product page</a>.</p></main>'))
        elif path == "/productpage":
            self.product_page()
        elif path == "/logout":
            self.redirect("/productpage", "user=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        elif path == "/login":
            self.redirect("/productpage")
        elif path == "/api/v1/products":
            self.json(200, [PRODUCT])
        elif path.startswith("/api/v1/products/"):
            self.product_api(path.removeprefix("/api/v1/products/"))
        elif path in STATIC:
            with open(os.path.join(FOLDER, path.lstrip("/")), "rb") as file:
                self.answer(200, STATIC[path], file.read(), {"cache-control": "max-age=60"})
        else:
            super().get(path)

    def post(self, path, body):
        if path != "/login":
            super().post(path, body)
            return
        user = parse_qs(body.decode("utf-8", "replace")).get("username", [""])[0].strip()
        self.redirect("/productpage", f"user={quote(user)}; Path=/; HttpOnly; SameSite=Lax")

    def user(self):
        cookie = SimpleCookie(self.headers.get("cookie", "")).get("user")
        return unquote(cookie.value) if cookie else ""

    def onward(self):
        headers = self.carried()
        if self.user():
            headers["end-user"] = self.user()
        return headers

    def reviews(self):
        for _ in range(REVIEW_TRIES):
            status, found = call("reviews", "/reviews/0", self.onward(), TIMEOUT_SECONDS)
            if found is not None:
                return 200, found
        return status, None

    def product_page(self):
        details_status, details = call("details", "/details/0", self.onward(), TIMEOUT_SECONDS)
        reviews_status, reviews = self.reviews()
        body = f"""
            {login(self.user())}
            <main>
              <h1>{escape(PRODUCT["title"])}</h1>
              <p class="lead">{escape(PRODUCT["descriptionHtml"])}</p>
              <div class="columns">
                <section aria-labelledby="details"><h2 id="details">Book Details</h2>{details_table(details)}</section>
                <section aria-labelledby="reviews"><h2 id="reviews">Book Reviews</h2>{review_list(reviews)}</section>
              </div>
            </main>"""
        self.html(200, page("Simple Bookstore App", body))

    def product_api(self, rest):
        number, _, part = rest.partition("/")
        if not number.isdigit():
            self.json(400, {"error": "please provide numeric product id"})
        elif part == "":
            self.api_answer(*call("details", f"/details/{number}", self.onward(), TIMEOUT_SECONDS), "details")
        elif part == "reviews":
            self.api_answer(*self.reviews(), "reviews")
        elif part == "ratings":
            self.api_answer(*call("ratings", f"/ratings/{number}", self.onward(), TIMEOUT_SECONDS), "ratings")
        else:
            super().get(self.path)

    def api_answer(self, status, found, what):
        self.json(status, found if found is not None else {"error": f"Sorry, product {what} are currently unavailable for this book."})


def page(title, body):
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/static/style.css"></head>
<body>{body}</body></html>"""


def login(user):
    if user:
        return f'<header><a href="/">Bookinfo</a><p>Signed in as <b>{escape(user)}</b> · <a href="/logout">Sign out</a></p></header>'
    return """<header><a href="/">Bookinfo</a><form method="post" action="/login">
        <label for="username">Name</label> <input id="username" name="username" autocomplete="username" required> <button>Sign in</button></form></header>"""


def details_table(details):
    if details is None:
        return unavailable("details")
    shown = {"Type": "type", "Pages": "pages", "Publisher": "publisher", "Language": "language", "ISBN-10": "ISBN-10", "ISBN-13": "ISBN-13"}
    rows = "".join(f"<dt>{label}</dt><dd>{escape(str(details.get(key, '')))}</dd>" for label, key in shown.items())
    return f"<dl>{rows}</dl>"


def review_list(found):
    if found is None:
        return unavailable("reviews")
    reviews = "".join(
        f'<article><blockquote>{escape(r["text"])}</blockquote><p class="by">{escape(r["reviewer"])}</p>{stars(r.get("rating"))}</article>'
        for r in found["reviews"])
    return f'{reviews}<p class="served">Reviews served by <code>{escape(str(found.get("podname")))}</code></p>'


def stars(rating):
    if rating is None:
        return ""
    if "stars" not in rating:
        return '<p class="error" role="status">Ratings service is currently unavailable</p>'
    count, color = int(rating["stars"]), "red" if rating.get("color") == "red" else "black"
    return f'<p class="stars {color}" role="img" aria-label="{count} of 5 {color} stars">{"★" * count}<span>{"★" * (5 - count)}</span></p>'


def unavailable(what):
    return f'<div class="error" role="alert"><h3>Error fetching product {what}!</h3><p>Sorry, product {what} are currently unavailable for this book.</p></div>'


if __name__ == "__main__":
    serve(ProductPage)
