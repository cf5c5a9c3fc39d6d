"""Features of pictures, to learn from them."""

from collections.abc import Iterable, Iterator

from jaxtyping import Float
from numpy import ndarray

from skyform.images import Source
from skyform.inference.classifier import Classifier
from skyform.schema import Failure

__all__ = ["embeddings"]


def embeddings(
    classifier: Classifier, pictures: Iterable[Source], *, average: bool = False
) -> Iterator[Float[ndarray, " features"] | Failure]:
    """The network's pooled features of each picture, in order; why there are none, for one that cannot be used.

    Parameters
    ----------
    classifier : Classifier
    pictures : iterable of paths, bytes, arrays or PIL images
    average : bool
        Over the eight flips and rotations of each picture.
    """
    for prediction in classifier(pictures, average=average):
        yield prediction.embedding if prediction.failure is None else prediction.failure
