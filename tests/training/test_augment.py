import pytest
import torch

from skyform.training import Augment


def batch(n: int = 8, side: int = 40) -> torch.Tensor:
    return torch.randint(0, 256, (n, side, side, 3), dtype=torch.uint8)


@pytest.mark.parametrize("size", [16, 32])
def test_shape_range_and_mirrors(size: int):
    torch.manual_seed(0)
    strong = Augment(True, True, 0.2, 0.1, 0.2, 0.2, 0.3, 0.5, 0.1, 1.0)
    images, mirrored = strong(batch(64), size=size, margin=1.25)
    assert images.shape == (64, 3, size, size)
    assert 0 <= images.min() <= images.max() <= 1
    assert 10 < int(mirrored.sum()) < 54


def test_without_strength_only_turns_and_mirrors_remain():
    torch.manual_seed(0)
    disc = torch.full((4, 40, 40, 3), 100, dtype=torch.uint8)
    images, _ = Augment()(disc, size=32, margin=1.25)
    torch.testing.assert_close(images, torch.full_like(images, 100 / 255), atol=2e-3, rtol=0)


def test_a_mirrored_picture_is_the_mirror_image_up_to_a_turn():
    """A pinwheel's handedness, measured by its gradient around the centre, changes exactly where `mirrored` says so."""
    ys, xs = torch.meshgrid(torch.arange(80) - 39.5, torch.arange(80) - 39.5, indexing="ij")
    radius, angle = torch.hypot(xs, ys), torch.atan2(ys, xs)
    arms = (127 + 120 * torch.cos(2 * angle + radius / 4)).to(torch.uint8)
    pixels = arms[None, :, :, None].expand(16, 80, 80, 3).contiguous()
    torch.manual_seed(1)
    images, mirrored = Augment()(pixels, size=64, margin=1.25)
    assert set(mirrored.tolist()) == {True, False}

    def handedness(image: torch.Tensor) -> float:
        grey = image.mean(dim=0)
        y, x = torch.meshgrid(torch.arange(64) - 31.5, torch.arange(64) - 31.5, indexing="ij")
        dy, dx = torch.gradient(grey)
        r = torch.hypot(x, y).clamp(min=1)
        along, across = (dx * x + dy * y) / r, (-dx * y + dy * x) / r
        return float((along * across).sum())

    plain = torch.tensor([handedness(i) for i in images])
    assert (torch.sign(plain[mirrored]) == -torch.sign(plain[~mirrored][0])).all()
    assert (torch.sign(plain[~mirrored]) == torch.sign(plain[~mirrored][0])).all()


def test_no_turn_and_no_mirror_leave_the_picture_as_it_is():
    pixels = batch(8, side=16)
    images, mirrored = Augment(turn=False, mirror=False)(pixels, size=16, margin=1.0)
    assert not mirrored.any()
    torch.testing.assert_close(images, pixels.permute(0, 3, 1, 2) / 255, atol=1e-3, rtol=0)


def test_a_recipe_may_write_whole_numbers():
    assert Augment.of({"turn": True, "zoom": 1}) == Augment(turn=True, zoom=1.0)


def test_pictures_that_are_restyled_more_differ_more_and_the_others_are_as_ever():
    plain = Augment(turn=False, mirror=False, brightness=0.1, contrast=0.1, saturation=0.1)
    grey = torch.full((400, 20, 20, 3), 100, dtype=torch.uint8)
    torch.manual_seed(0)
    before, _ = plain(grey, size=16, margin=1.25)
    torch.manual_seed(0)
    factors = torch.ones(400)
    factors[200:] = 3.0
    after, _ = plain(grey, size=16, margin=1.25, restyle=factors)
    torch.testing.assert_close(after[:200], before[:200])
    spread = [part.mean(dim=(1, 2, 3)).log().std() for part in (after[:200], after[200:])]
    assert 2.2 < spread[1] / spread[0] < 4
