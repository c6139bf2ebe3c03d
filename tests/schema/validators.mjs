// What two tools say of a document: ajv, as a program would, and yaml-language-server, as an editor would.
import fs from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import path from "node:path";
import Ajv from "ajv";

const require = createRequire(import.meta.url);
const yaml = require("yaml");
const { TextDocument } = require("vscode-languageserver-textdocument");
const { getLanguageService } = require("yaml-language-server/out/server/src/languageservice/yamlLanguageService.js");

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const schemaText = fs.readFileSync(path.join(root, "api/workflow_schema.json"), "utf8");

const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
ajv.addKeyword({ keyword: "errorMessage", schemaType: "string" });
const validate = ajv.compile(JSON.parse(schemaText));

// [{pointer, message}]; that an `if` has led to a mistake is not one more.
export function askAjv(text) {
  validate(yaml.parse(text, { version: "1.2", maxAliasCount: -1 }));
  return (validate.errors ?? [])
    .filter((error) => error.keyword !== "if")
    .map((error) => ({ pointer: error.instancePath, message: error.parentSchema?.errorMessage ?? error.message }));
}

const service = getLanguageService({
  schemaRequestService: (uri) =>
    uri.endsWith("/schemas/workflow.json") ? Promise.resolve(schemaText) : Promise.reject(new Error("unknown")),
  workspaceContext: { resolveRelativePath: (relative) => relative },
});
const uri = "http://127.0.0.1:8080/schemas/workflow.json";
service.configure({ validate: true, yamlVersion: "1.2", schemas: [{ uri, fileMatch: ["*.yaml"] }] });

let version = 0;  // the service keeps what it has parsed of each

// ["line:column: message"]
export async function askEditor(text) {
  version += 1;
  const found = await service.doValidation(TextDocument.create("file:///workflow.yaml", "yaml", version, text), false);
  return found.map((one) => `${one.range.start.line + 1}:${one.range.start.character + 1}: ${one.message}`);
}
