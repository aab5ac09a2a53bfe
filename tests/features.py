"""Notebooks of everything that a cell can do to its outputs, and what is left of outputs when chance is taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import nbformat

SETUP = """\
import asyncio, logging, os, subprocess, sys, threading, time, warnings
from IPython.display import HTML, JSON, SVG, Image, Javascript, Latex, Markdown, clear_output, display, update_display
"""
PIXEL = "89504e470d0a1a0a0000000d4948445200000001000000010806000000" + (
    "1f15c4890000000d49444154789c626001000000ffff030000060005" + "57bfabd40000000049454e44ae426082"
)
# What is written past Python is read by a thread of the kernel: it needs a moment before the cell ends.
SOON = "\ntime.sleep(0.2)"

# A cell each; its first line names it. None of them raises.
CELLS: Sequence[str] = (
    "# print\nprint('one'); print('two', 3, sep='-'); print()",
    "# no newline\nprint('a', end=''); print('b', end=''); sys.stdout.write('c')",
    "# both streams, flushed\nfor n in range(2):\n"
    "    print(n, flush=True); time.sleep(0.2); print(-n, file=sys.stderr, flush=True); time.sleep(0.2)",
    "# both streams\nprint('out'); print('err', file=sys.stderr); print('out again')",
    "# carriage return and color\nprint('10%\\r20%\\r30%'); print('\\x1b[31mred\\x1b[0m')",
    "# other alphabets\nprint('Ünïcödé 学校 🎒 \\u202e'); 'مدرسة'",
    "# a lone surrogate\nascii('\\ud800')",
    "# streams as files\n(sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.writable(), sys.stdout.closed,\n"
    " hasattr(sys.stdout, 'buffer'), sys.stdout.writelines(['x\\n', 'y\\n']))",
    "# write no text\ntry:\n    sys.stdout.write(b'x')\nexcept TypeError as error:\n    print(error)",
    "# value\n[1, 2.5, 'x', None]",
    "# value, silenced\n[1, 2.5];",
    "# nothing\nNone",
    "# only the last value\n1\n2\n3",
    "# underscore\n_",
    "# Out, In and underscores\nsorted(Out)[:3], In[1][:15], _, __, len(Out)",
    "# long list\nlist(range(2000))",
    "# pretty\n{'b': {'x': list(range(30))}, 'a': {'y': ['z' * 30] * 5}, 'set': {3, 1, 2}}",
    "# display\ndisplay('text', 1, {'a': 1})",
    "# html\ndisplay(HTML('<b>bold</b>')); HTML('<i>value</i>')",
    "# markdown, latex, json, javascript\n"
    "display(Markdown('**x**'), Latex('$x$'), JSON({'a': [1]}), Javascript('void 0'))",
    "# svg\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"><circle r=\"2\"/></svg>')",
    f"# png\nImage(bytes.fromhex('{PIXEL}'))",
    "# raw data\ndisplay({'application/x-own+json': {'a': 1}, 'text/plain': 'own'}, raw=True, metadata={'x': 1})",
    "# representations\nclass Shown:\n    def _repr_html_(self): return '<p>h</p>'\n"
    "    def _repr_svg_(self): return '<svg/>'\n    def __repr__(self): return 'plain'\nShown()",
    "# bundle\nclass Bundle:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    "        return {'text/plain': 'p', 'text/html': 'h'}, {'text/html': {'isolated': True}}\nBundle()",
    "# a display and its update\nfirst = display('before', display_id='one')\nprint('between')\n"
    "update_display('after', display_id='one')",
    "# a display for later\nlater = display(HTML('<p>0%</p>'), display_id=True)",
    "# updates of other cells\nlater.update(HTML('<p>100%</p>')); print('updated'); later.display('again')",
    "# an update of nothing\nupdate_display('lost', display_id='nowhere')",
    "# clear at once\nprint('gone'); display('gone too'); clear_output(); print('kept')",
    "# clear in time\nfor n in range(3):\n    clear_output(wait=True); print('step', n)",
    "# clear and nothing after\nprint('kept'); clear_output(wait=True)",
    "# clear, then a value\nprint('gone'); clear_output(wait=True); 'kept'",
    "# await\nasync def add(a, b):\n    await asyncio.sleep(0.01)\n    return a + b\nawait add(1, 2)",
    "# gather\nprint(await asyncio.gather(*(add(n, n) for n in range(3))))",
    "# async for and with\nclass Lines:\n    def __aiter__(self): self.n = 0; return self\n"
    "    async def __anext__(self):\n        self.n += 1\n        if self.n > 2: raise StopAsyncIteration\n"
    "        return self.n\nasync for n in Lines():\n    print(n)",
    "# the loop runs\nasyncio.get_running_loop().is_running()",
    "# a task of its own\ntask = asyncio.create_task(add(3, 4))\nawait asyncio.sleep(0.05)\ntask.result()",
    "# threads\ndef say(n): print('thread', n)\nfor n in range(3):\n"
    "    one = threading.Thread(target=say, args=(n,)); one.start(); one.join()",
    "# a pool of threads\nfrom concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n"
    "    found = list(pool.map(lambda n: n * n, range(4)))\nfound",
    "# subprocess\nsubprocess.run(['echo', 'from a subprocess'])" + SOON,
    "# subprocess, captured\nsubprocess.run('echo caught; exit 3', shell=True, capture_output=True, text=True)",
    "# system\nos.system('echo from system; exit 2') >> 8" + SOON,
    "# to stderr\nsubprocess.run('echo complaint >&2', shell=True).returncode" + SOON,
    "# shell\n!echo from the shell",
    "# shell, exit code\n!exit 3\nprint(_exit_code)",
    "# shell, variables\nword = 'wide world'\n!echo hello {word} $word $$HOME_NOT_SET",
    "# shell, kept\nkept = !printf 'a\\nb\\n'\nprint(list(kept), kept.s)",
    "# bash\n%%bash\necho out; echo err >&2",
    "# file descriptor\nos.write(1, b'written to 1\\n')" + SOON,
    "# bytes that are no text\nos.write(1, b'\\xff\\xfe and text\\n')" + SOON,
    "# input\ntry:\n    input('Name? ')\nexcept Exception as error:\n    print(type(error).__name__, error)",
    "# password\nimport getpass\ntry:\n    getpass.getpass()\n"
    "except Exception as error:\n    print(type(error).__name__)",
    "# capture\n%%capture caught\nprint('hidden'); display('hidden too'); print('and this', file=sys.stderr)",
    "# captured\nprint(repr(caught.stdout), repr(caught.stderr), len(caught.outputs)); caught.show()",
    "# redirected\nimport contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as held:\n    print('held')\n"
    "held.getvalue()",
    "# magics\n%precision 3\nimport math\nmath.pi",
    "# html by magic\n%%html\n<em>x</em>",
    "# svg by magic\n%%svg\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
    "# writefile and run\n%%writefile own.py\nvalue = 41\nprint('ran', __name__)",
    "# run\n%run own.py\nvalue + 1",
    "# an own magic\nfrom IPython.core.magic import register_line_magic\n@register_line_magic\n"
    "def twice(line): return line * 2\n%twice ab",
    "# environment by magic\n%env PDSA_FEATURE=x\nos.environ['PDSA_FEATURE']",
    "# help\nhelp(abs)",
    "# a question mark\nabs?",
    "# logging\nlogging.warning('careful'); logging.info('not shown')",
    "# warnings\nwarnings.warn('old', DeprecationWarning); warnings.warn('careful'); print('after')",
    "# a name and a docstring\n__name__, __doc__ is not None, '__file__' in globals()",
    "# classes can be pickled\nimport pickle\nclass Kept:\n    x = 1\npickle.loads(pickle.dumps(Kept())).x",
    "# source can be inspected\nimport inspect\nprint(inspect.getsource(add))",
    "# large output\nprint('x' * 200_000)",
    "# many lines\nfor n in range(3000): print(n)",
    "# frame\nimport pandas as pd\npd.DataFrame({'school': ['007', 'é'], 'n': [1, None]})",
    "# series and styler\ndisplay(pd.Series([1, 2], name='n'))\n"
    "pd.DataFrame({'a': [1]}).style.set_uuid('u').format('{:.1f}')",
    "# pyplot\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2]); plt.title('$x^2$');",
    "# figure, shown and as a value\nfigure, axes = plt.subplots(figsize=(2, 1)); axes.bar([1, 2], [3, 4])\nplt.show()",
    "# figure, closed\nfigure = plt.figure(); plt.close(figure); print('nothing to see')",
    "# backend\n%matplotlib inline\nplt.get_backend()",
    "# retina svg\nfrom matplotlib_inline.backend_inline import set_matplotlib_formats\nset_matplotlib_formats('svg')\n"
    "import matplotlib\nmatplotlib.rcParams['svg.hashsalt'] = 'x'; os.environ['SOURCE_DATE_EPOCH'] = '0'\n"
    "figure, axes = plt.subplots(figsize=(1, 1))",
    "# ggplot\nfrom plotnine import aes, geom_point, ggplot\nset_matplotlib_formats('png')\n"
    "ggplot(pd.DataFrame({'x': [1, 2], 'y': [3, 5]}), aes('x', 'y')) + geom_point()",
    "# slider\nimport ipywidgets\nslider = ipywidgets.IntSlider(3, description='Weeks')\nslider",
    "# box of widgets\nipywidgets.HBox([ipywidgets.Text('a'), ipywidgets.Button(description='Go')])",
    "# output widget\nout = ipywidgets.Output()\ndisplay(out)\nwith out:\n    print('inside'); display('also inside')\n"
    "print('outside')",
    "# output widget, later\nwith out:\n    print('more inside')",
    "# interact\nipywidgets.interact(lambda n: print('n is', n), n=(0, 4, 2));",
    "# observed\nseen = []\nslider.observe(lambda change: seen.append(change['new']), 'value')\nslider.value = 5\nseen",
    "# great table\nimport great_tables\ngreat_tables.GT(pd.DataFrame({'a': [1]}), id='fixed')",
    "# seeds are set by hand\nimport random, numpy as np\nrandom.seed(1); np.random.seed(1)\n"
    "random.random(), float(np.random.random())",
    "# gc and weakrefs\nimport gc, weakref\nclass Node: pass\nnode = Node(); ref = weakref.ref(node); del node\n"
    "gc.collect() >= 0, ref() is None",
    "# last\nprint('the end', len(In))",
)  # fmt: skip

# Each of these raises; the notebook goes on, for the cells are tagged so.
ERRORS: Sequence[str] = (
    "# plain\nvalues = {'a': 1}\nprint('before')\nvalues['b']",
    "# in a function\ndef outer(x):\n    return inner(x)\ndef inner(x):\n    return 1 / x\nouter(0)",
    "# chained\ntry:\n    int('x')\nexcept ValueError as error:\n    raise RuntimeError('while reading') from error",
    "# in passing\ntry:\n    int('x')\nexcept ValueError:\n    {}['y']",
    "# syntax\nfor x in 1:\nprint(x)",
    "# syntax, unclosed\nprint((1, 2)",
    "# indentation\n  x = 1\n y = 2",
    "# unknown name\nnothing_of_that_name",
    "# exit\nraise SystemExit",
    "# exit with a number\nsys.exit(3)",
    "# exit with a text\nsys.exit('no data')",
    "# interrupt\nraise KeyboardInterrupt",
    "# a real interrupt\nimport signal\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)",
    "# assertion\nassert 1 == 2, 'not equal'",
    "# text that fails\nclass Bad(Exception):\n    def __str__(self): raise ValueError('no text')\nraise Bad()",
    "# value that fails\nclass Bad:\n    def __repr__(self): raise ValueError('no repr')\nBad()",
    "# a representation that fails\nclass Broken:\n    def _repr_html_(self): raise ValueError('no html')\n"
    "    def __repr__(self): return 'still plain'\nBroken()",
    "# group\nraise ExceptionGroup('several', [ValueError(1), TypeError('x')])",
    "# deep\ndef deep(n): return deep(n + 1)\nsys.setrecursionlimit(150)\ndeep(0)",
    "# deep no more\nsys.setrecursionlimit(3000)",
    "# in a library\nimport pandas as pd\npd.DataFrame({'a': [1]})['b']",
    "# with notes\nerror = ValueError('x'); error.add_note('a note')\nraise error",
    "# unknown magic\n%nothing_of_that_name",
    "# unknown cell magic\n%%nothing_of_that_name\nx",
    "# a magic used wrong\n%run nowhere.py",
    "# await\nasync def fail():\n    await asyncio.sleep(0)\n    raise LookupError('later')\nawait fail()",
    "# after output\nprint('out'); print('err', file=sys.stderr); display('shown'); 1 / 0",
    "# from none\nraise ValueError('x') from None",
    "# no text\nraise ValueError",
    "# many lines and colors\nraise ValueError('first\\n\\x1b[31msecond\\x1b[0m\\nthird')",
    "# other alphabets\nraise ValueError('学校 🎒 \\u202e')",
    "# bash fails\n%%bash\nexit 4",
    "# in a callback\nimport ipywidgets\nslider = ipywidgets.IntSlider()\n"
    "slider.observe(lambda change: 1 / 0, 'value')\nslider.value = 5",
    "# the kernel goes on\n'alive'",
)  # fmt: skip

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}")
_PLACE = re.compile(r"[^\s\"']{0,200}/ipykernel_\d+/\d+\.py")
_TIMES = re.compile(r"\(\d+ times\)")  # that a traceback leaves out: the stack above the cell is another
_MODEL = re.compile(r"\b[0-9a-f]{32}\b")
_LOCAL = ("model_id", "layout", "style")


def notebook(cells: Iterable[str], *tags: str, setup: str = SETUP) -> nbformat.NotebookNode:
    """A notebook of a parameters cell, the set-up and these cells, each of them tagged."""
    made = nbformat.v4.new_notebook()
    made.cells = [
        nbformat.v4.new_code_cell("school = ''", id="parameters", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(setup, id="setup"),
        *(_cell(cell, tags) for cell in cells),
    ]
    return made


def _cell(text: str, tags: Sequence[str]) -> nbformat.NotebookNode:
    """A cell whose id is the name that stands in its first line."""
    name, _, source = text.removeprefix("# ").partition("\n")
    return nbformat.v4.new_code_cell(source, id=re.sub(r"\W+", "-", name), metadata={"tags": list(tags)})


def told(done: nbformat.NotebookNode) -> dict[str, tuple[object, object]]:
    """Count and outputs of each cell by name; what chance or time makes of them is taken out."""
    ids: dict[str, str] = {}
    cells = [cell for cell in done.cells if cell.cell_type == "code"]
    return {cell.id: (cell.execution_count, _known(_joined(cell), ids)) for cell in cells}


def widgets_of(done: nbformat.NotebookNode) -> list[str]:
    """The kinds of the widgets whose state the notebook keeps, in order."""
    states = done.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    return sorted(state["model_name"] for state in states.values())


def _joined(cell: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """Outputs with printed text joined: into how many parts it falls is a matter of time.

    A kernel with sockets has a buffer for each stream, which it empties before anything is displayed and at the end:
    which of two streams was printed to first is kept only where each print was flushed.
    """
    found: list[dict[str, Any]] = []
    flushed = "flush" in cell.source
    for output in cell.outputs:
        one = {key: value for key, value in output.items() if key != "metadata" or value}
        same = None
        if output.output_type == "stream":
            for other in reversed(found):
                if other["output_type"] != "stream":
                    break
                if other["name"] == output.name:
                    same = other
                    break
                if flushed:
                    break
        if same is None:
            found.append(one)
        else:
            same["text"] += output.text
    if not flushed:
        _in_order(found)
    return found


def _in_order(outputs: list[dict[str, Any]]) -> None:
    """Put the two streams between two displays into the order of their names."""
    for n in range(1, len(outputs)):
        pair = outputs[n - 1 : n + 1]
        if all(one["output_type"] == "stream" for one in pair) and pair[0]["name"] < pair[1]["name"]:
            outputs[n - 1 : n + 1] = pair[::-1]


def _known(value: Any, ids: dict[str, str]) -> Any:
    """Texts without addresses, process numbers and the ids of widgets, which are numbered as they come."""
    if isinstance(value, dict):
        return {key: _known(one, ids) for key, one in value.items()}
    if isinstance(value, list):
        parts = [_known(one, ids) for one in value]
        return [one for n, one in enumerate(parts) if n == 0 or one != parts[n - 1]]  # the frames of a recursion
    if not isinstance(value, str):
        return value
    text = _TIMES.sub("(many times)", _ADDRESS.sub("0x1", value))
    text = _PLACE.sub("cell.py", text) if "/ipykernel_" in text else text
    return _MODEL.sub(lambda found: ids.setdefault(found[0], f"widget {len(ids)}"), text)
