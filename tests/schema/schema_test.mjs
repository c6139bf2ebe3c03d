// api/workflow_schema.json against the documents of this repository, wrong documents, and the loader. README.md.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { mistakes } from "./mistakes.mjs";
import { askAjv, askEditor, root } from "./validators.mjs";

const header = "document: { dsl: '1.0.3', namespace: shop, name: sample, version: '1.0.0' }\n";

function yamlFiles(folder) {
  const files = fs.readdirSync(path.join(root, folder)).filter((name) => name.endsWith(".yaml"));
  return files.map((name) => ({ name: `${folder}/${name}`, text: fs.readFileSync(path.join(root, folder, name), "utf8") }));
}

// As language_page_test.cpp has them: `yaml` is a document, `yaml top` stands beside `do`, `yaml step` in it.
function examplesOf(page) {
  const text = fs.readFileSync(path.join(root, page), "utf8");
  return [...text.matchAll(/^```(yaml|yaml top|yaml step)\n([\s\S]*?)^```$/gm)].map(([, kind, block], index) => ({
    name: `${page}, example ${index + 1}`,
    text: kind === "yaml" ? block : kind === "yaml top" ? `${header}${block}do: [ { a: { set: { b: 1 } } } ]\n` : `${header}do:\n${block}`,
  }));
}

test("what is valid is valid", async () => {
  const documents = [...yamlFiles("workflows"), ...yamlFiles("tests/engine/graph/documents"), ...examplesOf("docs/workflow-language.md")];
  assert.ok(documents.length > 25, `only ${documents.length} documents were found`);
  for (const { name, text } of documents) {
    assert.deepEqual(askAjv(text), [], name);
    assert.deepEqual(await askEditor(text), [], name);
  }
});

test("one mistake is one message, in an editor and in a program", async () => {
  for (const { name, text, editor } of mistakes) {
    assert.deepEqual(await askEditor(text), [editor], `${name}:\n${text}`);
    const said = askAjv(text);
    assert.equal(said.length, 1, `${name}: ${JSON.stringify(said)}\n${text}`);
  }
});

// What a schema can know. The other rules need names, expressions, the whole document, or the text before it is a tree.
const structural = new Set(
  "bad-backoff bad-dsl bad-duration bad-name bad-step bad-version empty-reason missing-key misplaced-key no-kind no-steps not-supported out-of-range two-kinds unknown-key unknown-rule unknown-value unsilenceable-rule wrong-type".split(" "),
);

function loaderSays(name) {
  const run = spawnSync(process.env.SKALD, ["validate", "--format", "json", path.join(root, name)], { encoding: "utf8" });
  assert.equal(run.stderr, "", name);
  return JSON.parse(run.stdout);
}

const isAround = (outer, inner) => inner === outer || inner.startsWith(`${outer}/`);

// Places where the loader knows more: what stands around, other values, numbers in a duration's text.
const beyond = JSON.parse(fs.readFileSync(new URL("beyond.json", import.meta.url), "utf8"));

test("what the loader finds wrong in the form of a document, the schema does too", () => {
  const unmet = [];
  let met = 0;
  for (const { name, text } of yamlFiles("tests/engine/definition/documents")) {
    const said = loaderSays(name);
    const errors = said.filter((one) => one.severity === "error");
    const isTree = !errors.some((one) => one.rule.startsWith("yaml-") || one.rule.startsWith("duplicate-key"));
    if (!isTree) continue;
    const found = askAjv(text);
    if (errors.length === 0) assert.deepEqual(found, [], `${name} loads`);
    for (const one of errors.filter((each) => structural.has(each.rule))) {
      if (found.some((other) => isAround(other.pointer, one.pointer) || isAround(one.pointer, other.pointer))) met += 1;
      else unmet.push(`${path.basename(name)} ${one.pointer} ${one.rule}`);
    }
  }
  assert.ok(met > 100, `only ${met} mistakes were compared`);
  assert.deepEqual(unmet, beyond);
});
