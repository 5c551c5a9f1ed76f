"""The page that writes: how long after it is opened its first ink is there, and how fast it writes. `make docs`, then `python tests/bench_site.py [LOADS]`.

Every load has a profile of its own, so that nothing is known from the last. The site is served from the disk by Python's own server; the clock is the page's, and begins
when the page is asked for."""
import http.server, statistics, sys, threading
from functools import partial
from pathlib import Path
from screens import FLAGS, chromium

SITE = Path(__file__).parent.parent/'_docs'

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args): pass

def loads(n, site=SITE):
    "(milliseconds to the first ink, points a second) of each load"
    from playwright.sync_api import sync_playwright
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(site))); threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=FLAGS)
        for _ in range(n):
            context = browser.new_context(viewport=dict(width=1280, height=900)); page = context.new_page()
            page.goto(f'http://127.0.0.1:{server.server_port}/write.html'); form = page.wait_for_selector('#writer[data-state=done]', timeout=60_000)
            yield int(form.get_attribute('data-ink')), int(form.get_attribute('data-rate')); context.close()
        browser.close()
    server.shutdown()

def main():
    if not (SITE/'write.html').is_file(): sys.exit('the site has not been built: make docs')
    if not chromium(): sys.exit('there is no Chromium here (apt install chromium, or name one: CHROMIUM=/path/to/it)')
    ink, rate = zip(*loads(int(sys.argv[1]) if len(sys.argv) > 1 else 20)); late = sum(t > 2000 for t in ink)
    print(f'{len(ink)} loads: first ink after {min(ink)} to {max(ink)} ms, median {statistics.median(ink):.0f}, {late} later than 2,000; then {statistics.median(rate):.0f} points a second')

if __name__ == '__main__': main()
