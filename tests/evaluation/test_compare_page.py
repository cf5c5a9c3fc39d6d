from made_up_runs import class_run, jpeg, vote_run

from skyform.evaluation.compare_page import compare_page, shown_metrics
from skyform.evaluation.comparison import compare_runs


def test_the_page_ranks_tests_and_shows_what_none_gets_right():
    runs = [
        class_run("cnn", skill=1.5, parameters=1000),
        class_run("cnn", skill=1.5, seed=1),
        class_run("vgg", skill=1.7, reported={"accuracy": 0.7}),
        class_run("majority", skill=0.0, parameters=0, seconds=0.0, bytes=0),
    ]
    found = compare_runs(runs, names=["a", "b", "c", "d"])
    assert found.all_wrong
    html = compare_page(found, thumbnails={next(iter(found.all_wrong)): jpeg(0)})
    assert html.index(">vgg<") < html.index(">cnn<") < html.index(">majority<")
    assert "Its lead over cnn may be luck." in html
    assert "over 2 seeds" in html
    assert html.count("<img") == 1
    assert f"given {next(iter(found.all_wrong.values()))}" in html
    assert "Hollow marks" in html
    assert "http" not in html.replace("http-equiv", "")
    assert "<script" not in html


def test_runs_that_chose_nothing_on_validation_are_told_apart():
    runs = [class_run("cnn"), class_run("head", skill=1.0, chosen_on="training")]
    found = compare_runs(runs, names=["a", "b"])
    assert "pictures cnn chose the temperature" in found.unlike
    assert found.unlike.endswith("for head (skyform fit).")
    assert found.unlike in compare_page(found, thumbnails={})
    assert found.to_dict()["unlike"] == found.unlike
    assert not compare_runs([runs[0], class_run("vgg")], names=["a", "b"]).unlike


def test_names_cannot_write_html():
    runs = [class_run("<i>a</i>"), class_run("b", skill=1.0)]
    html = compare_page(compare_runs(runs, names=["a", "b"]), thumbnails={})
    assert "<i>a" not in html
    assert "No other model’s distance from it is likely to be luck." in html


def test_fractions_have_no_pictures_that_all_get_wrong():
    found = compare_runs([vote_run(), vote_run("b", noise=0.9)], names=["a", "b"])
    html = compare_page(found, thumbnails={})
    assert "lower RMSE is better" in html
    assert "What none of them gets right" not in html
    assert shown_metrics(found)[0] == "rmse"
