"""Check the site in `_docs`, as files: every link inside it leads somewhere, no page asks another site for anything, pages and site are small
enough, pictures say what they show. `python docs/check.py [FOLDER] [--alt]`; with --alt, lists the pictures without a text of their own."""
import re, sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

PAGE, SITE = 1_500_000, 25_000_000        # bytes: a page with its pictures; everything
LOADS = {'script': 'src', 'img': 'src', 'iframe': 'src', 'source': 'src', 'video': 'src', 'audio': 'src', 'embed': 'src', 'object': 'data', 'image': 'href', 'use': 'href'}
ASKS = {'stylesheet', 'icon', 'shortcut', 'preload', 'prefetch', 'preconnect', 'dns-prefetch', 'modulepreload', 'manifest'}

class Page(HTMLParser):
    "What stands in a page: its anchors, links, what it loads, and pictures that say nothing"
    def __init__(self, path):
        super().__init__(); self.path, self.ids, self.links, self.loads, self.silent = path, set(), [], [], []
        self.feed(path.read_text()); self.close()
    def handle_starttag(self, tag, attrs):
        a = dict(attrs); self.ids |= {a[k] for k in ('id', 'name') if a.get(k)}
        if tag == 'a' and a.get('href'): self.links.append(a['href'])
        if a.get(LOADS.get(tag)): self.loads.append(a[LOADS[tag]])
        if tag == 'link' and ASKS & set((a.get('rel') or '').split()): self.loads.append(a.get('href') or '')
        self.loads += outside_of_css(a.get('style') or '')
        if tag == 'img' and not said(a.get('alt')): self.silent.append(a.get('src', ''))

def said(alt): return bool(alt) and not re.fullmatch(r'_?images?/.*|[\w./-]+\.(png|svg|gif|jpe?g)|Notebook output|ink', alt)
def outside_of_css(text): return re.findall(r'''(?:url\(|@import)\s*['"]?((?:https?:)?//[^'")\s;]+)''', text)
def foreign(url): return bool(urlsplit(url).netloc)

def broken(page, url, pages, root):
    "Why a link inside the site leads nowhere, or None"
    parts = urlsplit(url)
    if parts.scheme or parts.netloc: return
    path = (page.path.parent/unquote(parts.path)).resolve() if parts.path else page.path
    if path.is_dir(): path /= 'index.html'
    if root not in path.parents or not path.is_file(): return f'{url}: there is no such file'
    if parts.fragment and path in pages and unquote(parts.fragment) not in pages[path].ids: return f'{url}: there is no such place in it'

def weight(page, root):
    "Bytes of a page and the pictures that it alone shows"
    shown = {(page.path.parent/unquote(urlsplit(u).path)).resolve() for u in page.loads if '_images/' in u and not foreign(u)}
    return page.path.stat().st_size+sum(p.stat().st_size for p in shown if p.is_file())

def faults(root):
    "Lines that say what is wrong with a site"
    pages = {p: Page(p) for p in sorted(root.rglob('*.html'))}
    if not pages: yield f'{root} holds no pages: make docs'
    for path, page in pages.items():
        name = path.relative_to(root)
        yield from (f'{name}: {why}' for url in sorted({*page.links, *page.loads}) if (why := broken(page, url, pages, root)))
        yield from (f'{name}: loads {url} from another site' for url in page.loads if foreign(url))
        if (n := weight(page, root)) > PAGE: yield f'{name}: {n/1e6:.2f} MB with its pictures, more than {PAGE/1e6:.1f}'
    for path in root.rglob('*.css'): yield from (f'{path.relative_to(root)}: loads {url}' for url in outside_of_css(path.read_text()))
    if (n := size(root)) > SITE: yield f'the site has {n/1e6:.1f} MB, more than {SITE/1e6:.0f}'

def size(root): return sum(p.stat().st_size for p in root.rglob('*') if p.is_file())

def silent(root):
    "(page, picture) of those without a text of their own"
    return [(p.relative_to(root), src) for p in sorted(root.rglob('*.html')) for src in Page(p).silent]

def main():
    args = [a for a in sys.argv[1:] if a != '--alt']; root = Path(args[0] if args else '_docs').resolve()
    found = list(faults(root)); quiet = silent(root)
    if '--alt' in sys.argv:
        for page, src in quiet: print(f'{page}: {src} says nothing')
    for line in found: print(line)
    pages = [Page(p) for p in root.rglob('*.html')]; largest = max(pages, key=lambda p: weight(p, root), default=None)
    if largest: print(f'{len(pages)} pages, {size(root)/1e6:.1f} MB; the largest is {largest.path.relative_to(root)}, {weight(largest, root)/1e6:.2f} MB with its '
                      f'pictures; {len(quiet)} pictures have no text of their own; {len(found)} faults.')
    return bool(found)

if __name__ == '__main__': sys.exit(main())
