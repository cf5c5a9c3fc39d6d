"""Which pictures a web page shows or links to, and under what licence it says it puts them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

__all__ = ["PageImages", "find_images"]

_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|tiff?|gif|bmp)$", re.IGNORECASE)
# Where pages keep the address of a picture that is loaded only when it comes into view.
_LATER = ("data-src", "data-original", "data-lazy-src", "data-full")
_SETS = ("srcset", "data-srcset")
_META = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image")


@dataclass(frozen=True, slots=True)
class PageImages:
    """Addresses of the pictures, each once and in the page's order, and the licence that the page states ("" if none)."""

    images: tuple[str, ...]
    licence: str


def find_images(html: str, *, url: str) -> PageImages:
    """Find the pictures of a page.

    Found are `img` (the largest of a `srcset`, else an address for later loading, else `src`), `source` in `picture`, links to picture
    files, and the picture that the page gives for sharing. A link comes before the small picture inside it. Pictures
    within the page itself (`data:`) are left out.

    Parameters
    ----------
    html : str
    url : str
        Where the page came from, which relative addresses start at.
    """
    finder = _Finder()
    finder.feed(html)
    finder.close()
    base = urljoin(url, finder.base)
    found = dict.fromkeys(a for a in (_absolute(base, i) for i in finder.images) if a)
    licence = finder.licence
    return PageImages(tuple(found), (_absolute(base, licence) or licence) if licence else "")


@dataclass
class _Finder(HTMLParser):
    images: list[str] = field(default_factory=list[str])
    base: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "").strip() for name, value in attrs}
        if tag == "img":
            self.images.append(_image(values))
        elif tag == "source":
            # Those of <video> and <audio> have src, not srcset.
            self.images += [largest for s in _SETS if (largest := _largest(values.get(s, "")))]
        elif tag == "meta" and (values.get("property") or values.get("name")) in _META:
            self.images.append(values.get("content", ""))
        elif tag in ("a", "link"):
            self._link(tag, values)
        elif tag == "base" and not self.base:
            self.base = values.get("href", "")

    def _link(self, tag: str, values: Mapping[str, str]) -> None:
        href, kinds = values.get("href", ""), values.get("rel", "").lower().split()
        if "license" in kinds and not self.licence:
            self.licence = href
        if "image_src" in kinds or (tag == "a" and _is_picture(href)):
            self.images.append(href)


def _image(values: Mapping[str, str]) -> str:
    largest = [found for s in _SETS if (found := _largest(values.get(s, "")))]
    later = [values[name] for name in _LATER if values.get(name)]
    return (*largest, *later, values.get("src", ""))[0]


def _largest(srcset: str) -> str:
    """The candidate with the largest width or density: "a.jpg 320w, b.jpg 2x"."""
    best, size = "", -1.0
    # Commas separate candidates only before white space: addresses may contain them.
    for candidate in re.split(r",\s+|,$", srcset.strip()):
        address, _, descriptor = candidate.strip().partition(" ")
        number = re.fullmatch(r"(\d+(?:\.\d+)?)[wx]", descriptor.strip())
        value = float(number[1]) if number else 1.0
        if address and value > size:
            best, size = address, value
    return best


def _is_picture(href: str) -> bool:
    try:
        return _PICTURE.search(urlsplit(href).path) is not None
    except ValueError:
        return False


def _absolute(base: str, address: str) -> str:
    """The full address without its fragment; empty where it is not on the web."""
    try:
        full = urldefrag(urljoin(base, address))[0] if address else ""
        return full if urlsplit(full).scheme in ("http", "https") else ""
    except ValueError:
        return ""
