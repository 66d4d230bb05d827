"""onnxslim: see simplified.py."""
import onnxslim

import simplified

simplified.answer_all(onnxslim.slim)
