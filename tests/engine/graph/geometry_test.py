#!/usr/bin/env python3
"""The drawings as geometry: well-formed XML that fetches and runs nothing, in which no line goes through a box."""
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

DRAWINGS = Path(__file__).resolve().parent / "drawings"
SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "style", "defs", "marker", "path", "rect", "text"}
BOXES = {"step", "undo", "pill"}
LINES = {"flow", "jump", "back", "error"}


def classes_of(element):
    return set(element.get("class", "").split())


def boxes_of(root):
    for rect in root.iter(SVG + "rect"):
        if classes_of(rect) & BOXES:
            x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
            yield x + 1, y + 1, x + width - 1, y + height - 1


def corners_of(path):
    """The points of `M x y L x y Q cx cy x y ...`; a corner counts as its control point, which lies outside of it."""
    for command, numbers in re.findall(r"([MLQ])([^MLQ]*)", path.get("d")):
        values = [float(number) for number in numbers.split()]
        yield tuple(values[:2])
        if command == "Q":
            yield tuple(values[2:])


def crosses(a, b, box):
    left, top, right, bottom = box
    return max(a[0], b[0]) > left and min(a[0], b[0]) < right and max(a[1], b[1]) > top and min(a[1], b[1]) < bottom


class DrawingsTest(unittest.TestCase):
    def each(self):
        files = sorted(DRAWINGS.glob("*.svg"))
        self.assertGreater(len(files), 5)
        for file in files:
            with self.subTest(file.name):
                yield ElementTree.parse(file).getroot()

    def test_nothing_is_fetched_or_run(self):
        for root in self.each():
            for element in root.iter():
                self.assertIn(element.tag.removeprefix(SVG), ELEMENTS)
                for name, value in element.attrib.items():
                    self.assertFalse(name.startswith("on") or "href" in name, (name, value))
                    self.assertTrue("url(" not in value or re.fullmatch(r"url\(#\w+\)", value), (name, value))
            self.assertNotRegex(root.find(SVG + "style").text, r"@import|url\(")

    def test_everything_is_on_the_page(self):
        for root in self.each():
            width, height = (float(number) for number in root.get("viewBox").split()[2:])
            for left, top, right, bottom in boxes_of(root):
                self.assertTrue(left > 0 and top > 0 and right < width and bottom < height)
            for path in root.iter(SVG + "path"):
                if classes_of(path) & LINES:
                    self.assertTrue(all(0 < x < width and 0 < y < height for x, y in corners_of(path)), path.get("d"))

    def test_no_line_goes_through_a_box(self):
        for root in self.each():
            boxes = list(boxes_of(root))
            self.assertGreater(len(boxes), 2)
            for path in root.iter(SVG + "path"):
                if not classes_of(path) & LINES:
                    continue
                corners = list(corners_of(path))
                for a, b in zip(corners, corners[1:]):
                    for box in boxes:
                        self.assertFalse(crosses(a, b, box), f"{path.get('class')} {a} to {b} goes through {box}")

    def test_no_box_lies_on_another(self):
        for root in self.each():
            boxes = list(boxes_of(root))
            for i, one in enumerate(boxes):
                for other in boxes[i + 1:]:
                    self.assertFalse(crosses(one[:2], one[2:], other), f"{one} and {other}")


if __name__ == "__main__":
    if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir():  # other drawings than ours
        DRAWINGS = Path(sys.argv.pop(1))
    unittest.main()
