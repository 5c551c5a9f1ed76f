__version__ = "0.1.0"

_HOME = {'Ink': 'ink', 'BadInput': 'ink', 'Writer': 'writer', 'Tracer': 'tracer', 'Page': 'pages', 'Recogniser': 'recogniser', 'Pad': 'widgets'}    # what most people need, imported when it is asked for

def __getattr__(name):
    if name not in _HOME: raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from importlib import import_module
    return getattr(import_module(f'{__name__}.{_HOME[name]}'), name)

def __dir__(): return [*globals(), *_HOME]
