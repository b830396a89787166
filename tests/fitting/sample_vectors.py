"""Make the shipped vectors of the samples' notes: python tests/fitting/sample_vectors.py."""

import sys

from index.embedding import bundled, precompute
from kb.library.files import Library
from kb.library.places import SAMPLE_VECTORS, SAMPLES
from kb.pipeline.reports import Tools, finish_report
from kb.readers.formats import read_outline
from kb.storage.caches import cache_folder


def main() -> None:
    model = bundled(cache_folder("model"))
    if model is None:
        sys.exit("the model does not run on this machine; nothing was made")
    tools = Tools()
    finished = [finish_report(read_outline(file.data, file.source), tools) for file in Library(SAMPLES).scan().files]
    precompute(model, (note.passage for one in finished for note in one.report.notes), SAMPLE_VECTORS)


if __name__ == "__main__":
    main()
