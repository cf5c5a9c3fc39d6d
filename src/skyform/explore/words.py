"""Numbers and names as people read them; a no-break space keeps a number and its sign on one line."""

from math import isfinite

from skyform.evaluation.wording import count_text

__all__ = ["clipped", "number", "percent", "plural", "shortened"]


def plural(value: int, one: str, many: str = "") -> str:
    """A count and its noun: "1 picture", "12 pictures"."""
    return f"{count_text(value)} {one if value == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """A share in percent, with one decimal where it is small: "0.4 %", "37 %"."""
    value = 100 * share
    if 0 < value < 0.05:
        return "<0.1\N{NO-BREAK SPACE}%"
    digits = 1 if 0 < value < 9.95 else 0
    return f"{value:.{digits}f}\N{NO-BREAK SPACE}%"


def number(value: float) -> str:
    """Three significant digits, without exponents; "–" where it is not known."""
    if not isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if abs(value) < 0.001:
        return "<0.001"
    # Rounded first, or 99.99 would come out as "100." with the point.
    rounded = float(f"{value:.3g}")
    return f"{value:,.0f}" if abs(rounded) >= 100 else f"{rounded:#.3g}"


def shortened(text: str, most: int) -> str:
    """The text in at most so many characters; what is too long loses its end."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def clipped(text: str, most: int) -> str:
    """The text in at most so many characters; what is too long loses its middle, since names often differ at the end."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"
