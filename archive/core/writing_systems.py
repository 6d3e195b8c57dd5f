"""What writing systems differ in, where it matters to how texts are compared."""

UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Letters of scripts that put no spaces between words, as a range in a regular expression: Thai,
Lao, Burmese, Khmer, Japanese and Chinese."""
