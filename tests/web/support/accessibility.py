"""What Chromium's accessibility tree says about a page, where Tab leads, and which colours are on the screen."""
from selenium.webdriver import Keys

CONTROLS = {"button", "link", "textbox", "searchbox", "checkbox", "combobox", "listbox", "menuitem", "radio", "switch", "tab"}

# Returns the texts on the screen whose contrast is below that of WCAG 2.1, level AA. A canvas turns any notation of a
# colour into its bytes.
CONTRAST = """
const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
const bytes = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
};
const over = ([r, g, b, a], [r2, g2, b2]) => [r * a + r2 * (1 - a), g * a + g2 * (1 - a), b * a + b2 * (1 - a), 1];
const light = (colour) => {
    const [r, g, b] = colour.map((value) => value / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const base = bytes(matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#fff");
const chain = (element) => element ? [...chain(element.parentElement), element] : [];
const behind = (element) => chain(element).reduce(
    (colour, each) => over(bytes(getComputedStyle(each).backgroundColor), colour), base);
const opacity = (element) => chain(element).reduce((product, each) => product * Number(getComputedStyle(each).opacity), 1);
const bad = [];
let checked = 0;
const check = (element, style, text) => {
    const paper = behind(element);
    const [r, g, b, a] = bytes(style.color);
    const ink = over([r, g, b, a * opacity(element)], paper);
    const [low, high] = [light(ink), light(paper)].sort((x, y) => x - y);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    checked += 1;
    if (ratio < (isLarge ? 3 : 4.5)) bad.push(`${text.trim().slice(0, 40)}: ${ratio.toFixed(2)} (${style.color} on ${paper.map(Math.round)})`);
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, [inert], :disabled")) continue;
    if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    check(element, getComputedStyle(element), walker.currentNode.data);
}
for (const field of document.querySelectorAll("[placeholder]")) {
    if (field.checkVisibility() && field.placeholder) check(field, getComputedStyle(field, "::placeholder"), field.placeholder);
}
return [checked, bad];
"""

FOCUS = """
const element = document.activeElement;
const style = getComputedStyle(element);
return [element.tagName + " " + (element.getAttribute("aria-label") || element.innerText || element.id).slice(0, 40),
        (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none"];
"""


def controls(browser):
    """Returns the controls of the page as {number of the node: (role, accessible name)}."""
    browser.devtools("Accessibility.enable")
    tree = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    found = {}
    for node in tree:
        role = node.get("role", {}).get("value")
        if role in CONTROLS and not node.get("ignored"):
            is_disabled = any(p["name"] == "disabled" and p["value"].get("value") for p in node.get("properties", []))
            if not is_disabled:
                found[node["backendDOMNodeId"]] = (role, node.get("name", {}).get("value", ""))
    return found


def names(browser):
    """Returns all (role, accessible name) of the page."""
    browser.devtools("Accessibility.enable")
    return [(node.get("role", {}).get("value"), node.get("name", {}).get("value", ""))
            for node in browser.devtools("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]


def _active(browser):
    value = browser.devtools("Runtime.evaluate", expression="document.activeElement")["result"]
    return browser.devtools("DOM.describeNode", objectId=value["objectId"])["node"]["backendNodeId"]


def tab_stops(page, most=150):
    """Presses Tab until the focus comes round. Returns {number of the node: (description, whether its focus is visible)}."""
    stops = {}
    browser = page.browser
    page.script("document.activeElement.blur()")
    for _ in range(most):
        page.press(Keys.TAB)
        node = _active(browser)
        if node in stops:
            break
        description, is_visible = page.script(FOCUS)
        if not description.startswith("BODY"):
            stops[node] = (description, is_visible)
    return stops


def low_contrasts(browser, scheme):
    """Returns how many texts were checked in this colour scheme, `light` or `dark`, and those that are hard to read."""
    browser.devtools("Emulation.setEmulatedMedia", features=[
        {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])
    # Transitions of colours have ended when no animation runs.
    browser.script("return Promise.all(document.getAnimations().map((animation) => animation.finished)).then(() => true)")
    return browser.script(CONTRAST)
