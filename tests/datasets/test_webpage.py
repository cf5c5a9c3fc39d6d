"""Pictures of a page, wherever pages keep them."""

from hypothesis import given
from hypothesis import strategies as st

from skyform.datasets.webpage import find_images

URL = "https://example.org/sky/index.html"


def images(html: str) -> list[str]:
    return [i.removeprefix("https://example.org/") for i in find_images(html, url=URL).images]


def test_sources_of_pictures():
    html = """
    <img src="m51.jpg"> <IMG SRC='/top.png'> <img src=../up.gif>
    <img src="//cdn.example.com/x.webp"> <img alt="nothing">
    <a href="large.JPG?v=2"><img src="small.jpg"></a> <a href="page.html">a page</a>
    <meta property="og:image" content="/share.jpg"><meta name="description" content="no.jpg">
    <link rel="image_src" href="linked"><link rel="stylesheet" href="style.css">
    """
    assert images(html) == [
        "sky/m51.jpg",
        "top.png",
        "up.gif",
        "https://cdn.example.com/x.webp",
        "sky/large.JPG?v=2",
        "sky/small.jpg",
        "share.jpg",
        "sky/linked",
    ]


def test_the_largest_of_a_set():
    assert images('<img src="s.jpg" srcset="a.jpg 320w, b.jpg 1280w, c.jpg 640w">') == ["sky/b.jpg"]
    assert images('<img srcset="a.jpg, b.jpg 1.5x">') == ["sky/b.jpg"]
    assert images('<img data-srcset="a,1.jpg 2x,\n b.jpg 1x">') == ["sky/a,1.jpg"]
    assert images('<img srcset="" src="s.jpg">') == ["sky/s.jpg"]


def test_pictures_that_load_later():
    assert images('<img src="data:image/gif;base64,R0" data-src="real.jpg">') == ["sky/real.jpg"]


def test_picture_elements_but_no_videos():
    html = """<picture><source srcset="a.webp 2x"><img src="a.jpg"></picture>
    <video><source src="film.mp4"></video>"""
    assert images(html) == ["sky/a.webp", "sky/a.jpg"]


def test_what_is_left_out():
    html = """<img src="data:image/png;base64,AAAA"><img src="ftp://example.org/a.jpg">
    <img src="javascript:x()"><img src=""><a href="mailto:a@b.jpg">write</a><img src="http://[">"""
    assert images(html) == []


def test_each_address_once_without_fragments():
    assert images('<img src="a.jpg"><img src="a.jpg#x"><a href="./a.jpg">a</a>') == ["sky/a.jpg"]


def test_the_base_of_a_page():
    html = '<base href="/pictures/"><img src="a.jpg">'
    assert images(html) == ["pictures/a.jpg"]


def test_the_licence_of_a_page():
    cc = "https://creativecommons.org/licenses/by/4.0/"
    page = find_images(f'<a rel="nofollow license" href="{cc}">CC BY</a>', url=URL)
    assert page.licence == cc
    assert find_images('<link rel="license" href="/terms">', url=URL).licence == (
        "https://example.org/terms"
    )
    assert find_images("<p>none</p>", url=URL).licence == ""


@given(st.text(alphabet="<>\"'=/ imgsrc&#;!-[]ad", max_size=80))
def test_broken_pages_break_nothing(html: str):
    for image in find_images(html, url=URL).images:
        assert image.startswith(("http://", "https://"))
