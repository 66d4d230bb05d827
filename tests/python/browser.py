"""The page in a real browser: what its tests share."""
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from service import PATIENCE, ServiceCase

try:
    from selenium import webdriver
    from selenium.common.exceptions import NoAlertPresentException, NoSuchElementException, StaleElementReferenceException, TimeoutException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    webdriver = None

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage")
PASSING = () if webdriver is None else (NoAlertPresentException, NoSuchElementException, StaleElementReferenceException, StopIteration)


def start_browser(downloads):
    """A Chromium that saves into the folder `downloads`."""
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


@unittest.skipIf(webdriver is None, "selenium is not in this environment")
@unittest.skipIf(shutil.which("chromedriver") is None, "there is no chromedriver (Debian: chromium-driver)")
class BrowserCase(ServiceCase):
    """Tests that share one service and one browser."""
    expected_errors = ("status of 4",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="modelport-browser-")
        cls.addClassCleanup(folder.cleanup)
        cls.downloads = Path(folder.name)
        cls.browser = start_browser(cls.downloads)
        cls.addClassCleanup(cls.browser.quit)
        cls.address = f"http://127.0.0.1:{cls.service.port}/"

    def setUp(self):
        self.browser.set_window_size(1280, 1000)
        self.browser.get("about:blank")
        self.browser.get_log("browser")
        self.open("")

    def tearDown(self):
        """Nothing the page did broke its own policy or threw."""
        bad = [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE" and not any(text in entry["message"] for text in self.expected_errors)]
        self.assertEqual(bad, [])
        self.assertFalse(self.browser.execute_script("return window.broken === true"))

    def open(self, place):
        self.browser.get(self.address + place)
        self.until(lambda: self.find("#live").text == "live", "it is not live")

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def until(self, condition, message=""):
        try:
            return WebDriverWait(self.browser, PATIENCE / 4, 0.1, ignored_exceptions=PASSING).until(lambda _: condition())
        except TimeoutException:
            raise AssertionError(f"{message}; the page shows: {self.text('body')}") from None

    def text(self, selector="main"):
        return self.find(selector).text

    def button(self, name):
        return next(button for button in self.all("button") if button.is_displayed() and button.text == name)

    def choose(self, path):
        self.find("#file").send_keys(str(path))
        self.until(lambda: self.find("#export button.main").is_displayed(), "the form does not appear")

    def shoot(self, name):
        """A picture, where somebody wants to look at it."""
        folder = os.environ.get("MODELPORT_SCREENSHOTS")
        if folder:
            height = self.browser.execute_script("return document.documentElement.scrollHeight")
            self.browser.set_window_size(self.browser.get_window_size()["width"], max(600, height + 150))
            self.browser.save_screenshot(str(Path(folder) / f"{name}.png"))

    def width(self, pixels, scheme="light", motion="no-preference"):
        """As a screen of this width, which may be narrower than a window can be."""
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion}]})
        self.addCleanup(self.browser.execute_cdp_cmd, "Emulation.clearDeviceMetricsOverride", {})
        self.addCleanup(self.browser.execute_cdp_cmd, "Emulation.setEmulatedMedia", {"features": []})

    def call(self, module, expression):
        """The value of an expression in which `m` is a module of the page."""
        answer = self.browser.execute_async_script("""
          const [module, expression, done] = arguments;
          import(module).then(async (m) => done({value: await eval(expression)})).catch((error) => done({error: String(error)}));""".replace("eval(expression)", "(" + expression + ")"), f"/assets/{module}.js", expression)
        self.assertNotIn("error", answer, answer)
        return answer["value"]


# The least contrast (WCAG) between a text that is shown and what lies behind it, and that text.
CONTRAST = """
  const channel = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = (text) => text.match(/[0-9.]+/g).map(Number);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let worst = [99, ""];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility() || node.disabled || node.closest(".hidden, .skip")) continue;
    const [a, b] = [luminance(parse(getComputedStyle(node).color)), luminance(behind(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < worst[0]) worst = [contrast, node.outerHTML.slice(0, 200)];
  }
  return worst;
"""
