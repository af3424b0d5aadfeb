"""Pages in a headless browser: how they look, whether all of them can be read, and whom they ask."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from PIL import Image
from playwright.async_api import Browser, Locator, Page, async_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WCAG_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, PHONE = 1200, 400
"""Pixels."""
SMALLEST = 12
"""Pixels of the smallest letters that people read without effort."""
LARGEST = 250_000
"""Bytes of a picture in the docs."""
PICTURES = "LEVERFRAME_PICTURES"
"""Environment variable that names the folder to which pictures for the docs are written: ``make pictures``."""

LEGIBLE = """(element) => {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element), found = [];
  if (!box.width || !box.height) found.push('it takes no room');
  if (box.left < 0 || box.right > innerWidth + 1) found.push('it is beyond the side of the window');
  if (element.clientWidth && element.scrollWidth > element.clientWidth + 1) found.push('its text is wider than it');
  if (parseFloat(style.fontSize) < SMALLEST) found.push('its letters are ' + style.fontSize);
  for (let outer = element.parentElement; outer; outer = outer.parentElement) {
    const hides = getComputedStyle(outer).overflowX !== 'visible' && outer !== document.documentElement;
    if (hides && box.right > outer.getBoundingClientRect().right + 1) found.push('it is cut by ' + outer.className);
  }
  return found.join('; ');
}""".replace("SMALLEST", str(SMALLEST))


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


async def look(browser: Browser, file: Path, width: int, dark: bool = False) -> tuple[Page, list[str]]:
    """The page at that width, and every address that it asked for."""
    page = await browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(file.as_uri())
    return page, asked


async def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    found: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


async def legible(*shown: Locator) -> None:
    """All of each element (the first that fits) is in sight, uncut, and large enough to be read."""
    for locator in shown:
        await locator.first.wait_for()
        wrong = await locator.first.evaluate(LEGIBLE)
        assert wrong == "", f"{await locator.first.inner_text()!r}: {wrong}"


async def accessible(page: Page) -> None:
    """WCAG 2.2 AA, as far as a machine can tell (axe-core)."""
    found = await Axe().run(page, options={"runOnly": WCAG_AA})
    assert found.violations_count == 0, found.generate_report()


async def picture(page: Page, folder: Path, name: str, height: int | None = None) -> Path:
    """What the window shows, as a file in ``folder``, and among the docs if that is asked for.

    ``height`` is that of the window while the picture is taken, in pixels.
    """
    before = page.viewport_size
    if height is not None and before is not None:
        await page.set_viewport_size({"width": before["width"], "height": height})
    file = folder / f"{name}.png"
    await page.screenshot(path=file, animations="disabled", caret="hide")
    # As many colours as a screen of text has: a third of the bytes.
    with Image.open(file) as taken:
        taken.quantize().save(file, optimize=True)
    if before is not None:
        await page.set_viewport_size(before)
    assert 10_000 < file.stat().st_size < LARGEST, f"{name}.png has {file.stat().st_size} bytes"
    if docs := os.environ.get(PICTURES):
        shutil.copy(file, Path(docs) / file.name)
    return file
