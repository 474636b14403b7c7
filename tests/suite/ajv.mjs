// The corpus of configurations, judged by ajv and by belay; see ajv.sh.
//
//   node ajv.mjs CACHE ROOT BELAY
//
// The formats duration and size are written out here from their description in docs, not from belay's code; jq is left
// open, since only jq can judge it (its files are in cross/).
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [cache, root, belay] = process.argv.slice(2);
const require = createRequire(join(cache, "package.json"));
const Ajv = require("ajv/dist/2020").default;
const YAML = require("yaml");

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
ajv.addVocabulary(["x-fault", "x-hint", "x-secret", "x-variant", "x-variable", "x-private", "x-thing", "x-none", "x-many"]);
ajv.addFormat("duration", /^(?=\d)(\d+d ?)?(\d+h ?)?(\d+m ?)?(\d+s ?)?(\d+ms)?(?<! )$/);
ajv.addFormat("size", /^\d+([KMGT]i?)?B$/);
ajv.addFormat("jq", true);
const schema = JSON.parse(readFileSync(join(root, "schemas/config.schema.json"), "utf8"));
const validate = ajv.compile(schema);

// What ajv thinks of a file: "" for valid, else why not.
function ask_ajv(text) {
  const document = YAML.parseDocument(text, { version: "1.2", merge: true, uniqueKeys: true });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length) return faults[0].message.split("\n")[0];
  let value;
  try {
    value = document.toJS();
  } catch (error) {
    return error.message;
  }
  return validate(value) ? "" : ajv.errorsText(validate.errors.slice(0, 2));
}

function ask_belay(file) {
  let output;
  try {
    output = execFileSync(belay, ["validate", "--json", file], { encoding: "utf8" });
  } catch (error) {
    if (error.status !== 2) throw error;
    output = error.stdout;
  }
  const result = JSON.parse(output);
  return result.valid ? "" : result.problems[0].message;
}

const wanted = {
  good: { ajv: true, belay: true },
  bad: { ajv: false, belay: false },
  cross: { ajv: true, belay: false },
};
const corpus = join(root, "tests/corpus/config");
let passed = 0;
let failed = 0;
for (const [kind, want] of Object.entries(wanted)) {
  for (const name of readdirSync(join(corpus, kind)).sort()) {
    const file = join(corpus, kind, name);
    const said = { ajv: ask_ajv(readFileSync(file, "utf8")), belay: ask_belay(file) };
    const wrong = ["ajv", "belay"].filter((judge) => (said[judge] === "") !== want[judge]);
    if (wrong.length === 0) {
      passed++;
      continue;
    }
    failed++;
    for (const judge of wrong) console.log(`failed  ${kind}/${name}: ${judge} says ${said[judge] || "valid"}`);
  }
}

// Every example and default in the schema is itself valid where it stands.
function walk(node, path) {
  if (node === null || typeof node !== "object") return;
  if (!Array.isArray(node) && (node.type || node.$ref || node.enum || node.anyOf || node.const !== undefined)) {
    const own = "default" in node ? [node.default] : [];
    const reference = { $ref: `${schema.$id}#${path}` };
    for (const value of [...(Array.isArray(node.examples) ? node.examples : []), ...own]) {
      const check = ajv.compile(reference);
      if (check(value)) {
        passed++;
      } else {
        failed++;
        console.log(`failed  ${path}: ${JSON.stringify(value)}: ${ajv.errorsText(check.errors.slice(0, 2))}`);
      }
    }
  }
  for (const [key, value] of Object.entries(node)) {
    if (key === "examples" || key === "default") continue;
    walk(value, `${path}/${encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))}`);
  }
}
walk(schema, "");

console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed ? 1 : 0);
