"""The page in a real browser: from a checkpoint that is chosen to its result, by mouse and by keyboard."""
import shutil
import tempfile
import time
import unittest
import zipfile
from pathlib import Path

from browser import CONTRAST, BrowserCase, start_browser
from exporter import FIXTURES, SAMPLE
from s3_stand_in import StandIn
from service import PATIENCE, ServiceCase

try:
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select, WebDriverWait
except ImportError:
    webdriver = None

PHOTO = FIXTURES / "photo.jpg"


class PageTest(BrowserCase):
    def test_a_checkpoint_becomes_a_download(self):
        self.choose(SAMPLE)
        told = self.text("#checkpoint")
        for word in (SAMPLE.name, "ultralytics", "Parameters", "Classes"):
            self.assertIn(word, told)
        self.assertEqual(Select(self.find("#framework")).first_selected_option.text, "ultralytics")
        unavailable = [box for box in self.all("#export .format input") if not box.is_enabled()]
        for box in unavailable:
            self.assertTrue(self.find(f"#{box.get_attribute('aria-describedby')}").text, "a reason is missing")
        self.assertTrue(self.find("#format-onnx").is_selected())
        self.find("#export details summary").click()
        opset = self.find("#option-onnx-opset_version")
        self.assertEqual(opset.get_attribute("placeholder"), "17")
        opset.send_keys("99")
        self.find("#export button.main").click()
        self.until(lambda: "opset_version" in self.text("#message"))
        opset.clear()
        opset.send_keys("18")
        next(summary for summary in self.all("#export summary") if summary.text == "Training and version").click()
        self.find("#training-id").send_keys("run 7")
        self.find("#version-tag").send_keys("best")
        self.shoot("form")
        self.find("#export button.main").click()
        self.until(lambda: self.all("#job-list .badge.completed"), "the job does not complete on the list")
        self.shoot("home")
        self.find("#job-list li a").click()
        self.until(lambda: "What was compared" in self.text("#job"))
        shown = self.text("#job")
        for word in ("Download", "default of its training", "Agreement", "checkpoint", "Published"):
            self.assertIn(word, shown)
        self.assertTrue(self.all("#job svg.meter[role=img]"))
        self.assertEqual([step.get_attribute("class") for step in self.all("#job .steps li")], ["done"] * 5)
        job_id = self.browser.current_url.rsplit("/", 1)[1]
        self.assertEqual(self.service.get(f"/export/jobs/{job_id}").json["export_config"]["opset_version"], 18)
        self.shoot("job")
        self.button("Download").click()
        self.until(lambda: list(self.downloads.glob("*.zip")), "no file arrives")
        with zipfile.ZipFile(next(self.downloads.glob("*.zip"))) as archive:
            self.assertIn("model.onnx", archive.namelist())
        self.browser.find_element(By.LINK_TEXT, "History of the training").click()
        self.until(lambda: "best" in self.text("#training"))
        self.shoot("history")

    def finished(self, checkpoint, export_format="onnx"):
        identifier = self.service.upload(checkpoint, checkpoint.name)["id"]
        return self.run_job(framework="ultralytics", export_format=export_format, checkpoint_id=identifier, config={})

    def test_a_photograph_is_looked_at_by_a_detector(self):
        job = self.finished(SAMPLE)
        self.open(f"#/jobs/{job['id']}")
        self.until(lambda: self.find("#photo"))
        self.find("#photo").send_keys(str(PHOTO))
        self.until(lambda: self.all("#job .seen tbody tr"), "no detection appears")
        self.assertTrue(self.text("#job .trial [role=status]").startswith("It sees "))
        canvas = self.find("#job canvas")
        self.assertIn("It sees ", canvas.get_attribute("aria-label"))
        self.assertEqual(canvas.get_attribute("role"), "img")
        pixels = "return [...arguments[0].getContext('2d').getImageData(0, 0, arguments[0].width, arguments[0].height).data].reduce((sum, value, index) => (sum + value * (index % 9973)) % 1e12, 0)"
        drawn = self.browser.execute_script(pixels, canvas)
        name = self.find("#job .seen tbody button")
        name.send_keys(Keys.ENTER)
        self.assertEqual(self.find("#job .seen tbody button").get_attribute("aria-pressed"), "true")
        self.assertNotEqual(self.browser.execute_script(pixels, canvas), drawn, "the chosen box is not drawn alone")
        self.shoot("predicted")
        slider = self.find("#least-score")
        slider.send_keys(Keys.END)
        rows = len(self.all("#job .seen tbody tr"))
        least = [int(row.text.split(" %")[0].split()[-1]) for row in self.all("#job .seen tbody tr")]
        self.assertTrue(all(score == 100 for score in least), least)
        slider.send_keys(Keys.HOME)
        self.assertGreater(len(self.all("#job .seen tbody tr")), rows)

    def test_a_photograph_is_looked_at_by_a_classifier_or_refused(self):
        job = self.finished(FIXTURES / "yolo11-cls.pt")
        self.open(f"#/jobs/{job['id']}")
        self.until(lambda: self.find("#photo"))
        self.find("#photo").send_keys(str(PHOTO))
        self.until(lambda: self.all("#job .seen tbody tr"), "no class appears")
        self.assertTrue(self.text("#job .trial [role=status]").startswith("It takes it for "))
        self.find("#photo").send_keys(str(SAMPLE))
        self.until(lambda: "neither a JPEG nor a PNG" in self.text("#job .trial [role=alert]"))
        self.assertEqual(self.all("#job .seen tbody tr"), [])
        self.assertFalse(self.find("#job canvas").is_displayed())

    def test_the_network_is_drawn_as_the_checkpoint_holds_it(self):
        job = self.finished(SAMPLE)
        blocks = self.service.get(f"/checkpoints/{job['checkpoint_id']}").json["inspect"]["network"]["blocks"]
        self.open(f"#/jobs/{job['id']}")
        self.until(lambda: self.all("#job svg.sketch .block"))
        drawn = [block.text for block in self.all("#job svg.sketch .block .name")]
        self.assertEqual([text.split(" ")[0] for text in drawn], [block["class"] for block in blocks])
        past = sum(source != index - 1 for index, block in enumerate(blocks) for source in block.get("from", []))
        self.assertGreater(past, 3)
        follow = sum(source == index - 1 for index, block in enumerate(blocks) for source in block.get("from", []))
        self.assertEqual(len(self.all("#job svg.sketch .link")), past + follow)
        self.assertEqual(self.find("#job svg.sketch").get_attribute("role"), "img")
        self.assertIn(f"{len(blocks)} blocks", self.find("#job svg.sketch").get_attribute("aria-label"))
        self.find("#job .network summary").click()
        self.assertEqual(len(self.all("#job .network tbody tr")), len(blocks))

    def test_tensors_alone_are_sketched_as_groups(self):
        self.choose(FIXTURES / "transformer-mean-tanh.safetensors")
        self.find("#checkpoint summary").click()
        self.until(lambda: self.all("#checkpoint svg.sketch .block"))
        self.assertIn("tensors without a model", self.text("#checkpoint"))
        self.assertEqual(self.all("#checkpoint svg.sketch .link"), [])

    def test_a_failure_is_told_in_words_and_nothing_acts(self):
        job = self.create("fail")
        self.open(f"#/jobs/{job['id']}")
        self.until(lambda: "Why it failed" in self.text("#job"))
        self.assertIn("layer 7 holds <b>nothing</b>", self.text("#job .failure"))
        self.assertIn("exit code 1", self.text("#job .failure"))
        self.shoot("failure")
        hostile = self.run_job("hostile")
        self.open(f"#/jobs/{hostile['id']}")
        self.until(lambda: "<script>window.broken" in self.text("#job .log"))
        self.assertEqual(self.all("#job .log script, #job .log img"), [])
        self.until(lambda: self.all("#job .badge.unproven"))
        self.assertIn("It loads only", self.text("#job"))

    def test_a_job_is_followed_ended_and_tried_again(self):
        job = self.create("slow")
        self.until(lambda: self.all(f'#job-list li[data-id="{job["id"]}"] .badge.running'), "the list does not follow")
        self.open(f"#/jobs/{job['id']}")
        self.until(lambda: len(self.all("#job .log li")) > 3, "the log does not follow")
        self.assertEqual([step.text.split()[0] for step in self.all("#job .steps [aria-current=step]")], ["exporting"])
        self.button("Cancel").click()
        self.until(lambda: self.all("#job .badge.cancelled"))
        self.button("Try again").click()
        self.until(lambda: job["id"] not in self.browser.current_url)
        self.until(lambda: self.button("Cancel"))
        self.button("Cancel").click()
        self.until(lambda: self.all("#job .badge.cancelled"))
        again = self.browser.current_url.rsplit("/", 1)[1]
        self.button("Delete").click()
        self.until(lambda: self.browser.switch_to.alert).accept()
        self.until(lambda: self.find("#home").is_displayed())
        self.until(lambda: not self.all(f'#job-list li[data-id="{again}"]'))

    def test_a_page_that_was_left_holds_no_connection(self):
        """A browser keeps pages for its back button, and with six connections to a service their streams would starve the next page."""
        job = self.create("slow")
        self.open(f"#/jobs/{job['id']}")
        self.until(lambda: self.all("#job .log li"))
        self.browser.get("about:blank")
        streams = lambda: next(int(line.split()[1]) for line in self.service.get("/metrics").body.decode().splitlines() if line.startswith("modelport_http_event_streams "))
        deadline = time.monotonic() + 10
        while streams() > 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(streams(), 0)
        self.open("")
        self.choose(SAMPLE)
        self.browser.back()
        self.browser.back()
        self.until(lambda: self.find("#live").text == "live" and self.all("#job .log li"), "the page that was gone back to does not live")
        self.service.ask("POST", f"/export/jobs/{job['id']}/cancel?force=true")

    def test_the_newest_job_stands_first(self):
        made = [self.create("fail")["id"] for _ in range(4)]
        self.open("")
        shown = "return [...document.querySelectorAll('#job-list li')].slice(0, 4).map((row) => row.dataset.id)"
        self.until(lambda: made[-1] in self.browser.execute_script(shown))
        self.assertEqual(self.browser.execute_script(shown), made[::-1])

    def test_the_default_is_chosen_on_the_history(self):
        jobs = [self.run_job(training_job_id="history", checkpoint_id=self.checkpoint(content)) for content in (b"epoch 1", b"epoch 2")]
        self.open("#/training/history")
        self.until(lambda: len(self.all("#training tbody tr")) == 2)
        self.button("Make default").click()
        # The rows are made anew meanwhile.
        self.until(lambda: any("default" in row.text.split("\n")[0] for row in self.all("#training tbody tr")[:1]) and
                   self.service.get(f"/export/jobs/{jobs[1]['id']}").json["is_default"])

    def test_goes_by_keyboard_alone(self):
        keys = webdriver.ActionChains(self.browser)
        keys.send_keys(Keys.TAB).perform()
        self.assertEqual(self.browser.switch_to.active_element.text, "Skip to the content")
        seen = set()
        for _ in range(12):
            keys.send_keys(Keys.TAB).perform()
            active = self.browser.switch_to.active_element
            if active.tag_name == "body":
                break
            seen.add(active.get_attribute("id") or active.text)
            self.assertNotEqual(self.browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle"), "none", active.get_attribute("outerHTML"))
        self.assertTrue({"theme", "file", "All", "Failed"} <= seen, seen)

    def test_every_field_and_figure_has_a_name(self):
        self.choose(SAMPLE)
        nameless = self.browser.execute_script("""
          return [...document.querySelectorAll("input, select, progress, button, [role=img], [role=region]")]
            .filter((node) => !(node.labels?.length || node.getAttribute("aria-label") || node.getAttribute("aria-labelledby") || node.textContent.trim()))
            .map((node) => node.outerHTML)""")
        self.assertEqual(nameless, [])
        self.assertEqual(self.browser.execute_script("return document.querySelectorAll('[id]').length - new Set([...document.querySelectorAll('[id]')].map((node) => node.id)).size"), 0)

    def test_whatever_can_be_used_says_what_it_is(self):
        """The accessibility tree, as a screen reader gets it from the browser, on every view."""
        job = self.finished(SAMPLE)
        failed = self.run_job("fail", status="failed", training_job_id="told")
        for place, there in (("", "#job-list li"), (f"#/jobs/{job['id']}", "svg.sketch"), (f"#/jobs/{failed['id']}", ".failure"), ("#/training/told", "tbody tr")):
            self.open(place)
            self.until(lambda: self.all(there))
            nodes = [node for node in self.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"] if not node["ignored"]]
            roles = {"button", "link", "textbox", "checkbox", "combobox", "slider", "spinbutton", "progressbar", "img", "image", "table", "dialog", "log", "region", "DisclosureTriangle"}
            nameless = [node["role"]["value"] for node in nodes if node["role"]["value"] in roles - {"table"} and not node.get("name", {}).get("value", "").strip()]
            self.assertEqual(nameless, [], place)
            self.assertEqual([node["name"]["value"] for node in nodes if node["role"]["value"] == "main"][:1] and sum(node["role"]["value"] == "main" for node in nodes), 1)
            levels = [next(row["value"]["value"] for row in node["properties"] if row["name"] == "level") for node in nodes if node["role"]["value"] == "heading"]
            self.assertEqual(levels[0], 1)
            self.assertTrue(all(after - before <= 1 for before, after in zip(levels, levels[1:])), (place, levels))

    def test_the_whole_way_by_keyboard_alone(self):
        def tab_to(found, most=200):
            for _ in range(most):
                webdriver.ActionChains(self.browser).send_keys(Keys.TAB).perform()
                active = self.browser.switch_to.active_element
                self.assertNotEqual(self.browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle"), "none", active.get_attribute("outerHTML"))
                if found(active):
                    return active
            raise AssertionError("the keyboard does not reach it")
        tab_to(lambda node: node.get_attribute("id") == "file").send_keys(str(SAMPLE))
        self.until(lambda: self.find("#export button.main").is_displayed())
        tab_to(lambda node: node.get_attribute("id") == "format-torchscript").send_keys(Keys.SPACE)
        tab_to(lambda node: node.text == "Training and version").send_keys(Keys.ENTER)
        tab_to(lambda node: node.get_attribute("id") == "training-id").send_keys("by keyboard")
        tab_to(lambda node: node.text == "Export 2 formats").send_keys(Keys.ENTER)
        made = lambda: [job for job in self.service.get("/training/by%20keyboard/exports").json["exports"] if job["status"] == "completed"]
        self.until(lambda: len(made()) == 2)
        wanted = next(job["id"] for job in made() if job["export_format"] == "onnx")
        tab_to(lambda node: (node.get_attribute("href") or "").endswith(wanted)).send_keys(Keys.ENTER)
        self.until(lambda: self.all("#photo"))
        tab_to(lambda node: node.text == "Download")
        tab_to(lambda node: node.get_attribute("id") == "photo").send_keys(str(PHOTO))
        self.until(lambda: self.all("#job .seen tbody tr"))
        tab_to(lambda node: node.get_attribute("id") == "least-score").send_keys(Keys.HOME)
        tab_to(lambda node: node.get_attribute("class") == "name").send_keys(Keys.SPACE)
        self.assertEqual(self.browser.switch_to.active_element.get_attribute("aria-pressed"), "true")
        tab_to(lambda node: node.text == "The same as a table").send_keys(Keys.ENTER)
        self.assertTrue(self.find("#job .network tbody tr").is_displayed())

    def test_fits_a_narrow_screen_in_light_and_dark(self):
        job = self.run_job("fail", status="failed")
        for theme in ("light", "dark"):
            while theme not in self.find("#theme").text:
                self.find("#theme").click()
            for place, name in (("", "home"), (f"#/jobs/{job['id']}", "failure")):
                self.open(place)
                self.browser.set_window_size(500, 900)
                self.until(lambda: self.all("#job-list li") if not place else self.all("#job .failure"))
                self.assertLessEqual(self.browser.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0)
                worst = self.browser.execute_script(CONTRAST)
                self.assertGreaterEqual(worst[0], 4.5, worst)
                self.shoot(f"narrow-{theme}-{name}")
        while "system" not in self.find("#theme").text:
            self.find("#theme").click()


@unittest.skipIf(webdriver is None or shutil.which("chromedriver") is None, "no browser")
class TokenPageTest(ServiceCase):
    settings = 'artifacts = "s3"\n[http]\ntoken_sha256 = ["50e721e49c013f00c62cf59f2163542a9d8df02464efeb615d31051b0fddc326"]\n'

    @classmethod
    def setUpClass(cls):
        cls.store = StandIn()
        cls.addClassCleanup(cls.store.close)
        cls.environment = cls.store.environment
        super().setUpClass()

    key = {"Authorization": "Bearer w"}

    def checkpoint(self):
        return self.service.ask("POST", "/checkpoints", b"weights", self.key).json["id"]

    def test_asks_for_the_token_once_and_downloads_from_s3(self):
        folder = tempfile.TemporaryDirectory(prefix="modelport-browser-")
        self.addCleanup(folder.cleanup)
        downloads = Path(folder.name)
        browser = start_browser(downloads)
        self.addCleanup(browser.quit)
        browser.get(f"http://127.0.0.1:{self.service.port}/")
        wait = WebDriverWait(browser, PATIENCE, 0.1)
        wait.until(lambda _: browser.find_element(By.ID, "token").is_displayed())
        self.assertFalse(browser.find_element(By.ID, "token-problem").is_displayed())
        browser.find_element(By.ID, "token-text").send_keys("wrong", Keys.ENTER)
        wait.until(lambda _: browser.find_element(By.ID, "token-problem").is_displayed() and browser.find_element(By.ID, "token-text").get_attribute("value") == "")
        browser.find_element(By.ID, "token-text").send_keys("w", Keys.ENTER)
        wait.until(lambda _: browser.find_element(By.ID, "live").text == "live")
        self.assertFalse(browser.find_element(By.ID, "token").is_displayed())
        # A link sends no token: the page asks for one that needs none, and the store's own address is no place that the page may fetch.
        job = self.service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": self.checkpoint()}, self.key).json["id"]
        browser.get(f"http://127.0.0.1:{self.service.port}/#/jobs/{job}")
        wait.until(lambda _: browser.find_elements(By.CSS_SELECTOR, "#job .badge.unproven"))
        next(button for button in browser.find_elements(By.CSS_SELECTOR, "#job button") if button.text == "Download").click()
        wait.until(lambda _: list(downloads.glob("*.zip")))
        with zipfile.ZipFile(next(downloads.glob("*.zip"))) as archive:
            self.assertIn("model.onnx", archive.namelist())
        self.assertEqual([entry["message"] for entry in browser.get_log("browser") if "Content Security Policy" in entry["message"]], [])


if __name__ == "__main__":
    unittest.main()
