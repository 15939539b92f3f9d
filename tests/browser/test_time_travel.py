"""Travelling through the time of a device: the timeline, and what each moment holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from support.axe import violations
from support.browser import PHONE, Person, person
from support.history import LAPTOP, TURNS, History
from support.processes import Client, Server
from support.web_app import PASSWORD, entry, open_device, sign_in

NEWEST = len(TURNS)
FIRST_ANSWER_MS = 5_000


@pytest.fixture
def traveller(browser: Browser, history: History) -> Iterator[Person]:
    """Somebody at the page of a laptop with a year behind it."""
    with person(browser, history.server.url) as somebody:
        sign_in(somebody, history.account, history.password)
        open_device(somebody, LAPTOP)
        expect(slider(somebody)).to_be_visible()
        yield somebody
        assert somebody.unexpected_complaints() == []


def slider(somebody: Person) -> Locator:
    return somebody.page.get_by_role("slider", name="Moment shown")


def shown(somebody: Person, sequence: int) -> Locator:
    """What the timeline's head says of the moment that is shown."""
    head = somebody.page.get_by_role("region", name="Timeline")
    return head.get_by_text(f"Snapshot {sequence}", exact=True)


def open_folders(somebody: Person, *names: str) -> None:
    for name in names:
        somebody.page.get_by_role("grid").get_by_role("link", name=name).click()
        expect(crumb(somebody, name.rpartition("/")[2])).to_be_visible()


def crumb(somebody: Person, name: str) -> Locator:
    way = somebody.page.get_by_role("navigation", name="Way to this folder")
    return way.locator("[aria-current]").filter(has_text=re.compile(rf"{re.escape(name)}$"))


# --- the timeline ------------------------------------------------------------------------------


def test_the_page_says_first_whether_one_is_protected_and_shows_the_newest_moment(
    traveller: Person,
) -> None:
    page = traveller.page

    expect(page.locator("main [data-state]")).to_be_visible()
    expect(shown(traveller, NEWEST)).to_be_visible()
    expect(slider(traveller)).to_have_attribute("aria-valuenow", str(NEWEST))
    expect(slider(traveller)).to_have_attribute("aria-valuetext", re.compile("changed"))


def test_the_slider_goes_by_keys_through_snapshots_days_weeks_and_to_the_ends(
    traveller: Person,
) -> None:
    slider(traveller).focus()

    for key, sequence in (
        ("ArrowLeft", NEWEST - 1),
        ("Home", 1),
        ("ArrowRight", 2),
        ("PageUp", 3),
        ("PageDown", 2),
        ("End", NEWEST),
        ("Shift+PageDown", 24),
    ):
        traveller.page.keyboard.press(key)
        expect(shown(traveller, sequence)).to_be_visible()
    expect(traveller.page).to_have_url(re.compile("/snapshots/24$"))


def test_the_slider_follows_the_pointer_and_the_buttons(traveller: Person) -> None:
    page = traveller.page
    box = slider(traveller).locator("xpath=..").bounding_box()
    assert box is not None

    page.mouse.click(box["x"] + 2, box["y"] + 40)
    expect(shown(traveller, 1)).to_be_visible()
    page.get_by_role("button", name="Later snapshot").click()
    expect(shown(traveller, 2)).to_be_visible()
    page.get_by_role("button", name="To the newest").click()
    expect(shown(traveller, NEWEST)).to_be_visible()


def test_days_without_a_backup_are_told_under_the_pointer(traveller: Person) -> None:
    box = slider(traveller).locator("xpath=..").bounding_box()
    assert box is not None

    traveller.page.mouse.move(box["x"] + box["width"] * 0.37, box["y"] + 40)

    expect(traveller.page.get_by_text(re.compile(r"^\d\d days without a backup$"))).to_be_visible()


def test_the_timeline_shows_as_much_time_as_one_wants(traveller: Person) -> None:
    page = traveller.page
    axis = page.locator("svg text")
    months = axis.all_text_contents()

    page.get_by_role("button", name="Week", exact=True).click()
    week = axis.all_text_contents()
    page.get_by_role("button", name="Show earlier time").click()

    assert months != week != axis.all_text_contents()
    expect(page.get_by_role("button", name="Week", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_the_list_of_snapshots_says_what_the_timeline_shows(traveller: Person) -> None:
    page = traveller.page
    page.get_by_role("tab", name="Snapshots").click()
    months = page.get_by_role("tabpanel").locator("summary")

    months.last.click()
    page.get_by_role("button", name=re.compile("Snapshot 1 ")).click()

    expect(shown(traveller, 1)).to_be_visible()


# --- folders -----------------------------------------------------------------------------------


def test_another_moment_shows_the_same_folder_as_it_was_then(
    traveller: Person, history: History
) -> None:
    open_folders(traveller, "home", "Documents", "Letters")
    expect(entry(traveller, "Insurance.txt")).to_have_count(0)

    slider(traveller).focus()
    traveller.page.keyboard.press("Home")

    expect(entry(traveller, "Insurance.txt")).to_be_visible()
    there = {path.name for path in (history.told(1) / "Letters").iterdir()}
    for name in there:
        expect(entry(traveller, name)).to_be_visible()


def test_a_folder_that_was_not_there_yet_leads_to_where_it_is(traveller: Person) -> None:
    open_folders(traveller, "home", "Photos", "2026 Seaside")
    slider(traveller).focus()
    traveller.page.keyboard.press("Home")
    expect(traveller.page.get_by_text("This folder was not there at that moment")).to_be_visible()

    traveller.page.get_by_role("button", name="Go to snapshot 5").click()

    expect(entry(traveller, "IMG_0010.png")).to_be_visible()
    expect(shown(traveller, 5)).to_be_visible()


def test_what_is_new_is_marked(traveller: Person) -> None:
    traveller.page.get_by_role("button", name="Earlier snapshot").click()
    open_folders(traveller, "home", "Documents")

    expect(entry(traveller, "Diary.md")).to_contain_text("Changed")
    expect(entry(traveller, "Letters")).to_contain_text("Has changes")
    expect(entry(traveller, "Contracts")).not_to_contain_text("Changed")


def test_files_are_sorted_chosen_and_kept_chosen_through_time(traveller: Person) -> None:
    page = traveller.page
    open_folders(traveller, "home", "Documents", "Letters")
    page.get_by_role("button", name="Modified").click()
    expect(page.get_by_role("columnheader", name="Modified")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(page.get_by_role("row").nth(1)).to_contain_text("Landlord.txt")

    page.get_by_role("checkbox", name="Select everything shown").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    slider(traveller).focus()
    page.keyboard.press("Home")

    expect(entry(traveller, "Insurance.txt")).to_have_attribute("aria-selected", "false")
    expect(entry(traveller, "Landlord.txt")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name=re.compile("Download"))).to_be_visible()


def test_the_keyboard_alone_walks_the_folders(traveller: Person) -> None:
    page = traveller.page
    open_folders(traveller, "home")
    page.get_by_role("row").nth(1).focus()

    page.keyboard.type("doc")
    expect(page.locator("[role=row]:focus")).to_contain_text("Documents")
    page.keyboard.press("Enter")
    expect(crumb(traveller, "Documents")).to_be_visible()
    page.get_by_role("row").nth(1).focus()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    expect(page.locator("[role=row]:focus")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Backspace")
    expect(crumb(traveller, "home")).to_be_visible()


def test_the_end_of_a_folder_of_thousands_is_one_key_away(traveller: Person) -> None:
    page = traveller.page
    open_folders(traveller, "home", "Mail", "2019")
    rows = page.get_by_role("row")
    rows.nth(1).focus()

    page.keyboard.press("End")

    expect(page.locator("[role=row]:focus")).to_contain_text(re.compile(r"005999 .*\.eml"))
    assert rows.count() < 100
    page.get_by_role("button", name="Size").click()
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute(
        "aria-sort", "descending"
    )


# --- versions ----------------------------------------------------------------------------------


def test_a_file_shows_all_its_versions_and_leads_to_each(traveller: Person) -> None:
    page = traveller.page
    open_folders(traveller, "home", "Documents", "Recipes")
    page.get_by_role("button", name="Apple cake.md", exact=True).click()
    history = page.get_by_role("region", name="History of Apple cake.md")
    expect(history.get_by_role("heading", name="3 versions")).to_be_visible()

    versions = history.locator("ol > li")
    expect(versions.nth(0)).to_contain_text("New")
    expect(versions.nth(1)).to_contain_text("Removed")
    versions.nth(2).get_by_role("button").click()
    expect(versions.nth(2)).to_contain_text("Held until")
    expect(versions.nth(2).get_by_role("button", name=re.compile("Download"))).to_be_visible()
    versions.nth(2).get_by_role("button", name="Show its folder then").click()

    expect(shown(traveller, 1)).to_be_visible()
    expect(entry(traveller, "Apple cake.md")).to_be_visible()


def test_a_version_can_be_looked_at(traveller: Person, history: History) -> None:
    page = traveller.page
    open_folders(traveller, "home", "Documents", "Recipes")
    page.get_by_role("button", name="Apple cake.md", exact=True).click()
    versions = page.get_by_role("region", name="History of Apple cake.md").locator("ol > li")
    versions.nth(2).get_by_role("button").click()

    versions.nth(2).get_by_role("button", name="Look at it").click()
    page.get_by_role("dialog").get_by_label("Password", exact=True).fill(history.password)
    page.keyboard.press("Enter")

    look = page.get_by_role("dialog", name=re.compile("^Apple cake.md"))
    expect(look).to_contain_text("5 apples", timeout=30_000)


# --- search ------------------------------------------------------------------------------------


def test_a_name_is_found_in_all_of_history(traveller: Person) -> None:
    page = traveller.page

    page.get_by_role("searchbox").fill("insurance")

    results = page.get_by_role("region", name="Search results")
    hit = results.get_by_role("listitem").filter(has_text="Letters")
    expect(hit).to_contain_text("Gone, last seen", timeout=FIRST_ANSWER_MS)
    expect(hit.locator("mark")).to_have_text("Insurance")
    hit.get_by_role("link").click()
    expect(entry(traveller, "Insurance.txt")).to_be_visible()
    expect(page.get_by_role("region", name="History of Insurance.txt")).to_be_visible()


def test_what_no_snapshot_has_is_not_found(traveller: Person) -> None:
    traveller.page.get_by_role("searchbox").fill("nothing is called like this")

    expect(traveller.page.get_by_text("Nothing has that name")).to_be_visible(timeout=30_000)


# --- changes and problems ----------------------------------------------------------------------


def test_two_moments_are_compared_folder_by_folder(traveller: Person) -> None:
    page = traveller.page
    page.get_by_role("tab", name="Changes").click()
    page.get_by_label("From", exact=True).select_option("1")
    tree = page.get_by_role("tabpanel")
    expect(tree.get_by_text(re.compile(r"files? new$"))).to_be_visible()

    for name in ("home", "Documents", "Letters"):
        tree.get_by_role("button", name=name).click()

    removed = tree.get_by_role("listitem").filter(has_text=re.compile(r"^Insurance\.txt"))
    expect(removed).to_contain_text("Removed")
    removed.get_by_role("button").click()
    expect(page.get_by_role("region", name="History of Insurance.txt")).to_be_visible()


def test_the_start_of_a_comparison_is_a_slider_too(traveller: Person) -> None:
    traveller.page.get_by_role("tab", name="Changes").click()
    start = traveller.page.get_by_role("slider", name="Compare from")
    expect(start).to_have_attribute("aria-valuenow", str(NEWEST - 1))

    start.focus()
    traveller.page.keyboard.press("Home")

    expect(traveller.page).to_have_url(re.compile("since=1"))
    expect(start).to_have_attribute("aria-valuenow", "1")


def test_problems_come_with_advice(traveller: Person) -> None:
    page = traveller.page
    slider(traveller).focus()
    page.keyboard.press("Home")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    expect(shown(traveller, 8)).to_be_visible()

    page.get_by_role("tab", name="Problems").click()

    problems = page.get_by_role("tabpanel")
    expect(problems).to_contain_text("Chosen, but not there")
    expect(problems).to_contain_text("Connect it and back up again.")
    expect(problems).to_contain_text("/stick")


# --- others, and every circumstance ------------------------------------------------------------


def test_the_admin_sees_names_and_times_and_opens_nothing(
    browser: Browser, history: History
) -> None:
    with person(browser, history.server.url) as admin:
        sign_in(admin, history.account, history.password)
        admin.go("/admin")
        admin.page.get_by_role("link", name="attic").click()

        expect(admin.page.get_by_role("gridcell").first).to_be_visible()
        expect(admin.page.get_by_role("checkbox")).to_have_count(0)
        expect(admin.page.get_by_role("button", name=re.compile("Download"))).to_have_count(0)
        expect(admin.page.get_by_role("button", name=re.compile("^Look at"))).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_of_a_device_hinders_anybody(
    browser: Browser, history: History, scheme: str
) -> None:
    with person(browser, history.server.url, scheme=scheme) as somebody:  # type: ignore[arg-type]
        sign_in(somebody, history.account, history.password)
        open_device(somebody, LAPTOP)
        open_folders(somebody, "home", "Documents", "Recipes")
        somebody.page.get_by_role("button", name="Apple cake.md", exact=True).click()
        expect(somebody.page.get_by_text("3 versions")).to_be_visible()
        found = violations(somebody.page)
        for view in ("Changes", "Problems", "Snapshots"):
            somebody.page.get_by_role("tab", name=view).click()
            expect(somebody.page.get_by_role("tabpanel")).to_be_visible()
            found += violations(somebody.page)
        somebody.page.get_by_role("searchbox").fill("cake")
        expect(somebody.page.get_by_role("region", name="Search results")).to_be_visible()
        found += violations(somebody.page)

        assert found == []


def test_a_phone_holds_every_view(browser: Browser, history: History) -> None:
    with person(browser, history.server.url, size=PHONE, language="de-DE") as somebody:
        page = somebody.page
        somebody.go("/sign-in")
        page.locator("main input").nth(0).fill(history.account)
        page.locator("main input").nth(1).fill(history.password)
        page.locator("main button[type=submit]").click()
        page.get_by_role("link", name=LAPTOP, exact=True).click()
        expect(page.get_by_role("slider")).to_be_visible()
        wide = []
        for view in ("Dateien", "Änderungen", "Probleme", "Schnappschüsse"):
            page.get_by_role("tab", name=view).click()
            page.wait_for_load_state("networkidle")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(view)

        assert wide == []


def test_a_new_snapshot_appears_while_one_looks(
    visitor: Person, server: Server, tmp_path: Path, home: Path
) -> None:
    client = Client(tmp_path / "state", server.url, server.pin, password=PASSWORD)
    client.register("yvonne", device="desk")
    client.run("add", str(home))
    client.backup()
    sign_in(visitor, "yvonne")
    open_device(visitor, "desk")
    expect(shown(visitor, 1)).to_be_visible()

    (home / "new.txt").write_text("new")
    client.backup()

    expect(shown(visitor, 2)).to_be_visible(timeout=30_000)
    expect(entry(visitor, "new.txt")).to_be_visible()
